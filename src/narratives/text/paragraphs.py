"""Articles into paragraphs: where one ends, and which are headlines, captions or boilerplate.

Scores are for paragraphs, so every unit keeps its offsets in the article. Nothing is dropped: a unit that is not
body text says so by its kind, and the reader decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BODY, HEADLINE, CAPTION, BOILERPLATE = "paragraph", "headline", "caption", "boilerplate"

_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_NEWLINE = re.compile(r"\n")
_ENDS = re.compile(r"[.!?…:;,][\"'”’»)\]]*\s*$")
_CAPTION = re.compile(
    r"^\W*(?:foto|photo|picture|image|bild|fotografie|legende|légende|caption|©|\(c\)|фото|снимок|світлина)\b|"
    r"(?:©|\((?:foto|photo|bild|фото|getty|reuters|afp|epa|ap)\b[^)]*\))\s*[^.]{0,60}$|"
    r"\((?:l|r|m|links|rechts|left|right|à gauche|à droite)\.?\)",
    re.IGNORECASE,
)
_BOILERPLATE = re.compile(
    r"^\W*(?:lees (?:ook|meer|verder)|bekijk ook|meer nieuws|advertentie|"
    r"read (?:more|also)|see also|related|sign up|subscribe|follow us|all rights reserved|copyright|advertisement|"
    r"lesen sie (?:auch|mehr)|mehr zum thema|newsletter|abonnieren|anzeige|"
    r"lire aussi|à lire|abonnez-vous|suivez-nous|tous droits|publicité|"
    r"читайте (?:также|також)|подписывайтесь|підписуйтесь|підписатися|источник:|джерело:|поделиться|поширити|реклама)",
    re.IGNORECASE,
)
LONGEST_HEADLINE = 160
WRAPPED_LINE = 100  # hard-wrapped text seldom has longer lines, one-line paragraphs seldom have shorter ones


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One unit of an article: ``article[start:end] == text``."""

    start: int
    end: int
    text: str
    kind: str = BODY


def split_article(article: str) -> list[Paragraph]:
    """Split an article into its units.

    Blank lines separate units; where there are none every line is one, unless the lines look hard-wrapped.

    :param article: the text as it came; offsets refer to it.
    :return: units in order, none of them empty.
    """
    article_lines = article.replace("\r", "\n")  # one for one: offsets stay
    blocks = _pieces(article_lines, _BLANK_LINES, 0, len(article_lines))
    units: list[tuple[int, int]] = []
    for start, end in blocks:
        block = article_lines[start:end]
        wrapped = _looks_wrapped(block)
        units += [(start, end)] if wrapped else _pieces(article_lines, _NEWLINE, start, end)
    return [Paragraph(start, end, article[start:end], _kind(article[start:end])) for start, end in units]


def _pieces(text: str, separator: re.Pattern[str], start: int, end: int) -> list[tuple[int, int]]:
    """Spans between separators, without the space around them; empty ones are left out."""
    spans = []
    cuts = [match.span() for match in separator.finditer(text, start, end)] + [(end, end)]
    begin = start
    for cut, after in cuts:
        piece = text[begin:cut]
        left = begin + len(piece) - len(piece.lstrip())
        right = begin + len(piece.rstrip())
        if left < right:
            spans.append((left, right))
        begin = after
    return spans


def _looks_wrapped(block: str) -> bool:
    """Whether the lines of a block belong together: even in length, and broken in the middle of sentences."""
    lines = [line.strip() for line in block.split("\n") if line.strip()]
    if len(lines) < 2:
        return False
    inner = lines[:-1]
    broken = sum(1 for line in inner if not _ENDS.search(line))
    lengths = [len(line) for line in inner]
    return max(lengths) <= WRAPPED_LINE and min(lengths) >= 0.5 * max(lengths) and broken >= 0.5 * len(inner) and max(lengths) > 40


def _kind(text: str) -> str:
    if _BOILERPLATE.search(text):
        return BOILERPLATE
    if len(text) <= 2 * LONGEST_HEADLINE and _CAPTION.search(text):
        return CAPTION
    if len(text) <= LONGEST_HEADLINE and not _ENDS.search(text):
        return HEADLINE
    return BODY

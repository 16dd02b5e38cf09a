"""Ways to change a paragraph, each made from the parameters of a table in a data file.

A change takes the text, its language and a source of chance and gives the changed text, or None where there is nothing to
change (no quotation mark, no word of its lists, a language that the lists lack).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from narratives.features.sentences import split_sentences
from narratives.text import normalise

Change = Callable[[str, str, random.Random], str | None]
Check = Callable[[Any], str]  # what was wanted where the value is wrong, else an empty string
STYLES: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "title": str.title}
PLACE = "{text}"
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change: the parameters that it needs, and how it is made from them."""

    parameters: Mapping[str, Check]
    make: Callable[..., Change]


def split(text: str) -> list[str]:
    """Return the sentences of a paragraph, in its normalised form."""
    text = normalise(text).text
    return [text[start:end] for start, end in split_sentences(text)]


def _case(style: str) -> Change:
    return lambda text, lang, chance: STYLES[style](text)


def _typos(share: float, keyboards: Mapping[str, Sequence[str]]) -> Change:
    """Letters swapped, left out, doubled, or taken for a neighbour on the language's keyboard, one as often as the other."""
    beside = {lang: _neighbours(rows) for lang, rows in keyboards.items()}

    def change(text: str, lang: str, chance: random.Random) -> str | None:
        parts, i, keys = [], 0, beside.get(lang, {})
        while i < len(text):
            letter, step = text[i], 1
            if letter.isalpha() and chance.random() < share:
                slip = chance.choice(("swap", "drop", "double", "neighbour"))
                if slip == "swap" and text[i + 1 : i + 2].isalpha():
                    letter, step = text[i + 1] + letter, 2
                elif slip == "drop":
                    letter = ""
                elif slip == "neighbour" and (near := keys.get(letter.lower())):
                    slipped = chance.choice(near)
                    letter = slipped.upper() if letter.isupper() else slipped
                else:
                    letter *= 2
            parts.append(letter)
            i += step
        return "".join(parts)

    return change


def _neighbours(rows: Sequence[str]) -> dict[str, str]:
    """Return for each key the keys left and right of it and those that touch it in the rows above and below."""
    near = {}
    for r, row in enumerate(rows):
        for c, key in enumerate(row):
            beside = row[max(0, c - 1) : c] + row[c + 1 : c + 2]
            above = rows[r - 1][c : c + 2] if r else ""
            below = rows[r + 1][max(0, c - 1) : c + 1] if r + 1 < len(rows) else ""
            near[key] = beside + above + below
    return near


def _look_alike(share: float, letters: Mapping[str, str]) -> Change:
    """Replace that share of the letters that have a look-alike."""

    def change(text: str, lang: str, chance: random.Random) -> str | None:
        return "".join(chance.choice(letters[c]) if c in letters and chance.random() < share else c for c in text)

    return change


def _insert(share: float, characters: str) -> Change:
    """Put a character behind that share of the letters."""

    def change(text: str, lang: str, chance: random.Random) -> str | None:
        return _LETTER.sub(lambda m: m.group() + (chance.choice(characters) if chance.random() < share else ""), text)

    return change


def _quotes(marks: Sequence[Sequence[str]]) -> Change:
    """Give the quotation marks another style; every other mark opens."""
    found = re.compile("[" + re.escape("".join(sorted({mark for pair in marks for mark in pair}))) + "]")

    def change(text: str, lang: str, chance: random.Random) -> str | None:
        used = set(found.findall(text))
        others = [pair for pair in marks if not used & set(pair)] or [pair for pair in marks if used != set(pair)]
        if not used or not others:
            return None
        pair, seen = chance.choice(others), iter(range(len(text)))
        return found.sub(lambda m: pair[next(seen) % 2], text)

    return change


def _around(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> Change:
    def change(text: str, lang: str, chance: random.Random) -> str | None:
        if not before.get(lang) or not after.get(lang):
            return None
        return f"{chance.choice(before[lang])}\n{text}\n{chance.choice(after[lang])}"

    return change


def _sentence_order() -> Change:
    def change(text: str, lang: str, chance: random.Random) -> str | None:
        sentences = split(text)
        if len(set(sentences)) < 2:
            return None
        order = sentences
        while order == sentences:
            order = chance.sample(sentences, len(sentences))
        return " ".join(order)

    return change


def _digits() -> Change:
    def change(text: str, lang: str, chance: random.Random) -> str | None:
        return _DIGIT.sub(lambda m: str(chance.randint(1, 9)), text) if _DIGIT.search(text) else None

    return change


def _swap(words: Mapping[str, Sequence[Sequence[str]]]) -> Change:
    """Put one name for another.

    A row holds one form of all names, a column all forms of one name; columns are turned by the same number of places in the
    whole text, so that a name keeps its stand-in and its case.
    """
    return _turned(words, every=False)


def _exchange(words: Mapping[str, Sequence[Sequence[str]]]) -> Change:
    """Put the names of the left column for those of the right and the other way round, where both sides are there."""
    return _turned(words, every=True)


def _turned(words: Mapping[str, Sequence[Sequence[str]]], every: bool) -> Change:
    places = {
        lang: {form: (r, c) for r, row in reversed(list(enumerate(rows))) for c, form in enumerate(row)} for lang, rows in words.items()
    }
    found = {
        lang: re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(forms, key=len, reverse=True)))})(?!\w)")
        for lang, forms in places.items()
    }

    def change(text: str, lang: str, chance: random.Random) -> str | None:
        if lang not in found:
            return None
        of, rows = places[lang], words[lang]
        n = len(rows[0])
        there = {of[form][1] for form in found[lang].findall(text)}
        if len(there) < (n if every else 1):
            return None
        by = chance.randrange(1, n)
        return found[lang].sub(lambda m: rows[of[m.group()][0]][(of[m.group()][1] + by) % n], text)

    return change


def _template(templates: Mapping[str, Sequence[str]]) -> Change:
    """Put the paragraph into a sentence, without its last full stop."""

    def change(text: str, lang: str, chance: random.Random) -> str | None:
        return chance.choice(templates[lang]).replace(PLACE, text.strip().rstrip(".…")) if lang in templates else None

    return change


def _twins() -> Change:
    """Stand for the other half of a pair of records; the runner looks it up."""
    return lambda text, lang, chance: None


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) and text for text in value)


def _by_language(value: Any, good: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and bool(value) and all(good(part) for part in value.values())


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_texts(row) and len(row) == len(value[0]) >= 2 for row in value)


def _lists(value: Any) -> str:
    return "" if _by_language(value, _is_texts) else "a table of languages, each with a list of texts"


def _rows(value: Any) -> str:
    if not _by_language(value, _is_rows):
        return "a table of languages, each with rows of equally many words, two or more"
    for lang, rows in value.items():
        column: dict[str, int] = {}
        for row in rows:
            for c, form in enumerate(row):
                if column.setdefault(form, c) != c:
                    return f"each word in one column only, and {form!r} of {lang} stands in two"
    return ""


def _two_sides(value: Any) -> str:
    wrong = _rows(value)
    return wrong or ("" if all(len(rows[0]) == 2 for rows in value.values()) else "rows of two words")


def _templates(value: Any) -> str:
    good = _by_language(value, lambda part: _is_texts(part) and all(text.count(PLACE) == 1 for text in part))
    return "" if good else f"a table of languages, each with a list of texts that hold {PLACE} once"


def _share(value: Any) -> str:
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1
    return "" if good else "a share above 0 and at most 1"


def _letters(value: Any) -> str:
    good = isinstance(value, dict) and bool(value) and all(len(k) == 1 and isinstance(v, str) and v for k, v in value.items())
    return "" if good else "a table of single letters, each with a text of its look-alikes"


def _marks(value: Any) -> str:
    good = isinstance(value, list) and len(value) > 1 and all(_is_texts(pair) and [len(mark) for mark in pair] == [1, 1] for pair in value)
    return "" if good else "two or more pairs of one opening and one closing mark"


CHANGES: Mapping[str, Kind] = {
    "case": Kind({"style": lambda value: "" if isinstance(value, str) and value in STYLES else f"one of {', '.join(STYLES)}"}, _case),
    "typos": Kind({"share": _share, "keyboards": _lists}, _typos),
    "look_alike": Kind({"share": _share, "letters": _letters}, _look_alike),
    "insert": Kind(
        {"share": _share, "characters": lambda value: "" if isinstance(value, str) and value else "a text of characters"}, _insert
    ),
    "quotes": Kind({"marks": _marks}, _quotes),
    "around": Kind({"before": _lists, "after": _lists}, _around),
    "sentence_order": Kind({}, _sentence_order),
    "digits": Kind({}, _digits),
    "swap": Kind({"words": _rows}, _swap),
    "exchange": Kind({"words": _two_sides}, _exchange),
    "template": Kind({"templates": _templates}, _template),
    "twins": Kind({}, _twins),
}

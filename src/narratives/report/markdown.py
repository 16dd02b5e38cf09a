"""The report as Markdown, short enough for the summary of a step in continuous integration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from narratives.report.content import Cell, Quote, Section, Table, cell_words
from narratives.report.marks import cut, pieces, printable
from narratives.report.outline import first, sections

LARGEST = 60_000  # bytes; comments take 65,536 and a step's summary a mebibyte
LONGEST_QUOTE, SHORT_QUOTE = 600, 240
# What is cut first when a page is too long: mistakes shown, then rows of a table.
CUTS = ((20, 20), (8, 20), (3, 12), (0, 12), (0, 4))


def markdown(report: Mapping[str, Any], largest: int = LARGEST) -> str:
    """Draw a report as Markdown of at most ``largest`` bytes; what is left out is said."""
    page = ""
    for n_mistakes, n_rows in CUTS:
        page = _page(report, n_mistakes, n_rows)
        if len(page.encode("utf-8", "replace")) <= largest:
            return page
    note = "\n\n*The rest is left out to keep this page short; report.html has all of it.*\n"
    kept = page.encode("utf-8", "replace")[: largest - len(note)].decode("utf-8", "ignore")
    return kept[: kept.rfind("\n")] + note


def _page(report: Mapping[str, Any], n_mistakes: int, n_rows: int) -> str:
    top = first(report)
    blocks = [f"# {escaped(top.title)}", f"**{escaped(top.verdict)}.**"]
    if top.failed:
        blocks.append("\n".join(f"- **FAILED** {escaped(message)}" for message in top.failed))
    blocks += _table(top.worst, n_rows, 3) if top.worst.rows else ["No slice with enough n lies below the whole with its whole interval."]
    blocks += _table(top.whole, n_rows, 3)
    blocks += [escaped(" ".join(top.notes)) + " All figures, plots and mistakes: report.html."]
    for section in sections(report):
        blocks += _section(section, n_mistakes, n_rows)
    return "\n\n".join(blocks) + "\n"


def _section(section: Section, n_mistakes: int, n_rows: int) -> Iterator[str]:
    yield f"{'#' * section.level} {escaped(section.title)}"
    yield from map(escaped, section.sentences)
    for table in section.tables:
        yield from _table(table, n_rows, section.level + 1)
    yield from _quotes(section.quotes, n_mistakes)
    if section.mistakes:
        left_out = len(section.mistakes) - n_mistakes
        if n_mistakes:
            yield "\n".join(_mistake(mistake) for mistake in section.mistakes[:n_mistakes])
        if left_out > 0:
            yield f"*{left_out} of {len(section.mistakes)} mistakes are left out to keep this page short; report.html has all of them.*"


def _table(table: Table, n_rows: int, level: int) -> Iterator[str]:
    if table.folded:
        return
    if table.title:
        yield f"{'#' * level} {escaped(table.title)}"
    if not table.rows:
        yield "None."
        return
    rows = [[cell_text(cell) for cell in row] for row in table.rows[:n_rows]]
    yield table_lines([[escaped(cell) for cell in table.head], *rows])
    if len(table.rows) > n_rows:
        yield f"*{len(table.rows) - n_rows} more rows: report.html.*"


def table_lines(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are escaped already, the first row being the head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def cell_text(cell: Cell) -> str:
    """Return a cell, escaped; what is undefined says so."""
    return escaped(cell_words(cell))


def _quotes(quotes: Sequence[Quote], most: int) -> Iterator[str]:
    """Draw examples, as many as of mistakes."""
    if quotes and most:
        yield "\n".join(f"- **{escaped(q.title)}** {escaped(q.about)}: {escaped(cut(q.text, SHORT_QUOTE))}" for q in quotes[:most])
    if len(quotes) > most:
        yield f"*{len(quotes) - most} of {len(quotes)} examples are left out to keep this page short; report.html has all of them.*"


def _mistake(mistake: Mapping[str, Any]) -> str:
    where = ", ".join(str(mistake[key]) for key in ("id", "lang", "register") if mistake[key])
    head = f"- **{mistake['mistake']} {escaped(mistake['frame'])}** at {mistake['probability']:.2f} ({escaped(where)}): "
    return head + _marked(mistake)


def _marked(mistake: Mapping[str, Any]) -> str:
    drawn = []
    for piece in pieces(mistake, LONGEST_QUOTE):
        # Tags, since stars do not mark a part of a word next to a quotation mark.
        tag = "" if not piece.weight else "b" if piece.weight > 0 else "i"
        text = escaped(piece.text)
        drawn.append(f"<{tag}>{text}</{tag}>" if tag else text)
    return "".join(drawn)


ESCAPES = str.maketrans(
    {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;", "$": "&#36;"} | {mark: "\\" + mark for mark in "\\`*_{}[]#|~"}
)


def escaped(text: str) -> str:
    """Escape what Markdown, HTML or a code host would act on, since quoted text is a stranger's, and put it on one line."""
    text = " ".join(re.split(r"\s+", printable(text))).translate(ESCAPES)
    return text.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")

"""The report as one HTML file: no network, no scripts, readable on a phone, in print, and in the light or the dark.

The page is built as a tree of elements and written out once, so that text of strangers can only ever be text.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from narratives.report import svg
from narratives.report.content import BAD_NEWS, Cell, Difference, Figure, Quote, Section, Table, cell_words, number
from narratives.report.marks import cut, pieces, printable
from narratives.report.outline import first, sections
from narratives.report.tables import UNDEFINED

LONGEST_QUOTE = 3000
LONG_CELL = 24  # characters; longer ones are given room to break into lines
# Nothing may be fetched and nothing may run, whatever a browser thinks of the rest.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(report: Mapping[str, Any], plots: Mapping[str, str], missing: str = "") -> str:
    """Return the page.

    :param plots: SVG by name, from `narratives.report.plots.draw_all`.
    :param missing: why there are no plots.
    """
    html = Element("html", lang="en")
    top = first(report)
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _text(SubElement(head, "title"), top.title)
    SubElement(head, "style").text = (resources.files("narratives.report") / "page.css").read_text(encoding="utf-8")
    body = SubElement(html, "body")
    _first(body, report)
    below = list(sections(report))
    _contents(body, below)
    if missing:
        _text(SubElement(body, "p", {"class": "soft"}), f"No plots: {missing}")
    numbered = {name: f"p{place}-" for place, name in enumerate(plots)}
    for section in below:
        _section(body, section, plots, numbered)
    return "<!DOCTYPE html>\n" + ElementTree.tostring(html, encoding="unicode", method="html") + "\n"


def _first(body: Element, report: Mapping[str, Any]) -> None:
    top = first(report)
    box = SubElement(body, "header", {"class": "verdict" if top.passed else "verdict failed"})
    _text(SubElement(box, "h1"), top.title)
    _text(SubElement(box, "p"), top.verdict[:1].upper() + top.verdict[1:] + ("." if not top.failed else ":"))
    if top.failed:
        items = SubElement(box, "ul")
        for message in top.failed:
            _text(SubElement(items, "li"), message)
    if top.worst.rows:
        _table(body, top.worst)
    else:
        _text(SubElement(body, "p"), "No slice with enough n lies below the whole with its whole interval.")
    _table(body, top.whole)
    for note in top.notes:
        _text(SubElement(body, "p", {"class": "soft"}), note)


def _contents(body: Element, below: list[Section]) -> None:
    items = SubElement(SubElement(body, "nav"), "ul")
    for section in below:
        _text(SubElement(SubElement(items, "li"), "a", href=f"#{_anchor(section)}"), section.title)


def _section(body: Element, section: Section, plots: Mapping[str, str], prefixes: Mapping[str, str]) -> None:
    part = SubElement(body, "section", id=_anchor(section))
    _text(SubElement(part, f"h{section.level}"), section.title)
    for sentence in section.sentences:
        _text(SubElement(part, "p"), sentence)
    if shown := [name for name in section.plots if name in plots]:
        grid = SubElement(part, "div", {"class": "plots"} if len(shown) > 1 else {})
        for name in shown:
            SubElement(grid, "figure").append(svg.embedded(plots[name], prefixes[name], printable(name.replace("-", " "))))
    for table in section.tables:
        _table(part, table)
    for quote in section.quotes:
        _quote(part, quote)
    for mistake in section.mistakes:
        _mistake(part, mistake)


def _anchor(section: Section) -> str:
    return "".join(character if character.isalnum() else "-" for character in printable(section.anchor))


def _table(body: Element, table: Table) -> None:
    if table.folded:
        body = SubElement(body, "details")
        _text(SubElement(body, "summary"), table.title)
    elif table.title:
        _text(SubElement(body, "h4"), table.title)
    # Reachable by keyboard, since it scrolls.
    element = SubElement(SubElement(body, "div", {"class": "table", "tabindex": "0"}), "table")
    row = SubElement(SubElement(element, "thead"), "tr")
    kinds = [
        _kind(rows[0]) if (rows := [cell for cell in column if cell not in ("", None)]) else "text"
        for column in zip(*table.rows, strict=True)
    ]
    for kind, name in zip(kinds or ["text"] * len(table.head), table.head, strict=True):
        _text(SubElement(row, "th", {"class": kind, "scope": "col"}), str(name))
    lines = SubElement(element, "tbody")
    for cells in table.rows:
        line = SubElement(lines, "tr")
        for cell in cells:
            _cell(SubElement(line, "td", {"class": _kind(cell)}), cell)


def _kind(cell: Cell) -> str:
    if isinstance(cell, Mapping | Difference):
        return "figure"
    if isinstance(cell, int):
        return "number"
    return "text" if cell is None or len(cell) <= LONG_CELL else "text long"


def _cell(element: Element, cell: Cell) -> None:
    if isinstance(cell, Mapping):
        _figure(element, cell)
    elif isinstance(cell, Difference):
        value, _, interval = cell_words(cell).partition(" ")
        _cell(element, value)
        if interval:
            _text(SubElement(element, "span", {"class": "interval"}), f" {interval.strip('[]')}")
    elif cell is None or cell == UNDEFINED:
        _text(SubElement(element, "span", {"class": "undefined"}), number(None))
    else:
        if cell in BAD_NEWS:
            element = SubElement(element, "strong", {"class": "bad"})
        _text(element, str(cell))


def _figure(element: Element, figure: Figure) -> None:
    if figure["value"] is None:
        _text(SubElement(element, "span", {"class": "undefined"}), UNDEFINED)
        return
    value = SubElement(element, "span")
    _text(value, number(figure["value"]))
    if figure["low"] is not None:
        value.tail = " "
        _text(SubElement(element, "span", {"class": "interval"}), f"{figure['low']:.2f}-{figure['high']:.2f}")
    if (mark := svg.interval(figure)) is not None:
        element.append(mark)


def _quote(body: Element, quote: Quote) -> None:
    element = SubElement(body, "div", {"class": "mistake"})
    head = SubElement(element, "div")
    _text(SubElement(head, "strong"), quote.title)
    _text(SubElement(head, "span", {"class": "soft"}), f" {quote.about}")
    _text(SubElement(element, "p", dir="auto"), cut(quote.text, LONGEST_QUOTE))


def _mistake(body: Element, mistake: Mapping[str, Any]) -> None:
    element = SubElement(body, "div", {"class": "mistake"})
    head = SubElement(element, "div")
    _text(SubElement(head, "strong"), f"{mistake['mistake']} {mistake['frame']}")
    where = ", ".join(str(mistake[key]) for key in ("id", "lang", "register") if mistake[key])
    true, said = (", ".join(mistake[key]) or "no frame" for key in ("true", "said"))
    _text(SubElement(head, "span", {"class": "soft"}), f" at {mistake['probability']:.2f} ({where}). True: {true}. Said: {said}.")
    text = SubElement(element, "p", dir="auto")
    found = list(pieces(mistake, LONGEST_QUOTE))
    most = max((abs(piece.weight) for piece in found), default=0.0) or 1.0
    for piece in found:
        if piece.weight > 0:
            mark = SubElement(text, "mark", style=f"--share: {piece.weight / most:.2f}", title=f"{piece.weight:+.2f}")
            _text(mark, piece.text)
        elif piece.weight < 0:
            _text(SubElement(text, "em", title=f"{piece.weight:+.2f}"), piece.text)
        elif len(text):
            text[-1].tail = printable(piece.text)
        else:
            _text(text, piece.text)


def _text(element: Element, text: str) -> None:
    element.text = printable(text)

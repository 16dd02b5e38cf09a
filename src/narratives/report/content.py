"""What the pages say, before it is Markdown or HTML: sections of sentences, tables, plots and mistakes.

Both pages go through the same sections, so that neither can say what the other does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from narratives.report.tables import UNDEFINED, columns, shown, signed

Figure = Mapping[str, Any]  # of `narratives.metrics.Figure.to_dict`


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is a difference, so that it stands with its sign."""

    figure: Figure


Cell = str | int | Figure | Difference | None  # None says undefined


@dataclass(frozen=True, slots=True)
class Table:
    """A table; figures in it carry their interval.

    :param head: names of the columns.
    :param title: what it shows, one line.
    :param folded: whether it is long and a plot shows the same: opened on demand, left out where nothing can be opened.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """A text that is shown as an example: what it is an example of, what came of it, and the text itself."""

    title: str
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in order.

    :param plots: names of the plots (`narratives.report.plots`) that belong here.
    """

    title: str
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[str] = ()
    mistakes: Sequence[Mapping[str, Any]] = ()
    quotes: Sequence[Quote] = ()
    level: int = 3
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class First:
    """What must be seen within a screen: the verdict, the gates that failed, and where the model fails worst."""

    title: str
    passed: bool
    verdict: str
    failed: Sequence[str]
    worst: Table
    whole: Table
    notes: Sequence[str] = ()


MEASURES = {
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "average_precision": "average precision",
    "false_alarms": "false alarms",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "accuracy": "accuracy",
}


# Verdict words in the cells of tables that a page shows as bad news.
FAILED, MISSED, WORSE = "FAILED", "missed", "worse"
BAD_NEWS = frozenset((FAILED, MISSED, WORSE))


def cell_words(cell: Cell) -> str:
    """Return a cell as plain text; what is undefined says so."""
    if isinstance(cell, Difference):
        return signed(cell.figure)
    if isinstance(cell, Mapping):
        return shown(cell)
    return number(None) if cell is None else str(cell)


def plain(table: Table) -> str:
    """Return a table as plain text, without its title."""
    return columns([list(table.head), *([cell_words(cell) for cell in row] for row in table.rows)])


def number(value: float | None) -> str:
    """Return a number without an interval; what is undefined says so."""
    return UNDEFINED if value is None else f"{value:.3f}"

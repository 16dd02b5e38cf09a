"""The corrected shares as small multiples: a row a frame, a column for the whole and for each voice, a line a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from narratives.plots import COLOURS, sheet
from narratives.trends.periods import following
from narratives.trends.table import FEW
from narratives.trends.tally import Wanted

PANEL = 3.0, 2.3  # inches
MOST_BANDS = 3  # groups; the bands of more cannot be told apart
SPREAD = 0.7  # of a period, that the marks of many groups take


def plot(table: Sequence[dict[str, Any]], wanted: Wanted, path: Path) -> None:
    """Draw a table of `narratives.trends.table.lines` and write it to ``path`` (.svg or .png).

    Periods without paragraphs are gaps; cells of few paragraphs have hollow marks. Of more groups than there are colours those of
    the most paragraphs are drawn.

    :raises InputError: when matplotlib is missing, the ending is unknown or the place cannot be written.
    """
    frames = list(dict.fromkeys(row["frame"] for row in table))
    voices = list(dict.fromkeys(row["voice"] for row in table))
    groups, left_out = _groups(table, wanted)
    with sheet((max(2, len(voices)) * PANEL[0], len(frames) * PANEL[1] + 0.9), path) as figure:
        panels = figure.subplots(len(frames), len(voices), squeeze=False, sharex=True, sharey="row")
        for i, frame in enumerate(frames):
            for j, voice in enumerate(voices):
                axes = panels[i][j]
                for g, (group, colour) in enumerate(zip(groups, COLOURS, strict=False)):
                    rows = [r for r in table if (r["frame"], r["voice"], _group(r, wanted)) == (frame, voice, group)]
                    _draw(axes, rows, wanted, _Group(g, len(groups), colour))
                axes.grid(alpha=0.3)
                axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
                axes.set_title(voice or "whole frame", fontsize=9, loc="left")
                axes.tick_params(labelsize=8)
            panels[i][0].set_ylim(bottom=0)  # once all are drawn: it holds the upper end too
            panels[i][0].set_ylabel(frame.replace("_", " "), fontsize=9)
        _finish(figure, panels, groups, wanted, left_out)


def _groups(table: Sequence[dict[str, Any]], wanted: Wanted) -> tuple[list[str], int]:
    sizes: dict[str, int] = {}
    first = table[0]["frame"]
    for row in table:
        if row["frame"] == first and not row["voice"]:
            sizes[_group(row, wanted)] = sizes.get(_group(row, wanted), 0) + row["n"]
    largest = sorted(sizes, key=lambda group: (-sizes[group], group))[: len(COLOURS)]
    return sorted(largest), len(sizes) - len(largest)


def _group(row: dict[str, Any], wanted: Wanted) -> str:
    return " / ".join(row[name] for name in wanted.by)


@dataclass(frozen=True, slots=True)
class _Group:
    """A group's place among those that are drawn, and its colour."""

    number: int
    of: int
    colour: str

    def beside(self, day: date, every: str) -> datetime:
        """Return where to mark a period: beside the marks of other groups where intervals are lines."""
        noon = datetime(day.year, day.month, day.day)
        if self.of <= MOST_BANDS:
            return noon
        return noon + SPREAD * (following(day, every) - day) * ((self.number + 0.5) / self.of - 0.5)


def _draw(axes: Any, rows: list[dict[str, Any]], wanted: Wanted, group: _Group) -> None:
    """Draw one group: a line with its intervals over time, or a point with its own."""
    known = [row for row in rows if row["adjusted_share"] is not None]
    series = _runs(known, wanted.every) if wanted.every else [[row] for row in known]
    for run in series:
        at: list[Any] = [group.beside(date.fromisoformat(r["start"]), wanted.every) if wanted.every else group.number for r in run]
        value, low, high = ([row[f"adjusted_{end}"] for row in run] for end in ("share", "low", "high"))
        axes.plot(at, value, color=group.colour, linewidth=1.3)
        if len(run) > 1 and group.of <= MOST_BANDS:
            axes.fill_between(at, low, high, color=group.colour, alpha=0.15, linewidth=0)
        else:
            axes.vlines(at, low, high, color=group.colour, alpha=0.45)
        for place, row in zip(at, run, strict=True):
            inside = "white" if FEW in row["note"] else group.colour
            axes.plot([place], [row["adjusted_share"]], "o", markersize=3.5, color=group.colour, markerfacecolor=inside)


def _runs(rows: list[dict[str, Any]], every: str) -> list[list[dict[str, Any]]]:
    """Cut a series where a period is missing."""
    runs: list[list[dict[str, Any]]] = []
    for row in rows:
        if runs and following(date.fromisoformat(runs[-1][-1]["start"]), every).isoformat() == row["start"]:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _finish(figure: Any, panels: Any, groups: list[str], wanted: Wanted, left_out: int) -> None:
    """Add legend, dates and what the marks mean."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.lines import Line2D

    for axes in panels[-1]:
        if wanted.every is None:
            axes.set_xticks(range(len(groups)), groups, rotation=30, ha="right")
            axes.set_xlim(-0.6, len(groups) - 0.4)
        else:
            locator = AutoDateLocator(maxticks=5)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    if wanted.every is not None and wanted.by:
        marks = [Line2D([], [], color=colour, marker="o", markersize=4) for colour, _ in zip(COLOURS, groups, strict=False)]
        figure.legend(marks, groups, loc="outside upper left", ncols=4, fontsize=8, frameon=False)
    note = f"share of paragraphs, corrected for the classifier's errors, with 95 % intervals; hollow: {FEW}"
    note += f"; {left_out} smaller groups not drawn" if left_out else ""
    figure.supxlabel(note, fontsize=8)

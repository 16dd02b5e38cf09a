"""The corrected shares as small multiples: a row a frame, a column for the whole and for each voice, a line a group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from narratives.plots import COLOURS, new_figure, save
from narratives.trends.periods import following
from narratives.trends.table import FEW
from narratives.trends.tally import Wanted

PANEL = 3.0, 2.3  # inches


def plot(table: Sequence[dict[str, Any]], wanted: Wanted, path: Path) -> None:
    """Draw a table of `narratives.trends.table.lines` and write it to ``path`` (.svg or .png).

    Periods without paragraphs are gaps; cells of few paragraphs have hollow marks. Of more groups than there are colours those of
    the most paragraphs are drawn.

    :raises InputError: when matplotlib is missing, the ending is unknown or the place cannot be written.
    """
    frames = list(dict.fromkeys(row["frame"] for row in table))
    voices = list(dict.fromkeys(row["voice"] for row in table))
    groups, left_out = _groups(table, wanted)
    figure = new_figure(path, (max(2, len(voices)) * PANEL[0], len(frames) * PANEL[1] + 0.9))
    panels = figure.subplots(len(frames), len(voices), squeeze=False, sharex=True, sharey="row")
    for i, frame in enumerate(frames):
        for j, voice in enumerate(voices):
            axes = panels[i][j]
            for g, (group, colour) in enumerate(zip(groups, COLOURS, strict=False)):
                rows = [r for r in table if (r["frame"], r["voice"], _group(r, wanted)) == (frame, voice, group)]
                _draw(axes, rows, wanted, g, colour)
            axes.set_ylim(bottom=0)
            axes.grid(alpha=0.3)
            axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
            axes.set_title(voice or "whole frame", fontsize=9, loc="left")
            axes.tick_params(labelsize=8)
        panels[i][0].set_ylabel(frame.replace("_", " "), fontsize=9)
    _finish(figure, panels, groups, wanted, left_out)
    save(figure, path)


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


def _draw(axes: Any, rows: list[dict[str, Any]], wanted: Wanted, number: int, colour: str) -> None:
    """Draw one group: a line with its band over time, or a point with its interval."""
    known = [row for row in rows if row["adjusted_share"] is not None]
    if wanted.every is None:
        for row in known:
            value = row["adjusted_share"]
            ends = [[value - row["adjusted_low"]], [row["adjusted_high"] - value]]
            axes.errorbar([number], [value], yerr=ends, fmt="o", color=colour, markerfacecolor=_inside(row, colour), capsize=3)
        return
    for run in _runs(known, wanted.every):
        days = [date.fromisoformat(row["start"]) for row in run]
        value, low, high = ([row[f"adjusted_{end}"] for row in run] for end in ("share", "low", "high"))
        axes.plot(days, value, color=colour, linewidth=1.3)
        if len(run) > 1:
            axes.fill_between(days, low, high, color=colour, alpha=0.15, linewidth=0)
        else:
            axes.vlines(days, low, high, color=colour, alpha=0.35)
        for day, row in zip(days, run, strict=True):
            axes.plot([day], [row["adjusted_share"]], "o", markersize=3.5, color=colour, markerfacecolor=_inside(row, colour))


def _runs(rows: list[dict[str, Any]], every: str) -> list[list[dict[str, Any]]]:
    """Cut a series where a period is missing."""
    runs: list[list[dict[str, Any]]] = []
    for row in rows:
        if runs and following(date.fromisoformat(runs[-1][-1]["start"]), every).isoformat() == row["start"]:
            runs[-1].append(row)
        else:
            runs.append([row])
    return runs


def _inside(row: dict[str, Any], colour: str) -> str:
    return "white" if FEW in row["note"] else colour


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

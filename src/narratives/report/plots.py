"""The pictures of a report, through matplotlib, which comes with the extra ``report``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from narratives.plots import COLOURS, INK, drawing, learning_curve
from narratives.report.marks import printable

Draw = Callable[[Any], None]
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LONGEST_LABEL = 44
MOST_BARS = 30
SET_JOIN = " + "  # in the names of sets of frames
WIDE, HIGH = 5.6, 3.7  # inches; small, so that the text is large where the plot is as wide as a phone


def plots(report: Mapping[str, Any]) -> Iterator[tuple[str, Draw, float]]:
    """Go through the plots of a report: the name, what draws it on axes, and how high it is in inches."""
    for evaluation in report["evaluations"]:
        name, figures = evaluation["name"], evaluation["figures"]
        if any(figures["curves"].values()):
            yield f"{name}-precision-recall", partial(_precision_recall, figures["curves"], figures["frames"]), HIGH
        yield f"{name}-reliability", partial(_reliability, figures["reliability"]), HIGH
        yield f"{name}-risk-coverage", partial(_risk_coverage, figures["certainty"]["risk_coverage"]), HIGH
        for slicing in ("language", "register"):
            if values := figures["slices"].get(slicing):
                n_bars = min(MOST_BARS, len(values))
                yield f"{name}-{slicing}", partial(_bars, values, figures["overall"]["macro_f1"]["value"]), 1.2 + 0.3 * n_bars
        for kind, part in figures["confusion"].items():
            if part is not None:
                yield f"{name}-confusion-{kind}", partial(_confusion, part), 1.8 + 0.4 * len(part["labels"])
        if figures["months"] and figures["months"]["months"]:
            yield f"{name}-months", partial(_months, figures["months"]["months"]), HIGH
    if report.get("learning_curve"):
        yield "learning-curve", partial(learning_curve, report["learning_curve"]), HIGH


def draw_all(report: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Draw every plot as .svg and .png into a folder that exists.

    :return: the SVG of each by its name.
    :raises InputError: when matplotlib is missing.
    """
    pictures = {}
    for name, draw, height in plots(report):
        svg, png = (folder / f"{file_name(name)}.{ending}" for ending in ("svg", "png"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a script that the font lacks: boxes in the .png, the text itself in the .svg
            with drawing((WIDE, height), svg, png) as axes:
                draw(axes)
        pictures[name] = svg.read_text(encoding="utf-8")
    return pictures


def file_name(name: str) -> str:
    """Return a name that any file system takes."""
    return "".join(character if character.isalnum() or character in "-_." else "-" for character in name)


def _label(text: str) -> str:
    text = " ".join(printable(text).split())
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 3] + "..."


def _coloured(names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for place, name in enumerate(names):
        yield _label(name), COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]


def _precision_recall(curves: Mapping[str, Any], frames: Mapping[str, Any], axes: Any) -> None:
    for (label, colour, marker), (frame, curve) in zip(_coloured(list(curves)), curves.items(), strict=True):
        recall = [point["recall"] for point in curve]
        axes.plot(recall, [point["precision"]["value"] for point in curve], color=colour, label=label)
        low, high = ([point["precision"][end] for point in curve] for end in ("low", "high"))
        axes.fill_between(recall, low, high, color=colour, alpha=0.12, linewidth=0)
        chosen = frames[frame]["precision"]["value"], frames[frame]["recall"]["value"]
        if None not in chosen:
            axes.plot([chosen[1]], [chosen[0]], marker=marker, markersize=8, color=colour, linestyle="none")
    _unit(axes, "recall", "precision (band: 95 %)")
    axes.set_title("marks: the thresholds in use", fontsize="small", loc="left")


def _reliability(reliability: Mapping[str, Any], axes: Any) -> None:
    axes.plot([0, 1], [0, 1], linestyle=":", color=INK, linewidth=1)
    for (label, colour, marker), bins in zip(_coloured(list(reliability)), reliability.values(), strict=True):
        _points(axes, [part["probability"] for part in bins], [part["true"] for part in bins], color=colour, label=label, marker=marker)
    for scale, ticks in ((axes.set_xscale, axes.set_xticks), (axes.set_yscale, axes.set_yticks)):
        scale("function", functions=(_root, np.square))  # most probabilities are small; the diagonal stays straight
        ticks(TICKS, [f"{tick:g}" for tick in TICKS])
    _unit(axes, "mean probability of the bin (root scale)", "share that is true (bars: 95 %)")


TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)


def _root(values: Any) -> Any:
    return np.sqrt(np.maximum(values, 0))


def _risk_coverage(curve: Sequence[Mapping[str, Any]], axes: Any) -> None:
    drawn = (("risk", "answers that are wrong", COLOURS[1], "o"), ("precision", "precision of what is said present", COLOURS[0], "s"))
    for name, label, colour, marker in drawn:
        points = [point for point in curve if point[name] is not None]
        share = [point["coverage"] for point in points]
        axes.plot(share, [point[name] for point in points], marker=marker, color=colour, label=label)
        low, high = ([point[f"{name}_interval"][end] for point in points] for end in (0, 1))
        axes.fill_between(share, low, high, color=colour, alpha=0.12, linewidth=0)
    _unit(axes, "share of answers given, surest first", "share (bands: 95 %)")


def _bars(values: Mapping[str, Any], whole: float | None, axes: Any) -> None:
    known = [(value, part["overall"]) for value, part in values.items() if part["overall"]["macro_f1"]["value"] is not None]
    known.sort(key=lambda pair: pair[1]["macro_f1"]["value"])
    known = known[:MOST_BARS]
    labels = [f"{_label(value)}  (n {overall['n']})" for value, overall in known]
    figures = [overall["macro_f1"] for _, overall in known]
    axes.barh(labels, [figure["value"] for figure in figures], color=COLOURS[0], alpha=0.7)
    for place, figure in enumerate(figures):
        if figure["low"] is not None:
            axes.plot([figure["low"], figure["high"]], [place, place], color=INK, linewidth=1.5)
    if whole is not None:
        axes.axvline(whole, color=COLOURS[1], linestyle="--", linewidth=1.5)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("macro F1, lines: 95 %, dashes: the whole")
    axes.grid(axis="x", alpha=0.3)


def _confusion(part: Mapping[str, Any], axes: Any) -> None:
    counts, labels = part["counts"], part["labels"]
    rows = [max(1, sum(row)) for row in counts]
    axes.imshow(
        [[cell / total for cell in row] for row, total in zip(counts, rows, strict=True)], cmap="Blues", vmin=0, vmax=1, aspect="auto"
    )
    for i, row in enumerate(counts):
        for j, cell in enumerate(row):
            # White on the dark half; the dark ink of the other half stays dark on a dark page, since the cell stays light.
            axes.text(j, i, str(cell), ha="center", va="center", fontsize="small", color="#ffffff" if cell > rows[i] / 2 else "#08203a")
    numbers = range(len(labels))
    lines = ["\n".join(map(_label, label.split(SET_JOIN))) for label in labels]
    axes.set_yticks(numbers, [f"{label}  {place + 1}" for place, label in enumerate(lines)], fontsize="small")
    axes.set_xticks(numbers, [str(place + 1) for place in numbers])
    axes.set_xlabel("said, by number of the row")
    axes.set_ylabel("true")


def _months(months: Mapping[str, Any], axes: Any) -> None:
    names = list(next(iter(months.values()))["frames"])
    places = list(range(len(months)))
    for label, colour, marker in _coloured(names):
        name = names[[_label(n) for n in names].index(label)]
        figures = [part["frames"][name]["mean"] for part in months.values()]
        axes.plot(places, [figure["value"] for figure in figures], color=colour, linewidth=1)
        _points(axes, places, figures, color=colour, label=label, marker=marker)
    step = max(1, len(places) // 12)
    axes.set_xticks(places[::step], list(months)[::step], rotation=45, ha="right")
    axes.set_ylabel("mean probability (bars: 95 %)")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)


def _points(axes: Any, x: Sequence[float], figures: Sequence[Mapping[str, Any]], **style: Any) -> None:
    """Draw figures as points with their intervals."""
    y = [figure["value"] for figure in figures]
    ends = [
        [abs(figure["value"] - (figure[end] if figure[end] is not None else figure["value"])) for figure in figures]
        for end in ("low", "high")
    ]
    axes.errorbar(x, y, yerr=ends, linestyle="none", markersize=5, capsize=2, linewidth=1, **style)


def _unit(axes: Any, x: str, y: str) -> None:
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, 1.01)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)

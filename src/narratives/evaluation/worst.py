"""Where a model fails worst: the slices that fall furthest below the whole, as far as their size lets one say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from narratives import metrics

ENOUGH_PARAGRAPHS, ENOUGH_POSITIVES = 30, 10  # of a slice; below that an interval says little of it


def worst_slices(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the slices with enough n, worst first.

    Ranked by how far the high end of the interval lies below the figure of the whole, as a share of it: a slice goes before another
    when even the kind reading of it is worse, so that small slices do not lead by chance.

    :param figures: of an evaluation, with ``slices`` and ``recall_by``.
    :return: rows of slicing, value, measure (macro F1; recall for voices and sub-frames), its figure, the figure of the ``whole``,
        ``positives`` (true labels) and ``below``, whether the whole interval lies below the whole.
    """
    rows = []
    whole = figures["overall"]["macro_f1"]
    for name, values in figures["slices"].items():
        for value, part in values.items():
            positives = sum(frame["positives"] for frame in part["frames"].values())
            if part["overall"]["n"] >= ENOUGH_PARAGRAPHS and positives >= ENOUGH_POSITIVES:
                rows.append(_row(name, value, "macro_f1", part["overall"]["macro_f1"], whole["value"], positives))
    for name, values in figures.get("recall_by", {}).items():
        for value, part in values.items():
            if part["recall"]["n"] >= ENOUGH_POSITIVES:
                overall = figures["overall"]["recall"]["value"]
                rows.append(_row(name, value, "recall", part["recall"], overall, part["recall"]["n"]))
    known = [row for row in rows if row["figure"]["high"] is not None and row["whole"]]
    return sorted(known, key=lambda row: (_kindest(row["figure"], row["positives"]) / row["whole"], row["slice"], row["value"]))


def _kindest(figure: Mapping[str, Any], positives: int) -> float:
    """Return the high end of the interval; where nothing at all was found no draw shows any, and Wilson's interval says more."""
    return float(figure["high"] if figure["value"] else max(figure["high"], metrics.share(0, positives).high or 0.0))


def _row(name: str, value: str, measure: str, figure: Mapping[str, Any], whole: float | None, positives: int) -> dict[str, Any]:
    below = figure["high"] is not None and whole is not None and _kindest(figure, positives) < whole
    return {
        "slice": name,
        "value": value,
        "measure": measure,
        "figure": dict(figure),
        "whole": whole,
        "positives": positives,
        "below": below,
    }

"""Figures over all records and over slices of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import metrics
from narratives.evaluation.answers import Answers
from narratives.metrics import Figure
from narratives.records import Record

DRAWS = 500
SMALLEST_SLICE = 10

Rows = NDArray[np.int64]
SLICES: Mapping[str, Callable[[Record], str | None]] = {
    "language": lambda record: record.lang,
    "register": lambda record: record.fields.get("register"),
}


def figures(answers: Answers) -> dict[str, Any]:
    """Return all figures as plain data: overall, by frame, and by slice and frame."""
    everything: Rows = np.arange(len(answers.records))
    return {
        "overall": _overall(answers, everything),
        "frames": {frame: _frame(answers, everything, k) for k, frame in enumerate(answers.frame_ids)},
        "slices": {name: _slice(answers, key) for name, key in SLICES.items()},
    }


def _slice(answers: Answers, key: Callable[[Record], str | None]) -> dict[str, Any]:
    rows_of: dict[str, list[int]] = {}
    for row, record in enumerate(answers.records):
        value = key(record)
        if value is not None:
            rows_of.setdefault(str(value), []).append(row)
    parts = {}
    for value, rows in sorted(rows_of.items()):
        if len(rows) >= SMALLEST_SLICE:
            at: Rows = np.array(rows)
            by_frame = {frame: _frame(answers, at, k) for k, frame in enumerate(answers.frame_ids)}
            parts[value] = {"overall": _overall(answers, at), "frames": by_frame}
    return parts


def _overall(answers: Answers, rows: Rows) -> dict[str, Any]:
    truth, present, probabilities = answers.truth[rows], answers.present[rows], answers.probabilities[rows]

    def average_precision(at: Rows) -> float:
        return metrics.macro([metrics.average_precision(truth[at, k], probabilities[at, k]) for k in range(truth.shape[1])])

    measures = {
        "macro_f1": lambda at: metrics.macro_f1(truth[at], present[at]),
        "micro_f1": lambda at: metrics.micro_f1(truth[at], present[at]),
        "average_precision": average_precision,
    }
    return _bootstrapped(answers, rows, measures)


def _frame(answers: Answers, rows: Rows, k: int) -> dict[str, Any]:
    truth, present, probabilities = answers.truth[rows, k], answers.present[rows, k], answers.probabilities[rows, k]
    measures = {
        "precision": lambda at: metrics.precision(truth[at], present[at]),
        "recall": lambda at: metrics.recall(truth[at], present[at]),
        "f1": lambda at: metrics.f1(truth[at], present[at]),
        "average_precision": lambda at: metrics.average_precision(truth[at], probabilities[at]),
    }
    return _bootstrapped(answers, rows, measures) | {"positives": int(truth.sum()), "predicted": int(present.sum())}


def _bootstrapped(answers: Answers, rows: Rows, measures: Mapping[str, Callable[[Rows], float]]) -> dict[str, Any]:
    groups = [answers.records[row].group for row in rows]
    found: dict[str, Figure] = {name: metrics.bootstrap(measure, groups, DRAWS) for name, measure in measures.items()}
    return {name: figure.to_dict() for name, figure in found.items()} | {"n": len(rows)}

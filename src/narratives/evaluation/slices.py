"""Figures over all records and over slices of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import metrics
from narratives.errors import InputError, did_you_mean
from narratives.evaluation.answers import Answers
from narratives.records import LABELS, PAIR, SECOND, Record

DRAWS = 500
SLICE_DRAWS = 200  # there are many slices, and their intervals are wide anyway
SMALLEST_SLICE = 10

Rows = NDArray[np.int64]
Key = Callable[[Record], str | None]
LENGTHS = (25, 50, 100, 200)  # words; a headline, a short post, a paragraph of print, a long one, several run together


def length_band(record: Record) -> str:
    """Return how long a paragraph is, in words between spaces."""
    words = len(record.text.split())
    for low, high in pairwise((0, *LENGTHS)):
        if words < high:
            return f"{low}-{high - 1} words"
    return f"{LENGTHS[-1]} words and more"


def by_field(name: str) -> Key:
    """Return the slicing by a field of the records; those without it, or with a list or an object in it, are in no slice."""

    def key(record: Record) -> str | None:
        value = record.fields.get(name)
        return None if value is None or isinstance(value, list | dict) else str(value)

    return key


SLICES: Mapping[str, Key] = {
    "language": lambda record: record.lang,
    "register": by_field("register"),
    "length": length_band,
    "moment": by_field("moment"),
    "device": by_field("device"),
    "pairs": lambda record: "one of a pair" if record.fields.get(PAIR) else None,
}


def chosen(names: Sequence[str], records: Sequence[Record]) -> dict[str, Key]:
    """Return slicings that a user asked for, besides `SLICES`.

    :param names: of fields of the records or of `SLICES`; ``language+register`` crosses two.
    :raises InputError: when no record has such a field; the message names those there are.
    """
    fields = sorted({name for record in records for name in record.fields} - {LABELS, SECOND})
    keys = {}
    for name in names:
        parts = []
        for part in name.split("+"):
            if part not in SLICES and part not in fields:
                known = [*SLICES, *(field for field in fields if field not in SLICES)]
                raise InputError(f"--slice {name}: no record has a field {part!r}{did_you_mean(part, known)} There are: {', '.join(known)}")
            # a user's own field goes before ours of the same name, save the language, which is no field
            parts.append(by_field(part) if part in fields else SLICES[part])
        keys[name] = _crossed(parts)
    return keys


def _crossed(keys: Sequence[Key]) -> Key:
    def key(record: Record) -> str | None:
        values = [part(record) for part in keys]
        return None if None in values else ", ".join(map(str, values))

    return key


def figures(answers: Answers, keys: Mapping[str, Key] = SLICES) -> dict[str, Any]:
    """Return all figures of frames as plain data: overall, by frame, and by slice and frame.

    :param keys: how records are sliced; a slicing that puts no ten records together is left out.
    """
    everything: Rows = np.arange(len(answers.records))
    parts = {name: _slice(answers, key) for name, key in keys.items()}
    return {
        "overall": _overall(answers, everything),
        "frames": {frame: _frame(answers, everything, k) for k, frame in enumerate(answers.frame_ids)},
        "slices": {name: part for name, part in parts.items() if part},
    }


def _slice(answers: Answers, key: Key) -> dict[str, Any]:
    rows_of: dict[str, list[int]] = {}
    for row, record in enumerate(answers.records):
        value = key(record)
        if value is not None:
            rows_of.setdefault(str(value), []).append(row)
    parts = {}
    for value, rows in sorted(rows_of.items(), key=lambda item: _natural(item[0])):
        if len(rows) >= SMALLEST_SLICE:
            at: Rows = np.array(rows)
            by_frame = {frame: _frame(answers, at, k, SLICE_DRAWS) for k, frame in enumerate(answers.frame_ids)}
            parts[value] = {"overall": _overall(answers, at, SLICE_DRAWS), "frames": by_frame}
    return parts


def _natural(value: str) -> list[str | int]:
    """Return a key that sorts numbers within texts by size."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]+)", value))]


def _overall(answers: Answers, rows: Rows, draws: int = DRAWS) -> dict[str, Any]:
    truth, present, probabilities = answers.truth[rows], answers.present[rows], answers.probabilities[rows]

    def average_precision(at: Rows) -> float:
        return metrics.macro([metrics.average_precision(truth[at, k], probabilities[at, k]) for k in range(truth.shape[1])])

    measures = {
        "macro_f1": lambda at: metrics.macro_f1(truth[at], present[at]),
        "micro_f1": lambda at: metrics.micro_f1(truth[at], present[at]),
        "average_precision": average_precision,
        "precision": lambda at: metrics.precision(truth[at].ravel(), present[at].ravel()),
        "recall": lambda at: metrics.recall(truth[at].ravel(), present[at].ravel()),
        "false_alarms": lambda at: metrics.false_alarms(truth[at], present[at]),
    }
    return _bootstrapped(answers, rows, measures, draws)


def _frame(answers: Answers, rows: Rows, k: int, draws: int = DRAWS) -> dict[str, Any]:
    truth, present, probabilities = answers.truth[rows, k], answers.present[rows, k], answers.probabilities[rows, k]
    measures = {
        "precision": lambda at: metrics.precision(truth[at], present[at]),
        "recall": lambda at: metrics.recall(truth[at], present[at]),
        "f1": lambda at: metrics.f1(truth[at], present[at]),
        "average_precision": lambda at: metrics.average_precision(truth[at], probabilities[at]),
    }
    return _bootstrapped(answers, rows, measures, draws) | {"positives": int(truth.sum()), "predicted": int(present.sum())}


def _bootstrapped(answers: Answers, rows: Rows, measures: Mapping[str, metrics.Measure], draws: int) -> dict[str, Any]:
    return measured(measures, [answers.records[row].group for row in rows], draws)


def measured(measures: Mapping[str, metrics.Measure], groups: Sequence[str], draws: int = DRAWS) -> dict[str, Any]:
    """Return figures as plain data, and the number of rows that they are of."""
    found = metrics.bootstrap_all(measures, groups, draws)
    return {name: figure.to_dict() for name, figure in found.items()} | {"n": len(groups)}


def pairs(answers: Answers) -> dict[str, Any]:
    """Return the share of pairs (a paragraph and its twins, whose labels differ) in which every frame of every member is right."""
    rows_of: dict[str, list[int]] = {}
    for row, group in enumerate(answers.groups):
        rows_of.setdefault(group, []).append(row)
    members = [rows for rows in rows_of.values() if len(rows) > 1 and len({tuple(answers.truth[row]) for row in rows}) > 1]
    right = np.array([bool((answers.truth[rows] == answers.present[rows]).all()) for rows in members], dtype=bool)

    def share(at: Rows) -> float:
        return float(right[at].mean()) if len(at) else math.nan

    return {"all_right": metrics.bootstrap(share, [str(k) for k in range(len(right))], DRAWS).to_dict()}

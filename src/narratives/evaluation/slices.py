"""Figures over all records and over slices of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import metrics
from narratives.evaluation.answers import Answers
from narratives.heads import VOICE
from narratives.metrics import Figure
from narratives.records import Record

DRAWS = 500
SLICE_DRAWS = 200  # there are many slices, and their intervals are wide anyway
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
        "voice": _voice(answers),
        "subframe": _subframe(answers),
        "slices": {name: _slice(answers, key) for name, key in SLICES.items()},
    }


def _voice(answers: Answers) -> dict[str, Any] | None:
    """Return how well the voice is told on frames that were rightly found: macro F1, accuracy, F1 of each voice."""
    cases = [case for case in _cases(answers, VOICE, "voice") if case.found]
    if not cases:
        return None
    voices = sorted({case.true for case in cases})
    truth = np.array([[case.true == voice for voice in voices] for case in cases])
    guess = np.array([[case.guess == voice for voice in voices] for case in cases])
    measures: dict[str, Callable[[Rows], float]] = {
        "macro_f1": lambda at: metrics.macro_f1(truth[at], guess[at]),
        "accuracy": lambda at: float((truth[at] & guess[at]).any(axis=1).mean()),
    }
    measures |= {f"f1/{voice}": lambda at, k=k: metrics.f1(truth[at, k], guess[at, k]) for k, voice in enumerate(voices)}  # type: ignore[misc]
    return _measured(measures, [case.group for case in cases])


def _subframe(answers: Answers) -> dict[str, Any] | None:
    """Return how often the first guess of the sub-frame is right where the frame is, overall and by frame."""
    cases = {frame: _cases(answers, frame, "subframe") for frame in answers.frame_ids}
    every = [case for part in cases.values() for case in part]
    if not every:
        return None
    parts = {"accuracy": every} | {f"accuracy/{frame}": part for frame, part in cases.items() if part}
    found = {}
    for name, part in parts.items():
        right = np.array([case.true == case.guess for case in part])
        found[name] = metrics.bootstrap(lambda at, right=right: float(right[at].mean()), [c.group for c in part], DRAWS).to_dict()  # type: ignore[misc]
    return found | {"n": len(every)}


@dataclass(frozen=True, slots=True)
class _Case:
    """One label whose choice was guessed, and whether its frame was found."""

    true: str
    guess: str
    found: bool
    group: str


def _cases(answers: Answers, head: str, key: str) -> list[_Case]:
    cases = []
    for k, frame in enumerate(answers.frame_ids):
        for row, guess in enumerate(answers.choices.get((head, frame), [])):
            record = answers.records[row]
            # of several sub-frames the first is the main one
            true = next((getattr(label, key) for label in record.labels if label.frame == frame), None)
            if true is not None and guess is not None:
                cases.append(_Case(true, guess, bool(answers.present[row, k]), record.group))
    return cases


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
            by_frame = {frame: _frame(answers, at, k, SLICE_DRAWS) for k, frame in enumerate(answers.frame_ids)}
            parts[value] = {"overall": _overall(answers, at, SLICE_DRAWS), "frames": by_frame}
    return parts


def _overall(answers: Answers, rows: Rows, draws: int = DRAWS) -> dict[str, Any]:
    truth, present, probabilities = answers.truth[rows], answers.present[rows], answers.probabilities[rows]

    def average_precision(at: Rows) -> float:
        return metrics.macro([metrics.average_precision(truth[at, k], probabilities[at, k]) for k in range(truth.shape[1])])

    measures = {
        "macro_f1": lambda at: metrics.macro_f1(truth[at], present[at]),
        "micro_f1": lambda at: metrics.micro_f1(truth[at], present[at]),
        "average_precision": average_precision,
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


def _bootstrapped(answers: Answers, rows: Rows, measures: Mapping[str, Callable[[Rows], float]], draws: int) -> dict[str, Any]:
    return _measured(measures, [answers.records[row].group for row in rows], draws)


def _measured(measures: Mapping[str, Callable[[Rows], float]], groups: Sequence[str], draws: int = DRAWS) -> dict[str, Any]:
    found: dict[str, Figure] = {name: metrics.bootstrap(measure, groups, draws) for name, measure in measures.items()}
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

"""Voices and sub-frames: how well they are told, and how well frames are found by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from narratives import metrics
from narratives.evaluation.answers import Answers
from narratives.evaluation.slices import DRAWS, SLICE_DRAWS, SMALLEST_SLICE, Rows, measured
from narratives.heads import VOICE


@dataclass(frozen=True, slots=True)
class Case:
    """One label whose choice was guessed, and whether its frame was found."""

    true: str
    guess: str
    found: bool
    group: str


def cases(answers: Answers, head: str, key: str) -> list[Case]:
    """Return the labels for which a head made a guess.

    :param head: `VOICE`, or a frame for its sub-frames.
    :param key: the part of the label that is guessed.
    """
    found = []
    for k, frame in enumerate(answers.frame_ids):
        for row, guess in enumerate(answers.choices.get((head, frame), [])):
            record = answers.records[row]
            # of several sub-frames the first is the main one
            true = next((getattr(label, key) for label in record.labels if label.frame == frame), None)
            if true is not None and guess is not None:
                found.append(Case(true, guess, bool(answers.present[row, k]), record.group))
    return found


def voice(answers: Answers) -> dict[str, Any] | None:
    """Return how well the voice is told on frames that were rightly found: macro F1, accuracy, F1 of each voice."""
    told = [case for case in cases(answers, VOICE, "voice") if case.found]
    if not told:
        return None
    voices = sorted({case.true for case in told})
    truth = np.array([[case.true == voice for voice in voices] for case in told])
    guess = np.array([[case.guess == voice for voice in voices] for case in told])
    measures: dict[str, Callable[[Rows], float]] = {
        "macro_f1": lambda at: metrics.macro_f1(truth[at], guess[at]),
        "accuracy": lambda at: float((truth[at] & guess[at]).any(axis=1).mean()),
    }
    measures |= {f"f1/{voice}": partial(_f1, truth[:, k], guess[:, k]) for k, voice in enumerate(voices)}
    return measured(measures, [case.group for case in told])


def subframe(answers: Answers) -> dict[str, Any] | None:
    """Return how often the first guess of the sub-frame is right where the frame is, overall and by frame."""
    told = {frame: cases(answers, frame, "subframe") for frame in answers.frame_ids}
    every = [case for part in told.values() for case in part]
    if not every:
        return None
    parts = {"accuracy": every} | {f"accuracy/{frame}": part for frame, part in told.items() if part}
    found = {}
    for name, part in parts.items():
        right = [(case.true == case.guess, case.group) for case in part]
        found[name] = _share_of(right, DRAWS).to_dict()
    return found | {"n": len(every)}


def recall_by(answers: Answers) -> dict[str, dict[str, Any]]:
    """Return, by voice and by sub-frame, the share of labels whose frame was found.

    Recall alone, since what is invented has no true voice or sub-frame to be counted under.

    :return: ``voice`` and ``subframe`` (as ``frame/subframe``), each value with a figure whose n counts labels.
    """
    found: dict[str, dict[str, list[tuple[bool, str]]]] = {"voice": {}, "subframe": {}}
    for row, record in enumerate(answers.records):
        for label in record.labels:
            hit = bool(answers.present[row, answers.frame_ids.index(label.frame)])
            if label.voice is not None:
                found["voice"].setdefault(label.voice, []).append((hit, record.group))
            if label.subframe is not None:
                found["subframe"].setdefault(f"{label.frame}/{label.subframe}", []).append((hit, record.group))
    return {
        name: {value: _share(hits) for value, hits in sorted(values.items()) if len(hits) >= SMALLEST_SLICE}
        for name, values in found.items()
    }


def _share(hits: list[tuple[bool, str]]) -> dict[str, Any]:
    return {"recall": _share_of(hits, SLICE_DRAWS).to_dict()}


def _share_of(hits: list[tuple[bool, str]], draws: int) -> metrics.Figure:
    """Return the share of hits, each given with its group."""
    right = np.array([hit for hit, _ in hits])
    return metrics.bootstrap(lambda at: float(right[at].mean()), [group for _, group in hits], draws)


def _f1(truth: metrics.Bools, guess: metrics.Bools, at: Rows) -> float:
    return metrics.f1(truth[at], guess[at])

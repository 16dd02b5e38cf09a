"""The mistakes that a reader should see first: those that the model was surest of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from narratives.evaluation.answers import Answers
from narratives.readings import FrameReading
from narratives.scorer import Model

MOST_WORDS = 12  # of evidence, those with the most weight either way


def worst_mistakes(answers: Answers, n: int = 20, model: Model | None = None) -> list[dict[str, Any]]:
    """Return the ``n`` wrong answers furthest from the truth, surest first.

    :param model: says which words carried the frame; None leaves the evidence out.
    :return: with ``evidence``, the words with the most weight for the frame or against it, as spans of the text.
    """
    wrong = [
        (abs(float(answers.truth[row, k]) - float(answers.probabilities[row, k])), row, k)
        for row, k in zip(*(answers.truth != answers.present).nonzero(), strict=True)
    ]
    wrong.sort(key=lambda item: (-item[0], item[1], item[2]))
    return [_mistake(answers, row, k, model) for _, row, k in wrong[:n]]


def _mistake(answers: Answers, row: int, k: int, model: Model | None) -> dict[str, Any]:
    record, frame = answers.records[row], answers.frame_ids[k]
    content = {
        "id": record.id,
        "lang": record.lang,
        "register": record.fields.get("register"),
        "frame": frame,
        "mistake": "missed" if answers.truth[row, k] else "invented",
        "probability": round(float(answers.probabilities[row, k]), 4),
        "true": _named(answers.frame_ids, answers.truth[row].tolist()),
        "said": _named(answers.frame_ids, answers.present[row].tolist()),
        "text": record.text,
    }
    return content if model is None else content | {"evidence": _evidence(model.score(record.text).frames[frame])}


def _evidence(reading: FrameReading) -> list[dict[str, Any]]:
    strongest = sorted(reading.evidence or (), key=lambda piece: (-abs(piece.weight), piece.start))[:MOST_WORDS]
    ordered = sorted((piece for piece in strongest if piece.weight), key=lambda piece: piece.start)
    return [{"start": piece.start, "end": piece.end, "weight": round(piece.weight, 4)} for piece in ordered]


def _named(frame_ids: Sequence[str], row: Sequence[bool]) -> list[str]:
    return [frame for frame, there in zip(frame_ids, row, strict=True) if there]

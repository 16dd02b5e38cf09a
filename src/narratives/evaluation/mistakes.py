"""The mistakes that a reader should see first: those that the model was surest of."""

from __future__ import annotations

from typing import Any

from narratives.evaluation.answers import Answers


def worst_mistakes(answers: Answers, n: int = 20) -> list[dict[str, Any]]:
    """Return the ``n`` wrong answers furthest from the truth, surest first."""
    wrong = [
        (abs(float(answers.truth[row, k]) - float(answers.probabilities[row, k])), row, k)
        for row, k in zip(*(answers.truth != answers.present).nonzero(), strict=True)
    ]
    wrong.sort(key=lambda item: (-item[0], item[1], item[2]))
    return [
        {
            "id": answers.records[row].id,
            "lang": answers.records[row].lang,
            "register": answers.records[row].fields.get("register"),
            "frame": answers.frame_ids[k],
            "mistake": "missed" if answers.truth[row, k] else "invented",
            "probability": round(float(answers.probabilities[row, k]), 4),
            "text": answers.records[row].text,
        }
        for _, row, k in wrong[:n]
    ]

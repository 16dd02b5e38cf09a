"""How far two sets of paragraphs are from each other: how well a classifier tells them apart, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from narratives.corpus.spread import by_language
from narratives.errors import InputError
from narratives.features import FeatureSettings
from narratives.folds import assign_folds
from narratives.frames import Learner, compact, fit
from narratives.metrics import Floats
from narratives.records import Record
from narratives.training import Training, TrainingSettings

FEWEST = 20
LEARNER = Learner("logistic", 1.0, True)
TRAITS = (
    "words",
    "letters a word",
    "words a sentence",
    "digits",
    "capitals",
    "commas",
    "quotes",
    "dashes",
    "brackets",
    "distinct words",
    "ends open",
)


def distance(one: Sequence[Record], other: Sequence[Record], codebook: Any) -> dict[str, Any]:
    """Return how well two sets can be told apart, overall and by language.

    :return: for each part the cross-validated area under the ROC curve by words (0.5: not at all, 1: always), the same by
        surface traits alone, the means of the traits that differ most in standard deviations, and n of both sides.
    """
    ours, theirs = by_language(one), by_language(other)
    parts = {"all": (list(one), list(other))} | {lang: (ours[lang], theirs[lang]) for lang in ours if lang in theirs}
    return {name: _apart(a, b, codebook) for name, (a, b) in parts.items() if min(len(a), len(b)) >= FEWEST}


def _apart(one: Sequence[Record], other: Sequence[Record], codebook: Any) -> dict[str, Any]:
    if not one or not other:
        raise InputError("nothing to compare: one side holds no paragraphs")
    records = [*one, *other]
    truth = np.array([True] * len(one) + [False] * len(other))
    training = Training(records, codebook, TrainingSettings(features=FeatureSettings(bits=18)))
    folds = assign_folds([f"{int(side)}/{record.group}" for side, record in zip(truth, records, strict=True)])
    narrow, _ = compact(training.features)
    traits = np.array([traits_of(record.text) for record in records])
    scaled = (traits - traits.mean(0)) / np.maximum(traits.std(0), 1e-9)
    gaps = scaled[truth].mean(0) - scaled[~truth].mean(0)
    order = np.argsort(-abs(gaps))[:5]
    return {
        "auc": round(_area(truth, _held_out(narrow, truth, folds)), 4),
        "auc_traits": round(_area(truth, _held_out(scaled, truth, folds)), 4),
        "traits": [
            {"trait": TRAITS[t], "one": round(float(traits[truth, t].mean()), 3), "other": round(float(traits[~truth, t].mean()), 3)}
            for t in order
        ],
        "n": [len(one), len(other)],
    }


def traits_of(text: str) -> list[float]:
    """Return the surface traits of a text, in the order of `TRAITS`."""
    words = text.split()
    n, letters = max(len(words), 1), max(len(text), 1)
    sentences = max(1, sum(text.count(mark) for mark in ".!?"))

    def rate(marks: str) -> float:
        return 100 * sum(text.count(mark) for mark in marks) / letters

    return [
        float(len(words)),
        sum(map(len, words)) / n,
        n / sentences,
        100 * sum(c.isdigit() for c in text) / letters,
        100 * sum(c.isupper() for c in text) / letters,
        rate(",;"),
        rate("\"'«»„“”‘’"),
        rate("-–—"),
        rate("()[]"),
        len({word.lower() for word in words}) / n**0.5,
        float(not text.rstrip().endswith((".", "!", "?", "…", '"', "»", "”"))),
    ]


def _held_out(features: Any, truth: Any, folds: Any) -> Floats:
    scores = np.zeros(len(truth))
    for fold in np.unique(folds):
        held = folds == fold
        weights, bias = fit(features[~held], truth[~held], LEARNER)
        scores[held] = features[held] @ weights + bias
    return scores


def _area(truth: Any, scores: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, scores))

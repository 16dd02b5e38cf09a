"""The learning curve: what more of the same text would bring."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from narratives import calibrate, metrics
from narratives.codebook import Codebook
from narratives.frames import Learner
from narratives.metrics import Floats
from narratives.records import Record
from narratives.scorer import Model
from narratives.training import Training, TrainingSettings

SIZES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
DRAWS = 5


def learning_curve(
    records: Sequence[Record],
    codebook: Codebook,
    settings: TrainingSettings,
    learner: Learner,
    test: Sequence[Record] | None = None,
    sizes: Sequence[float] = SIZES,
    draws: int = DRAWS,
    say: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:
    """Train on growing parts of a corpus and measure each.

    :param test: real paragraphs to measure on besides cross-validation.
    :param sizes: shares of the corpus; parts are drawn by group, so twins stay together.
    :return: a row a size and draw: paragraphs, macro F1 and average precision out of fold, and the same on ``test`` overall
        and by language. At the full size there is one draw.
    """
    rows = []
    for size in sizes:
        for draw in range(draws if size < 1 else 1):
            part = drawn(records, size, draw)
            training = Training(part, codebook, settings)
            answers = training.out_of_fold(learner)
            row = {"share": size, "draw": draw, "paragraphs": len(part), "cross_validation": _figures(training.truth, answers)}
            if test:
                model = Model(training.bundle("0.0.0", learner, answers, training.facts(learner, [], answers)))
                row["test"] = _on_test(model, test, codebook)
            rows.append(row)
            say(f"  {len(part):>6} paragraphs, draw {draw + 1}: {_shown(row)}")
    return rows


def drawn(records: Sequence[Record], share: float, draw: int) -> list[Record]:
    """Return a share of the groups of each language; a smaller share of one draw is a part of a larger one."""
    if share >= 1:
        return list(records)

    def place(record: Record) -> float:
        digest = hashlib.sha256(f"{draw}/{record.group}".encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") / 2**64

    return [record for record in records if place(record) < share]


def summary(rows: Sequence[dict[str, Any]], part: str = "test") -> list[dict[str, Any]]:
    """Return mean, lowest and highest macro F1 and average precision of each size."""
    out = []
    for size in sorted({row["share"] for row in rows}):
        these = [row for row in rows if row["share"] == size and part in row]
        if these:
            values = {key: [row[part]["all"][key] for row in these] for key in ("macro_f1", "average_precision")}
            figures = {key: {"mean": float(np.mean(v)), "low": min(v), "high": max(v)} for key, v in values.items()}
            out.append({"paragraphs": round(float(np.mean([row["paragraphs"] for row in these]))), "draws": len(these), **figures})
    return out


def _on_test(model: Model, test: Sequence[Record], codebook: Codebook) -> dict[str, Any]:
    scores = model.raw_scores([record.text for record in test])
    probabilities, present = calibrate.decide(scores, model.bundle.calibrations)
    truth = np.array([[frame in record.frames for frame in codebook.frame_ids] for record in test])
    languages = np.array([record.lang for record in test])
    parts = {"all": np.ones(len(test), bool)} | {lang: languages == lang for lang in sorted(set(languages))}
    return {name: _measures(truth[at], probabilities[at], present[at]) for name, at in parts.items()}


def _figures(truth: metrics.Bools, answers: Any) -> dict[str, Any]:
    return {"all": _measures(truth, answers.probabilities, answers.present)}


def _measures(truth: metrics.Bools, probabilities: Floats, present: metrics.Bools) -> dict[str, float]:
    average = [metrics.average_precision(truth[:, k], probabilities[:, k]) for k in range(truth.shape[1])]
    return {"macro_f1": round(metrics.macro_f1(truth, present), 4), "average_precision": round(metrics.macro(average), 4)}


def _shown(row: dict[str, Any]) -> str:
    parts = [f"{name.replace('_', ' ')} {row[name]['all']['macro_f1']:.3f}" for name in ("cross_validation", "test") if name in row]
    return ", ".join(parts)

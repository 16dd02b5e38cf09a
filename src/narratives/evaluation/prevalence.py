"""How answers hold when frames are rarer or commoner than the model was trained for."""

from __future__ import annotations

from typing import Any

from narratives import metrics
from narratives.calibrate import decide
from narratives.evaluation.answers import Answers
from narratives.evaluation.slices import DRAWS
from narratives.scorer import Model


def prevalences(model: Model, answers: Answers) -> dict[str, Any]:
    """Return macro F1 and calibration error at the model's prevalence, at the estimated one, and at the true one.

    :param answers: of a labelled file; its texts are scored again at each prevalence.
    :return: empty for a model that keeps one prevalence only.
    """
    if not model.bundle.at_prevalence:
        return {}
    texts = [record.text for record in answers.records]
    scores = model.raw_scores(texts)
    estimated = model.prevalence(texts)
    share = answers.truth.mean(axis=0).tolist()
    cases = {
        "of the model": (None, list(model.bundle.priors)),
        "estimated, no labels": ([min(max(p, 1e-6), 1 - 1e-6) for p in estimated.values()], list(estimated.values())),
        "true": ([min(max(p, 1e-6), 1 - 1e-6) for p in share], share),
    }
    result = {}
    for name, (wanted, told) in cases.items():
        probabilities, present = decide(scores, Model(model.bundle, prevalence=wanted, encoder=model.encoder).calibrations)

        def macro(rows: Any, present: Any = present) -> float:
            return metrics.macro_f1(answers.truth[rows], present[rows])

        def error(rows: Any, probabilities: Any = probabilities) -> float:
            columns = zip(answers.truth[rows].T, probabilities[rows].T, strict=True)
            return metrics.macro([metrics.calibration_error(truth, p) for truth, p in columns])

        result[name] = {
            "prevalence": {frame: round(float(p), 4) for frame, p in zip(answers.frame_ids, told, strict=True)},
            "macro_f1": metrics.bootstrap(macro, answers.groups, DRAWS).to_dict(),
            "calibration_error": metrics.bootstrap(error, answers.groups, DRAWS).to_dict(),
        }
    return result

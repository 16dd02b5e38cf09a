"""What the promise of certainty is worth: precision of certain answers, misses, and how much is still answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from narratives import metrics
from narratives.calibrate import Calibration
from narratives.doubt import LEVELS
from narratives.evaluation.answers import Answers
from narratives.evaluation.slices import DRAWS, Rows


def certainty(answers: Answers, calibrations: Sequence[Calibration]) -> dict[str, Any]:
    """Return what each level is worth, over all frames at once.

    - ``precision``: share of the certainly present that is there;
    - ``missed``: share of what is there that was called certainly absent;
    - ``answered``: share of the paragraphs without any uncertain frame.

    With them ``calibration_error`` of each frame's probabilities (ten equally filled bins).
    """
    result: dict[str, Any] = {}
    for level in LEVELS:
        bands = [calibration.band(level) for calibration in calibrations]
        low, high = np.array([b.low for b in bands]), np.array([b.high for b in bands])
        present, absent = answers.probabilities >= high, answers.probabilities < low
        result[f"{level:g}"] = {
            "precision": _figure(answers, lambda at, p=present: metrics.precision(answers.truth[at].ravel(), p[at].ravel())),
            "missed": _figure(answers, lambda at, a=absent: metrics.recall(answers.truth[at].ravel(), a[at].ravel())),
            "answered": _figure(answers, lambda at, d=present | absent: float(d[at].all(axis=1).mean())),
        }
    errors = {
        frame: _figure(answers, lambda at, k=k: metrics.calibration_error(answers.truth[at, k], answers.probabilities[at, k]))
        for k, frame in enumerate(answers.frame_ids)
    }
    return {"levels": result, "calibration_error": errors, "risk_coverage": risk_coverage(answers, [c.threshold for c in calibrations])}


def risk_coverage(answers: Answers, thresholds: Sequence[float], points: int = 20) -> list[dict[str, Any]]:
    """Return how often answers are wrong when only the surest are given (El-Yaniv and Wiener 2010).

    An answer is one frame in one paragraph, as sure as its probability is far from its frame's threshold in log-odds.

    :param thresholds: of each frame; out of fold each fold has its own, close to these.
    :return: coverage (share of answers given) and its n, risk (share of those that are wrong), precision of those that say present,
        and of both ``risk_interval`` and ``precision_interval``, Wilson's 95 %.
    """
    clipped = np.clip([answers.probabilities, np.broadcast_to(thresholds, answers.probabilities.shape)], 1e-9, 1 - 1e-9)
    logits = np.log(clipped / (1 - clipped))
    sure = np.abs(logits[0] - logits[1])
    order = np.argsort(-sure, axis=None, kind="stable")
    wrong, present, truth = (part.ravel()[order] for part in (answers.present != answers.truth, answers.present, answers.truth))
    curve = []
    for k in range(1, points + 1):
        n = max(1, round(len(order) * k / points)) if len(order) else 0
        if n:
            said = present[:n]
            risk = metrics.share(int(wrong[:n].sum()), n).to_dict()
            precision = metrics.share(int((truth[:n] & said).sum()), int(said.sum())).to_dict()
            intervals = {f"{name}_interval": [f["low"], f["high"]] for name, f in (("risk", risk), ("precision", precision))}
            coverage = round(n / len(order), 4)
            curve.append(
                {"coverage": coverage, "n": n, "risk": risk["value"], "precision": precision["value"], "said": precision["n"]} | intervals
            )
    return curve


def _figure(answers: Answers, measure: Any) -> dict[str, Any]:
    def rows(at: Rows) -> float:
        value: float = measure(at)
        return value

    return metrics.bootstrap(rows, answers.groups, DRAWS).to_dict()

"""Curves behind the single figures: precision against recall, and how often what has a probability is true."""

from __future__ import annotations

from typing import Any

import numpy as np

from narratives import metrics
from narratives.doubt import wilson_low
from narratives.evaluation.answers import Answers

TWO_SIDED_95 = 1.96  # standard deviations


def precision_recall(answers: Answers, k: int) -> list[dict[str, Any]]:
    """Return the precision-recall curve of frame ``k``, highest threshold first, at most 60 points.

    :return: threshold, recall, and precision with Wilson's 95 % interval over the n that reach the threshold; empty where
        nothing is true.
    """
    truth = answers.truth[:, k]
    return [
        {"threshold": round(threshold, 6), "recall": round(hits / int(truth.sum()), 4), "precision": share(hits, n)}
        for threshold, n, hits in metrics.precision_recall(truth, answers.probabilities[:, k])
    ]


def reliability(answers: Answers, k: int) -> list[dict[str, Any]]:
    """Return for each bin of frame ``k`` the mean probability and the share that is true, with Wilson's 95 % interval and n."""
    truth, probabilities = answers.truth[:, k], answers.probabilities[:, k]
    return [
        {"probability": round(float(probabilities[rows].mean()), 4), "true": share(int(truth[rows].sum()), len(rows))}
        for rows in metrics.reliability_bins(probabilities)
    ]


def share(hits: int, n: int) -> dict[str, Any]:
    """Return a share with Wilson's 95 % interval and n, as plain data; undefined of nothing."""
    if not n:
        return metrics.Figure(float("nan")).to_dict()
    shares, sizes = np.array([hits / n, 1 - hits / n]), np.array([n, n], float)
    low, one_minus_high = wilson_low(shares, sizes, TWO_SIDED_95)
    return metrics.Figure(hits / n, max(0.0, float(low)), min(1.0, 1 - float(one_minus_high)), n).to_dict()

"""Curves behind the single figures: precision against recall, and how often what has a probability is true."""

from __future__ import annotations

from typing import Any

from narratives import metrics
from narratives.evaluation.answers import Answers


def precision_recall(answers: Answers, k: int) -> list[dict[str, Any]]:
    """Return the precision-recall curve of frame ``k``, highest threshold first, at most 60 points.

    :return: threshold, recall, and precision with Wilson's 95 % interval over the n that reach the threshold; empty where
        nothing is true.
    """
    truth = answers.truth[:, k]
    return [
        {"threshold": round(threshold, 6), "recall": round(hits / int(truth.sum()), 4), "precision": metrics.share(hits, n).to_dict()}
        for threshold, n, hits in metrics.precision_recall(truth, answers.probabilities[:, k])
    ]


def reliability(answers: Answers, k: int) -> list[dict[str, Any]]:
    """Return for each bin of frame ``k`` the mean probability and the share that is true, with Wilson's 95 % interval and n."""
    truth, probabilities = answers.truth[:, k], answers.probabilities[:, k]
    return [
        {"probability": round(float(probabilities[rows].mean()), 4), "true": metrics.share(int(truth[rows].sum()), len(rows)).to_dict()}
        for rows in metrics.reliability_bins(probabilities)
    ]

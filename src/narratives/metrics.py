"""What each measure means, in one place; every other module asks here.

A measure that is undefined (no positives, nothing predicted) is ``nan``, never a silent 0, and every
figure travels with the number of cases behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, its 95 % interval and the number of cases behind it."""

    value: float
    low: float = nan
    high: float = nan
    n: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; undefined parts are None, since JSON has no nan."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {key: None if isnan(part) else round(part, 4) for key, part in parts.items()} | {"n": self.n}


def precision(truth: Bools, predicted: Bools) -> float:
    """Share of the predicted that is true, ``nan`` where nothing is predicted."""
    n = int(predicted.sum())
    return float((truth & predicted).sum() / n) if n else nan


def recall(truth: Bools, predicted: Bools) -> float:
    """Share of the true that is predicted, ``nan`` where nothing is true."""
    n = int(truth.sum())
    return float((truth & predicted).sum() / n) if n else nan


def f1(truth: Bools, predicted: Bools) -> float:
    """Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN); ``nan`` where nothing is true."""
    if not truth.any():
        return nan
    return float(2 * (truth & predicted).sum() / (truth.sum() + predicted.sum()))


def average_precision(truth: Bools, scores: Floats) -> float:
    """Area under the precision-recall steps; ``nan`` where nothing is true.

    Ties share the precision at the end of their run, as in scikit-learn's ``average_precision_score``.
    """
    n = int(truth.sum())
    if not n:
        return nan
    order = np.argsort(-scores, kind="stable")
    hits = truth[order]
    ends = np.append(np.nonzero(np.diff(scores[order]))[0], len(scores) - 1)
    true_at_end = np.cumsum(hits)[ends]
    gained = np.diff(np.concatenate([[0], true_at_end]))
    return float(np.sum(gained * true_at_end / (ends + 1)) / n)


def macro(values: Sequence[float]) -> float:
    """Plain mean over those that are defined; ``nan`` where none is."""
    defined = [value for value in values if not isnan(value)]
    return sum(defined) / len(defined) if defined else nan


def macro_f1(truth: Bools, predicted: Bools) -> float:
    """Mean of the F1 of each column of ``(n, n_frames)``; columns without a true case are left out."""
    return macro([f1(truth[:, k], predicted[:, k]) for k in range(truth.shape[1])])


def micro_f1(truth: Bools, predicted: Bools) -> float:
    """F1 over all cells of ``(n, n_frames)`` at once."""
    return f1(truth.ravel(), predicted.ravel())


def log_loss(truth: Bools, probabilities: Floats, weights: Floats) -> float:
    """Return the weighted mean of minus the log of the probability that was given to what is true; ``nan`` of nothing."""
    if not len(truth):
        return nan
    likely = np.clip(np.where(truth, probabilities, 1.0 - probabilities), 1e-12, 1.0)
    return float(-(weights * np.log(likely)).sum() / weights.sum())


def calibration_error(truth: Bools, probabilities: Floats, bins: int = 10) -> float:
    """Return the expected calibration error: mean gap of confidence and frequency over equally filled bins.

    Equal-mass bins, since most probabilities lie near 0 and equal-width bins would leave the others almost empty
    (Nguyen and O'Connor 2015).
    """
    if not len(truth):
        return nan
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    gaps = [len(part) * abs(truth[part].mean() - probabilities[part].mean()) for part in parts]
    return float(sum(gaps) / len(order))


def share(outcomes: Bools) -> Figure:
    """Return the share of independent outcomes that are true with its 95 % score interval (Wilson 1927), which holds near 0 too."""
    if not len(outcomes):
        return Figure(nan)
    from scipy.stats import binomtest

    interval = binomtest(int(outcomes.sum()), len(outcomes)).proportion_ci(0.95, method="wilson")
    return Figure(float(outcomes.mean()), float(interval.low), float(interval.high), len(outcomes))


def bootstrap(measure: Callable[[NDArray[np.int64]], float], groups: Sequence[str], draws: int = 500, seed: int = 0) -> Figure:
    """Return a measure with its 95 % percentile interval over draws of whole groups.

    :param measure: takes row indices, gives a value.
    :param groups: the group of each row; twins share one, so that they are drawn together.
    :param draws: bootstrap samples.
    :param seed: same seed, same interval.
    :return: the measure over all rows, the interval, and the number of rows.
    """
    rows_of: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        rows_of.setdefault(group, []).append(row)
    members = [np.array(rows, dtype=np.int64) for rows in rows_of.values()]
    value = measure(np.arange(len(groups)))
    if len(members) < 2:
        return Figure(value, n=len(groups))
    random = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        drawn = random.integers(0, len(members), len(members))
        values.append(measure(np.concatenate([members[i] for i in drawn])))
    defined = [v for v in values if not isnan(v)]
    if isnan(value) or len(defined) < draws / 2:
        return Figure(value, n=len(groups))
    low, high = np.percentile(defined, [2.5, 97.5])
    return Figure(value, float(low), float(high), len(groups))

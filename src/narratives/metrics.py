"""What each measure means, in one place; every other module asks here.

A measure that is undefined (no positives, nothing predicted) is ``nan``, never a silent 0, and every
figure travels with the number of cases behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.doubt import wilson_low

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Measure = Callable[[NDArray[np.int64]], float]
TWO_SIDED_95 = 1.96  # standard deviations


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

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Figure:
        """Read what `to_dict` wrote."""
        value, low, high = (nan if content[key] is None else float(content[key]) for key in ("value", "low", "high"))
        return cls(value, low, high, int(content["n"]))


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
    ends, hits = _steps(truth, scores)
    gained = np.diff(np.concatenate([[0], hits]))
    return float(np.sum(gained * hits / (ends + 1)) / n)


def precision_recall(truth: Bools, scores: Floats, points: int = 60) -> list[tuple[float, int, int]]:
    """Return the steps that `average_precision` is the area of, thinned evenly over what is found.

    :return: at most ``points`` of (threshold, how many reach it, how many of those are true), highest threshold first; empty where
        nothing is true.
    """
    if not truth.any():
        return []
    ends, hits = _steps(truth, scores)
    thresholds = np.sort(scores)[::-1][ends]
    wanted = np.searchsorted(hits, np.linspace(hits[0], hits[-1], points))
    kept = np.unique(np.clip(wanted, 0, len(hits) - 1))
    return [(float(thresholds[i]), int(ends[i]) + 1, int(hits[i])) for i in kept]


def _steps(truth: Bools, scores: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the place of the last of each run of equal scores, highest first, and how many are true up to there."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.nonzero(np.diff(scores[order]))[0], len(scores) - 1)
    return ends, np.cumsum(truth[order])[ends]


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


def false_alarms(truth: Bools, predicted: Bools) -> float:
    """Share of the rows of ``(n, n_frames)`` without a true frame that are given one; ``nan`` where every row has one."""
    empty = ~truth.any(axis=1)
    return float(predicted[empty].any(axis=1).mean()) if empty.any() else nan


def log_loss(truth: Bools, probabilities: Floats, weights: Floats) -> float:
    """Return the weighted mean of minus the log of the probability that was given to what is true; ``nan`` of nothing."""
    if not len(truth):
        return nan
    likely = np.clip(np.where(truth, probabilities, 1.0 - probabilities), 1e-12, 1.0)
    return float(-(weights * np.log(likely)).sum() / weights.sum())


def calibration_error(truth: Bools, probabilities: Floats, bins: int = 10) -> float:
    """Return the expected calibration error: mean gap of confidence and frequency over the bins of `reliability_bins`."""
    if not len(truth):
        return nan
    gaps = [len(part) * abs(truth[part].mean() - probabilities[part].mean()) for part in reliability_bins(probabilities, bins)]
    return float(sum(gaps) / len(truth))


def reliability_bins(probabilities: Floats, bins: int = 10) -> list[NDArray[np.int64]]:
    """Return the rows of each bin, lowest probabilities first, equally filled.

    Equal-mass bins, since most probabilities lie near 0 and equal-width bins would leave the others almost empty
    (Nguyen and O'Connor 2015).
    """
    order = np.argsort(probabilities, kind="stable")
    return np.array_split(order, min(bins, len(order))) if len(order) else []


def share(hits: int, n: int) -> Figure:
    """Return the share of ``n`` independent outcomes that are hits with its 95 % score interval (Wilson 1927); undefined of nothing."""
    if not n:
        return Figure(nan)
    shares, sizes = np.array([hits / n, 1 - hits / n]), np.array([n, n], float)
    low, one_minus_high = wilson_low(shares, sizes, TWO_SIDED_95)
    return Figure(hits / n, max(0.0, float(low)), min(1.0, 1 - float(one_minus_high)), n)


def bootstrap(measure: Measure, groups: Sequence[str], draws: int = 500, seed: int = 0) -> Figure:
    """Return a measure with its 95 % percentile interval over draws of whole groups; see `bootstrap_all`."""
    return bootstrap_all({"": measure}, groups, draws, seed)[""]


def bootstrap_all(measures: Mapping[str, Measure], groups: Sequence[str], draws: int = 500, seed: int = 0) -> dict[str, Figure]:
    """Return several measures, each with its 95 % percentile interval over the same draws of whole groups.

    :param measures: each takes row indices and gives a value.
    :param groups: the group of each row; twins share one, so that they are drawn together.
    :param draws: bootstrap samples.
    :param seed: same seed, same interval.
    :return: each measure over all rows, its interval, and the number of rows.
    """
    rows_of: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        rows_of.setdefault(group, []).append(row)
    everything = np.arange(len(groups))
    values = {name: measure(everything) for name, measure in measures.items()}
    if len(rows_of) < 2:
        return {name: Figure(value, n=len(groups)) for name, value in values.items()}
    drawn: dict[str, list[float]] = {name: [] for name in measures}
    for rows in _draws(list(rows_of.values()), draws, seed):
        for name, measure in measures.items():
            drawn[name].append(measure(rows))
    return {name: _interval(value, drawn[name], len(groups)) for name, value in values.items()}


def _draws(members: Sequence[Sequence[int]], draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Go through draws of as many groups as there are, each as the rows of its groups."""
    rows = np.concatenate([np.array(part, dtype=np.int64) for part in members])
    sizes = np.array([len(part) for part in members])
    starts = np.cumsum(sizes) - sizes
    random = np.random.default_rng(seed)
    for _ in range(draws):
        groups = random.integers(0, len(members), len(members))
        size = sizes[groups]
        before = np.cumsum(size) - size
        yield rows[np.repeat(starts[groups] - before, size) + np.arange(int(size.sum()))]


def _interval(value: float, drawn: Sequence[float], n: int) -> Figure:
    defined = [v for v in drawn if not isnan(v)]
    if isnan(value) or len(defined) < len(drawn) / 2:
        return Figure(value, n=n)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Figure(value, float(low), float(high), n)

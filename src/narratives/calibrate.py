"""From a raw score to a probability, and from a probability to yes or no.

Both are learnt from out-of-fold scores. The corpus is balanced by design and the world is not, so records are weighted
until each frame has the prevalence that is expected where the model will be used; probabilities and thresholds then
mean what they say there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.doubt import LEVELS, Band, bands
from narratives.errors import InputError

RESAMPLES = 100
# Shares of paragraphs with a frame for which a model keeps a calibration, to be chosen from when it scores.
PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35)
NEVER = 1.0  # a threshold that no probability reaches


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one frame's raw score becomes a decision.

    The probability is ``1 / (1 + exp(-(slope * score + offset)))`` (Platt 1999); the frame is present where it
    reaches the threshold.

    :param threshold_range: where nine in ten of the thresholds lie that resampled records would give.
    """

    slope: float
    offset: float
    threshold: float
    bands: tuple[Band, ...] = ()
    threshold_range: tuple[float, float] | None = None

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities of the frame at raw scores, ``(n,)``."""
        logits = np.clip(self.slope * scores + self.offset, -700, 700)  # beyond that the exponential overflows
        result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-logits))
        return result

    def band(self, level: float) -> Band:
        """Return the band of a level; raises InputError naming those there are."""
        for band in self.bands:
            if math.isclose(band.level, level):
                return band
        known = ", ".join(f"{band.level:g}" for band in self.bands) or "none"
        raise InputError(f"no certainty level {level:g} in this model; it has: {known}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        bands = [band.to_dict() for band in self.bands]
        content: dict[str, Any] = {"slope": self.slope, "offset": self.offset, "threshold": self.threshold, "bands": bands}
        return content | ({"threshold_range": list(self.threshold_range)} if self.threshold_range else {})

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Calibration:
        """Read what `to_dict` wrote; raises KeyError, TypeError or ValueError on anything else."""
        values = {key: float(content[key]) for key in ("slope", "offset", "threshold")}
        if not all(math.isfinite(value) for value in values.values()):
            raise ValueError(f"calibration {dict(content)!r} is not finite")
        between = content.get("threshold_range")
        bands = tuple(Band.from_dict(band) for band in content["bands"])
        return cls(**values, bands=bands, threshold_range=(float(between[0]), float(between[1])) if between else None)


def prevalence_weights(truth: NDArray[np.bool_], prevalence: float | None) -> NDArray[np.float64]:
    """Return weights ``(n,)``, mean 1, under which a share ``prevalence`` of the records is positive.

    :param prevalence: wanted share, or None to leave the records as they are.
    """
    share = truth.mean() if len(truth) else 0.0
    if prevalence is None or share in (0.0, 1.0):
        return np.ones(len(truth))
    return np.where(truth, prevalence / share, (1 - prevalence) / (1 - share))


Thresholds = tuple[float, float, float]  # 5th percentile, median, 95th percentile
Finder = Callable[[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]], Thresholds]


def calibrate(
    scores: NDArray[np.float64],
    truth: NDArray[np.bool_],
    prevalence: float | None = None,
    find: Finder | None = None,
) -> Calibration:
    """Learn the calibration and the threshold of one frame.

    :param scores: raw out-of-fold scores, ``(n,)``.
    :param truth: ``(n,)``.
    :param prevalence: share of positives to expect in use, or None for that of the records.
    :param find: how the threshold is found, `stable_threshold` unless told.
    :return: the threshold has the best F1 under that prevalence; a frame without positives is never present.
    """
    if truth.all() or not truth.any():
        threshold = 0.5 if truth.any() else NEVER
        return Calibration(1.0, 0.0, threshold, tuple(Band(level, threshold, threshold) for level in LEVELS))
    from sklearn.linear_model import LogisticRegression

    weights = prevalence_weights(truth, prevalence)
    platt = LogisticRegression(C=1e6, solver="lbfgs", max_iter=1000).fit(scores[:, None], truth, sample_weight=weights)
    # Scores that rank backwards out of fold tell nothing: the answer is then the prevalence, whatever the text.
    fitted = Calibration(max(0.0, round(float(platt.coef_[0, 0]), 6)), round(float(platt.intercept_[0]), 6), 0.5)
    probabilities = fitted.probabilities(scores)
    low, threshold, high = (find or stable_threshold)(probabilities, truth, weights)
    return Calibration(fitted.slope, fitted.offset, threshold, bands(probabilities, truth, weights, threshold), (low, high))


def stable_threshold(probabilities: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]) -> Thresholds:
    """Return the 5th percentile, the median and the 95th percentile of the best thresholds of resampled records.

    F1 is flat around its top and the single best threshold jumps with a few records; the median does not.
    """
    return _resampled(lambda truth, _: truth, probabilities, truth, weights)


def unspread(probabilities: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]) -> Thresholds:
    """Return the one best threshold, for where it hardly matters."""
    best = best_threshold(probabilities, truth, weights)
    return best, best, best


def expected_threshold(probabilities: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]) -> Thresholds:
    """Return the threshold with the best F1 to be expected if the probabilities hold (Lipton et al. 2014), spread as above.

    With a few dozen positives the probabilities, which two numbers decide, are surer than the labels of those near a threshold.
    """
    return _resampled(lambda _, likely: likely, probabilities, truth, weights)


def _resampled(truth_of: Callable[[Any, Any], Any], probabilities: Any, truth: Any, weights: Any) -> Thresholds:
    """Return the spread of the best thresholds; records are sorted once, and a sample is how often each of them was drawn."""
    order = np.argsort(-probabilities, kind="stable")
    likely, truth, weights = probabilities[order], truth[order], weights[order]
    random = np.random.default_rng(0)
    found = []
    for _ in range(RESAMPLES):
        times = np.bincount(random.integers(0, len(truth), len(truth)), minlength=len(truth))
        drawn = times > 0
        if truth[drawn].any():
            told = truth_of(truth[drawn], likely[drawn])
            found.append(_best_of_sorted(likely[drawn], told, (weights * times)[drawn]))
    low, middle, high = np.percentile(found or [_best_of_sorted(likely, truth_of(truth, likely), weights)], [5, 50, 95])
    return round(float(low), 6), round(float(middle), 6), round(float(high), 6)


def best_threshold(probabilities: NDArray[np.float64], truth: NDArray[Any], weights: NDArray[np.float64]) -> float:
    """Return the threshold with the best weighted F1, in the middle of the gap that it falls into.

    :param truth: ``(n,)``, true or false, or how likely true.
    """
    order = np.argsort(-probabilities, kind="stable")
    return _best_of_sorted(probabilities[order], truth[order], weights[order])


def _best_of_sorted(probabilities: NDArray[np.float64], truth: NDArray[Any], weights: NDArray[np.float64]) -> float:
    hits, taken = np.cumsum(truth * weights), np.cumsum(weights)
    scores = 2 * hits / (taken + hits[-1])
    last_of_tie = np.append(np.diff(probabilities) != 0, True)
    best = int(np.argmax(np.where(last_of_tie, scores, -1.0)))
    below = probabilities[best + 1] if best + 1 < len(probabilities) else 0.0
    return float((probabilities[best] + below) / 2)


def nearest_prevalence(share: float, known: Collection[float]) -> float:
    """Return the known prevalence nearest to a share, by their odds.

    :raises InputError: when the share is none, or nothing is known.
    """
    if not 0 < share < 1:
        raise InputError(f"prevalence {share}: wanted a share between 0 and 1")
    if not known:
        raise InputError("this model keeps one prevalence only; train it anew (python train.py)")
    return min(known, key=lambda one: abs(_logit(one) - _logit(share)))


def estimate_prevalence(probabilities: NDArray[np.float64], prior: float) -> float:
    """Return the share of positives among unlabelled paragraphs (Saerens, Latinne and Decaestecker 2002).

    Expectation maximisation: probabilities that hold at the prior are moved to the share that they themselves add up to, until
    it stays.

    :param probabilities: of one frame, ``(n,)``.
    :param prior: the share at which they were calibrated.
    """
    share = prior
    odds = probabilities / np.maximum(1 - probabilities, 1e-12)
    for _ in range(1000):
        moved = odds * (share / (1 - share)) / (prior / (1 - prior))
        following = float(np.clip((moved / (1 + moved)).mean(), 1e-6, 1 - 1e-6))
        if abs(following - share) < 1e-9:
            break
        share = following
    return share


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def decide(scores: NDArray[np.float64], calibrations: Sequence[Calibration]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return probabilities and presence, each ``(n, n_frames)``; probabilities of a row need not sum to one."""
    columns = [calibration.probabilities(scores[:, k]) for k, calibration in enumerate(calibrations)]
    probabilities = np.stack(columns, axis=1) if columns else np.zeros((len(scores), 0))
    return probabilities, probabilities >= np.array([calibration.threshold for calibration in calibrations])

"""When an answer is certain, and why another one is not.

A promise at a level such as 0.9, learnt from out-of-fold probabilities at the prevalence that is expected in use, for text like
the corpus:

- *certainly present*: of all paragraphs that get this answer, at least the level's share have the frame (the lower end of a
  one-sided 90 % Wilson interval holds it);
- *certainly absent*: of all paragraphs that have the frame, at most one minus the level's share get this answer (split conformal
  with one class, Vovk 2012: the k-th smallest of n positives with k = floor((n + 1) (1 - level))).

What lies between is uncertain. How far the promise holds on other text is for the evaluation to say.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = (0.8, 0.9, 0.95)
DEFAULT_LEVEL = 0.9
ONE_SIDED_90 = 1.2816  # standard deviations
FEWEST_WORDS = 5
NEAR_THRESHOLD, TOO_SHORT, FAR, LANGUAGE = "near the threshold", "too short", "far from the training text", "language not supported"
REASONS = (LANGUAGE, FAR, TOO_SHORT, NEAR_THRESHOLD)  # in the order in which they are told


@dataclass(frozen=True, slots=True)
class Band:
    """Probabilities at one level: under ``low`` certainly absent, from ``high`` on certainly present, between them uncertain."""

    level: float
    low: float
    high: float

    def uncertain(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which probabilities lie between the certain answers."""
        between: NDArray[np.bool_] = (self.low <= probabilities) & (probabilities < self.high)
        return between

    def to_dict(self) -> dict[str, float]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Band:
        """Read what `to_dict` wrote; raises KeyError, TypeError or ValueError on anything else."""
        band = cls(*(float(content[key]) for key in ("level", "low", "high")))
        if not band.low <= band.high:
            raise ValueError(f"band {dict(content)!r} is upside down")
        return band


def bits(reasons: Collection[str]) -> int:
    """Return reasons as bits, each at its place in `REASONS`."""
    return sum(1 << i for i, reason in enumerate(REASONS) if reason in reasons)


def bands(probabilities: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64], threshold: float) -> tuple[Band, ...]:
    """Return the band of each level in `LEVELS`, around the threshold.

    :param probabilities: out of fold, ``(n,)``.
    :param weights: ``(n,)``, bringing the records to the prevalence expected in use.
    """
    return tuple(Band(level, *_band(probabilities, truth, weights, threshold, level)) for level in LEVELS)


def _band(
    probabilities: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64], threshold: float, level: float
) -> tuple[float, float]:
    positives = np.sort(probabilities[truth])
    rank = math.floor((len(positives) + 1) * (1 - level) + 1e-9)
    low = float(positives[rank - 1]) if rank else 0.0
    order = np.argsort(-probabilities, kind="stable")
    hits, taken = np.cumsum((truth * weights)[order]), np.cumsum(weights[order])
    effective = taken**2 / np.cumsum(weights[order] ** 2)  # Kish's sample size under weights
    good = wilson_low(hits / taken, effective) >= level
    last_of_tie = np.append(np.diff(probabilities[order]) != 0, True)
    enough = np.nonzero(good & last_of_tie)[0]
    high = float(probabilities[order][enough[-1]]) if len(enough) else 1.0 + 1e-9
    return round(min(low, threshold), 6), round(max(high, threshold), 6)


def wilson_low(share: NDArray[np.float64], n: NDArray[np.float64], z: float = ONE_SIDED_90) -> NDArray[np.float64]:
    """Return the lower end of Wilson's interval for a share of ``n`` cases."""
    centre = share + z * z / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low: NDArray[np.float64] = (centre - spread) / (1 + z * z / n)
    return low

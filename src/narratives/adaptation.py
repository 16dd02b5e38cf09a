"""A few hundred labelled paragraphs of a user's own kind, on top of the corpus.

The corpus' own scores become features beside the words of the new paragraphs ("Pred" of Daume III 2007, "Frustratingly Easy
Domain Adaptation"), so that little text has to say only where it differs. All of it is linear, so the sum of both is one
table of weights again: an adapted model scores as fast as any other.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import calibrate, frames
from narratives.calibrate import Calibration
from narratives.errors import InputError
from narratives.frames import FrameWithoutPositivesWarning, Learner
from narratives.training import OutOfFold, Training

# Chosen on halves of real text (benchmarks/own_labels.py): a small share leaves the penalty to decide how far the corpus is
# followed; the frame's own score counts more than those of the others.
OWN_SCORE, OTHER_SCORE = 0.1, 0.03
LEARNER = Learner("logistic", 30.0, True)
FEWEST = 10  # paragraphs of each frame in use below which nothing can be learnt or calibrated


@dataclass(frozen=True, slots=True)
class Adapted:
    """What adaptation gives: the frames' new weights ``(n_buckets, n_frames)``, biases and calibrations, and its out-of-fold answers."""

    weights: NDArray[np.float32]
    biases: tuple[float, ...]
    calibrations: tuple[Calibration, ...]
    answers: OutOfFold


def adapt(own: Training, weights: NDArray[np.float32], biases: tuple[float, ...], learner: Learner = LEARNER) -> Adapted:
    """Learn what a user's own paragraphs add to weights that were learnt elsewhere.

    :param own: the user's paragraphs, none of which the weights have seen.
    :param weights: ``(n_buckets, n_frames)``, learnt from the corpus.
    :param biases: ``(n_frames,)``.
    :raises InputError: when a frame has fewer than ten own examples, or fewer than ten paragraphs are without it.
    """
    positives = own.truth.sum(axis=0)
    for frame, n in zip(own.codebook.frame_ids, positives.tolist(), strict=True):
        if min(n, len(own.records) - n) < FEWEST:
            raise InputError(
                f"{n} of {len(own.records)} own paragraphs have {frame}; wanted at least {FEWEST} with and {FEWEST} without it. "
                "Label more, or give them with --corpus beside the others"
            )
    base = own.features @ weights.astype(np.float64) + np.array(biases)
    narrow, kept = frames.compact(own.features)
    scores = np.zeros(base.shape)
    for fold in np.unique(own.folds):
        held = own.folds == fold
        scores[held] = _stacked(narrow[held], base[held], _fit_all(narrow[~held], base[~held], own.truth[~held], learner))
    fitted = _fit_all(narrow, base, own.truth, learner)
    summed = weights.astype(np.float64) @ fitted.of_base
    summed[kept] += fitted.of_words
    new_biases = np.array(biases) @ fitted.of_base + fitted.biases
    answers = _answers(own, scores)
    return Adapted(summed.astype(np.float32), tuple(np.round(new_biases, 6).tolist()), _calibrations(scores, own.truth), answers)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Coefficients of the words ``(n_kept, n_frames)`` and of the corpus' scores ``(n_frames, n_frames)``, and biases."""

    of_words: NDArray[np.float64]
    of_base: NDArray[np.float64]
    biases: NDArray[np.float64]


def _fit_all(narrow: Any, base: NDArray[np.float64], truth: NDArray[np.bool_], learner: Learner) -> _Fitted:
    from scipy.sparse import csr_matrix, hstack

    n_words, n_frames = narrow.shape[1], truth.shape[1]
    fitted = _Fitted(np.zeros((n_words, n_frames)), np.zeros((n_frames, n_frames)), np.zeros(n_frames))
    for k in range(n_frames):
        shares = np.full(n_frames, OTHER_SCORE)
        shares[k] = OWN_SCORE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FrameWithoutPositivesWarning)  # a fold that lacks a rare frame is no news
            column, fitted.biases[k] = frames.fit(hstack([narrow, csr_matrix(base * shares)]).tocsr(), truth[:, k], learner)
        fitted.of_words[:, k], fitted.of_base[:, k] = column[:n_words], column[n_words:] * shares
    return fitted


def _stacked(narrow: Any, base: NDArray[np.float64], fitted: _Fitted) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = narrow @ fitted.of_words + base @ fitted.of_base + fitted.biases
    return scores


def _calibrations(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[Calibration, ...]:
    # The user's paragraphs are what the model is for, so their own share of frames is the one to expect.
    return tuple(calibrate.calibrate(scores[:, k], truth[:, k], None, calibrate.expected_threshold) for k in range(truth.shape[1]))


def _answers(own: Training, scores: NDArray[np.float64]) -> OutOfFold:
    """Return decisions on each fold by calibrations of the others."""
    probabilities, present = np.zeros_like(scores), np.zeros(scores.shape, dtype=bool)
    for fold in np.unique(own.folds):
        held = own.folds == fold
        probabilities[held], present[held] = calibrate.decide(scores[held], _calibrations(scores[~held], own.truth[~held]))
    return OutOfFold(scores, probabilities, present)

"""Grouped cross-validation: scores for every record from models that saw neither it nor its twins."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.frames import FrameWithoutPositivesWarning, Learner, compact, fit

FOLDS = 5


def assign_folds(groups: Sequence[str], n_folds: int = FOLDS, seed: int = 0) -> NDArray[np.int64]:
    """Put each record into a fold by its group, so that a paragraph and its twins never part.

    The groups are put in an order that depends on their names and the seed alone, then dealt out by size, so the folds
    stay even and adding a record moves few of the others.

    :return: fold numbers, ``(n_records,)``.
    """
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group] = sizes.get(group, 0) + 1
    order = sorted(sizes, key=lambda group: hashlib.sha256(f"{seed}/{group}".encode("utf-8", "surrogatepass")).digest())
    filled = [0] * n_folds
    fold_of = {}
    for group in order:
        fold = filled.index(min(filled))
        fold_of[group] = fold
        filled[fold] += sizes[group]
    return np.array([fold_of[group] for group in groups], dtype=np.int64)


def out_of_fold(
    features: Any,
    truth: NDArray[np.bool_],
    folds: NDArray[np.int64],
    learner: Learner,
    jobs: int = 1,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return raw scores ``(n_records, n_frames)`` from models that were fitted on the other folds.

    :param features: sparse ``(n_records, n_buckets)``.
    :param truth: ``(n_records, n_frames)``.
    :param folds: ``(n_records,)`` from `assign_folds`.
    :param weights: how much each record counts, ``(n_records,)``; None for all alike.
    """
    from joblib import Parallel, delayed

    narrow, _ = compact(features)
    tasks = [(fold, k) for fold in np.unique(folds) for k in range(truth.shape[1])]
    parts = Parallel(n_jobs=jobs)(delayed(_score_fold)(narrow, truth[:, k], folds, fold, learner, weights) for fold, k in tasks)
    scores = np.zeros(truth.shape, np.float64)
    for (fold, k), part in zip(tasks, parts, strict=True):
        scores[folds == fold, k] = part
    return scores


def _score_fold(
    features: Any,
    truth: NDArray[np.bool_],
    folds: NDArray[np.int64],
    fold: int,
    learner: Learner,
    record_weights: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    rest = folds != fold
    with warnings.catch_warnings():
        # Said once, for the whole corpus, by the final fit; a fold that lacks a rare frame is no news.
        warnings.simplefilter("ignore", FrameWithoutPositivesWarning)
        weights, bias = fit(features[rest], truth[rest], learner, weights=None if record_weights is None else record_weights[rest])
    scores: NDArray[np.float64] = features[~rest] @ weights + bias
    return scores

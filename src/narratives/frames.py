"""One linear model a frame, learnt by scikit-learn from hashed features.

The matrix that is learnt from holds the very values that `narratives.features.kernel.add_scores` multiplies: each event
counts with the scale of its group.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.features import EventTable, FeatureSettings, kernel

FRAME_WITHOUT_POSITIVES = -20.0  # the bias of a frame that was never seen: a probability of about 2e-9


class FrameWithoutPositivesWarning(UserWarning):
    """A frame of the codebook has no positive example, or nothing else; it will never be predicted, or always."""


@dataclass(frozen=True, slots=True)
class Learner:
    """What learns the weights, and how strongly it may bend to the data.

    :param kind: ``logistic`` or ``svm`` (squared hinge), both from liblinear, both with an L2 penalty.
    :param strength: inverse of the penalty, scikit-learn's ``C``.
    :param balanced: whether positives weigh as much as negatives.
    """

    kind: str = "logistic"
    strength: float = 10.0
    balanced: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    def __str__(self) -> str:
        """Return a short name for tables."""
        return f"{self.kind} C={self.strength:g}{' balanced' if self.balanced else ''}"


# What `train.py` tries; the one whose cross-validated probabilities have the least log loss is kept. A squared hinge ranks a
# little better within the corpus, but its probabilities do not carry over to other text (docs/accuracy.md), so it is not tried;
# nor are unbalanced classes, which never came out ahead and double the time.
CANDIDATES = tuple(Learner("logistic", strength) for strength in (3.0, 10.0, 30.0, 100.0))


def matrix(table: EventTable, settings: FeatureSettings, groups: int = kernel.ALL_GROUPS, n_columns: int | None = None) -> Any:
    """Return the features of each text, a sparse ``(n_texts, n_columns)`` matrix.

    :param groups: bit mask of the groups of features that count.
    :param n_columns: a power of two, by default one column a bucket; a bucket's column is its remainder.
    """
    from scipy.sparse import csr_matrix

    n_texts, n_columns = len(table.ends), n_columns or settings.n_buckets
    ends = table.ends.reshape(-1)  # group after group, text after text
    scales = [scale * (groups >> group & 1) for group, scale in enumerate(settings.scales)]
    values = np.repeat(np.tile(scales, n_texts), np.diff(ends, prepend=0))
    columns = (table.bucket & (n_columns - 1)).astype(np.int32)
    indptr = np.concatenate([[0], table.ends[:, -1]])
    result = csr_matrix((values, columns, indptr), shape=(n_texts, n_columns))
    result.sum_duplicates()
    result.eliminate_zeros()
    return result


def targets(frames_of: Sequence[frozenset[str]], frame_ids: Sequence[str]) -> NDArray[np.bool_]:
    """Return which frames each record has, ``(n_records, n_frames)``."""
    return np.array([[frame in present for frame in frame_ids] for present in frames_of], dtype=bool).reshape(-1, len(frame_ids))


def fit(
    features: Any, truth: NDArray[np.bool_], learner: Learner, name: str = "frame", weights: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], float]:
    """Learn one frame.

    :param features: sparse ``(n_texts, n_columns)``.
    :param truth: ``(n_texts,)``.
    :param name: said in the warning when there is nothing to tell apart.
    :param weights: how much each text counts, ``(n_texts,)``; None for all alike.
    :return: weights ``(n_columns,)`` and the bias.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    if truth.all() or not truth.any():
        what = "only positive" if truth.any() else "no positive"
        warnings.warn(
            f"{name}: {what} examples; it will be predicted {'always' if truth.any() else 'never'}",
            FrameWithoutPositivesWarning,
            stacklevel=2,
        )
        return np.zeros(features.shape[1]), -FRAME_WITHOUT_POSITIVES if truth.any() else FRAME_WITHOUT_POSITIVES
    # A loose tolerance: the weights agree with those of a tight one to 0.9999 in correlation, at a twentieth of the time.
    common = {"C": learner.strength, "class_weight": "balanced" if learner.balanced else None, "dual": True, "random_state": 0, "tol": 1e-2}
    model = (
        LogisticRegression(solver="liblinear", max_iter=1000, **common)
        if learner.kind == "logistic"
        else LinearSVC(max_iter=5000, **common)
    )
    model.fit(features, truth, sample_weight=weights)
    return model.coef_[0].astype(np.float64), float(model.intercept_[0])


def compact(features: Any) -> tuple[Any, NDArray[np.int64]]:
    """Drop the columns that no text uses; returns the narrow matrix and which columns were kept."""
    kept = np.unique(features.indices)
    return features[:, kept], kept

"""What is said of a frame that is present: its voice and its sub-frame, each one choice among few.

A head is learnt from the paragraphs that have the frame, by what stands in the whole paragraph and, counted once more, in the
sentences that carry the frame. Each class has one linear score, and the probabilities are a softmax whose sharpness is learnt
out of fold. Voices have one head for all frames, since who says an idea hardly depends on the idea and
pooling triples the examples; sub-frames have one a frame.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.frames import FrameWithoutPositivesWarning, Learner, compact, fit

VOICE = "voice"  # name of the head of voices; those of sub-frames are named after their frames
VIEWS = 2  # the whole paragraph, and the sentences that carry the frame
N_ROWS = 1 << 15  # of the table of weights; the heads' few features seldom meet in it
SHARPNESS = (0.25, 8.0)
LEARNER = Learner("logistic", 3.0, True)


@dataclass(frozen=True, slots=True)
class Head:
    """One choice: its classes in the codebook's order, their biases, and how sharp the softmax is.

    :param first: column of the first class in the table of weights.
    """

    name: str
    classes: tuple[str, ...]
    biases: tuple[float, ...]
    sharpness: float
    first: int

    @property
    def columns(self) -> slice:
        """Columns of the classes."""
        return slice(self.first, self.first + len(self.classes))

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each class from the raw sums of the head's columns, ``(n, n_classes)``; rows sum to one."""
        return softmax(self.sharpness * (scores + np.array(self.biases)))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "name": self.name,
            "classes": list(self.classes),
            "biases": list(self.biases),
            "sharpness": self.sharpness,
            "first": self.first,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Head:
        """Read what `to_dict` wrote; raises KeyError, TypeError or ValueError on anything else."""
        head = cls(
            str(content["name"]),
            tuple(map(str, content["classes"])),
            tuple(map(float, content["biases"])),
            float(content["sharpness"]),
            int(content["first"]),
        )
        if len(head.classes) != len(head.biases) or not head.classes or head.first < 0:
            raise ValueError(f"head {head.name!r} does not fit together")
        return head


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples of one head: rows of the corpus, the frame that is spoken of (its column), and the class of each."""

    name: str
    classes: tuple[str, ...]
    rows: NDArray[np.int64]
    frames: NDArray[np.int64]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Learnt:
    """A head with its weights ``(VIEWS, N_ROWS, n_classes)``, and the probabilities of its examples from folds that did not see them."""

    head: Head
    weights: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    examples: Examples


def learn(examples: Examples, features: Any, folds: NDArray[np.int64], first: int, learner: Learner = LEARNER) -> Learnt:
    """Learn one head.

    :param features: sparse ``(n_examples, VIEWS * N_ROWS)``: the whole paragraph beside the sentences that carry the frame.
    :param folds: fold of each record, ``(n_records,)``.
    :param first: column of its first class.
    """
    narrow, kept = compact(features)
    fold_of = folds[examples.rows]
    n = len(examples.classes)
    held_out = np.zeros((len(examples.rows), n))
    for fold in np.unique(fold_of):
        held = fold_of == fold
        columns, biases = _fit(narrow[~held], examples.labels[~held], n, learner)
        held_out[held] = narrow[held] @ columns + biases
    sharpness = _sharpness(held_out, examples.labels)
    columns, biases = _fit(narrow, examples.labels, n, learner)
    weights = np.zeros((features.shape[1], n))
    weights[kept] = columns
    head = Head(examples.name, examples.classes, tuple(round(float(bias), 6) for bias in biases), sharpness, first)
    return Learnt(head, weights.reshape(VIEWS, N_ROWS, n), softmax(sharpness * held_out), examples)


def _fit(features: Any, labels: NDArray[np.int64], n: int, learner: Learner) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FrameWithoutPositivesWarning)  # a class that a fold lacks is just never chosen there
        parts = [fit(features, labels == k, learner) for k in range(n)]
    return np.stack([weights for weights, _ in parts], axis=1), np.array([bias for _, bias in parts])


def _sharpness(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the factor on the scores under which the true classes are likeliest (temperature scaling, Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar

    def loss(sharpness: float) -> float:
        likely = softmax(sharpness * scores)[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(likely, 1e-12)).mean())

    if not len(labels):
        return 1.0
    return round(float(minimize_scalar(loss, bounds=SHARPNESS, method="bounded").x), 4)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities of each row of ``(n, n_classes)``, equal to the bit whatever other rows there are."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(logits) else logits
    total = np.zeros(len(logits))
    for column in powers.T:  # numpy's own sum may take another order for one row than for many
        total = total + column
    result: NDArray[np.float64] = powers / total[:, None]
    return result

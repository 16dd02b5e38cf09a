"""The baseline that anybody would try first: TF-IDF and logistic regression, trained and calibrated as ours is."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import calibrate, folds, frames
from narratives.codebook import Codebook
from narratives.evaluation.answers import Answers, answers_from
from narratives.frames import Learner
from narratives.records import Record
from narratives.text import normalise

Scores = NDArray[np.float64]
Fitted = list[tuple[NDArray[np.float64], float]]  # weights and bias of each frame
STRENGTH = 30.0  # the best of 3, 30 and 300 out of fold on the corpus (benchmarks/peers.py)


class Tfidf:
    """Word 1-2-grams and character 3-5-grams within words, TF-IDF, one logistic regression a frame, from scikit-learn.

    It is grouped, weighted, calibrated and given thresholds exactly as our model, so that the difference is one of features.
    """

    def __init__(self, corpus: Sequence[Record], codebook: Codebook, prevalence: float | None = None, seed: int = 0, jobs: int = 1) -> None:
        """Remember what to train on; training waits until answers are asked for.

        :param prevalence: expected in use, as for `narratives.training.TrainingSettings`.
        :param seed: decides the folds.
        :param jobs: processes.
        """
        self._corpus, self._codebook = list(corpus), codebook
        self._prevalence, self._jobs = prevalence, jobs
        self._truth = frames.targets([record.frames for record in corpus], codebook.frame_ids)
        self._weights = np.array([record.weight for record in corpus])
        self._texts = np.array([normalise(record.text).text for record in corpus], dtype=object)
        self._folds = folds.assign_folds([record.group for record in corpus], seed=seed)

    def out_of_fold(self) -> Answers:
        """Answer each record of the corpus from models and thresholds that saw neither it nor its twins."""
        probabilities, present = calibrate.out_of_fold(self._held_out, self._truth, self._folds, self._prevalence)
        return answers_from(self._corpus, self._codebook, probabilities, present)

    def answers(self, records: Sequence[Record]) -> Answers:
        """Answer other records, after training on the whole corpus."""
        union, fitted = self._whole
        features = union.transform([normalise(record.text).text for record in records])
        scores = _scored(features, fitted)
        columns = zip(self._held_out.T, self._truth.T, strict=True)
        probabilities, present = calibrate.decide(scores, [calibrate.calibrate(s, t, self._prevalence) for s, t in columns])
        return answers_from(records, self._codebook, probabilities, present)

    @cached_property
    def _held_out(self) -> Scores:
        """Raw scores of the corpus out of fold, ``(n, n_frames)``."""
        from joblib import Parallel, delayed

        parts = [self._folds == fold for fold in np.unique(self._folds)]
        found = Parallel(n_jobs=self._jobs)(
            delayed(tfidf_scores)(self._texts[~held], self._texts[held], self._truth[~held], self._weights[~held]) for held in parts
        )
        scores = np.zeros(self._truth.shape)
        for held, part in zip(parts, found, strict=True):
            scores[held] = part
        return scores

    @cached_property
    def _whole(self) -> tuple[Any, Fitted]:
        union = _vectorizer()
        return union, _learnt(union.fit_transform(self._texts), self._truth, self._weights, STRENGTH)


def tfidf_scores(texts: Any, others: Any, truth: NDArray[np.bool_], weights: Scores, strength: float = STRENGTH) -> Scores:
    """Train on texts and score others, ``(n_others, n_frames)``; texts in their normalised form.

    :param truth: ``(n_texts, n_frames)``.
    :param weights: how much each text counts, ``(n_texts,)``.
    """
    union = _vectorizer()
    return linear_scores(union.fit_transform(texts), truth, weights, union.transform(others), strength)


def linear_scores(train: Any, truth: NDArray[np.bool_], weights: Scores, test: Any, strength: float) -> Scores:
    """Learn one logistic regression a frame on any features and score, ``(n_tested, n_frames)``."""
    return _scored(test, _learnt(train, truth, weights, strength))


def _vectorizer() -> Any:
    """Return the vectorizer, not yet fitted."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    common = {"sublinear_tf": True, "min_df": 2}
    words, parts = TfidfVectorizer(ngram_range=(1, 2), **common), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), **common)
    return make_union(words, parts)


def _learnt(matrix: Any, truth: NDArray[np.bool_], weights: Scores, strength: float) -> Fitted:
    with warnings.catch_warnings():  # the model itself warns of a frame that the corpus lacks
        warnings.simplefilter("ignore", frames.FrameWithoutPositivesWarning)
        return [frames.fit(matrix, column, Learner("logistic", strength, True), weights=weights) for column in truth.T]


def _scored(matrix: Any, fitted: Fitted) -> Scores:
    return np.stack([matrix @ columns + bias for columns, bias in fitted], axis=1)

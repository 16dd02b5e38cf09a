"""What a user could have without us: TF-IDF and a logistic regression of scikit-learn, trained on the same corpus, decided alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import folds, frames
from narratives.calibrate import decide
from narratives.codebook import Codebook
from narratives.evaluation.answers import Answers
from narratives.frames import Learner
from narratives.records import Record
from narratives.training import calibrated, decided

STRENGTH = 300.0  # of 3, 30 and 300 the best average precision out of fold (benchmarks/peers.py)
RAREST = 2  # a term of one text only tells nothing of others

Scores = NDArray[np.float64]


def answers_of_tfidf(
    records: Sequence[Record], codebook: Codebook, corpus: Sequence[Record], prevalence: float | None, jobs: int = 1
) -> Answers:
    """Answer with TF-IDF over words, word pairs and characters, one logistic regression a frame.

    Thresholds and probabilities come from out-of-fold scores on the corpus, by the very rule of our own training.

    :param records: what is answered: the corpus itself, out of fold, or other paragraphs.
    :param prevalence: share of paragraphs with a frame that is expected; None: as in the corpus.
    """
    from joblib import Parallel, delayed

    truth = frames.targets([record.frames for record in corpus], codebook.frame_ids)
    texts, weights = [record.text for record in corpus], np.array([record.weight for record in corpus])
    fold_of = folds.assign_folds([record.group for record in corpus])
    held_out = np.zeros(truth.shape)
    parts = [(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)) for fold in np.unique(fold_of)]
    found = Parallel(n_jobs=jobs)(
        delayed(tfidf_scores)([texts[i] for i in rest], truth[rest], weights[rest], [texts[i] for i in held]) for rest, held in parts
    )
    for (_, held), scores in zip(parts, found, strict=True):
        held_out[held] = scores
    if [record.id for record in records] == [record.id for record in corpus]:
        answers = decided(held_out, truth, fold_of, prevalence)
        return Answers(tuple(records), codebook.frame_ids, answers.probabilities, answers.present, truth)
    scores = tfidf_scores(texts, truth, weights, [record.text for record in records])
    probabilities, present = decide(scores, calibrated(held_out, truth, prevalence))
    return Answers(
        tuple(records), codebook.frame_ids, probabilities, present, frames.targets([r.frames for r in records], codebook.frame_ids)
    )


def tfidf_scores(
    texts: Sequence[str], truth: NDArray[np.bool_], weights: NDArray[np.float64], others: Sequence[str], strength: float = STRENGTH
) -> Scores:
    """Train on texts and score others, ``(n_others, n_frames)``: words, word pairs and 3 to 5 characters within words.

    :param truth: ``(n_texts, n_frames)``.
    :param weights: how much each text counts, ``(n_texts,)``.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=RAREST),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=RAREST),
    )
    return linear_scores(union.fit_transform(texts), truth, weights, union.transform(others), strength)


def linear_scores(train: Any, truth: NDArray[np.bool_], weights: NDArray[np.float64], test: Any, strength: float) -> Scores:
    """Learn one logistic regression a frame and score, ``(n_tested, n_frames)``."""
    fitted = [frames.fit(train, column, Learner("logistic", strength, True), weights=weights) for column in truth.T]
    return np.stack([test @ coefficients + bias for coefficients, bias in fitted], axis=1)

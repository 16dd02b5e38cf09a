"""Own paragraphs on top of the corpus: a few dozen must turn what the corpus got wrong, and the sum must be one linear model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from narratives.adaptation import adapt
from narratives.calibrate import best_threshold, calibrate, expected_threshold
from narratives.codebook import Codebook, Frame
from narratives.errors import InputError
from narratives.features import FeatureSettings
from narratives.frames import Learner
from narratives.metrics import macro_f1
from narratives.records import Label, Record
from narratives.training import Training, TrainingSettings

SETTINGS = TrainingSettings(features=FeatureSettings(bits=12), prevalence=None)
LEARNER = Learner("logistic", 10.0, True)


def one_frame(toy_codebook: Codebook) -> Codebook:
    frame: Frame = toy_codebook.frames[0]
    return replace(toy_codebook, frames=(frame,))


def records(codebook: Codebook, sign: str, other: str, n: int, start: int = 0) -> list[Record]:
    """Half of the texts carry the frame, and one word tells which."""
    random = np.random.default_rng(start)
    out = []
    for i in range(n):
        words = " ".join(f"w{random.integers(0, 40)}" for _ in range(8))
        labels = (Label(codebook.frame_ids[0]),) if i % 2 else ()
        out.append(Record(f"{start}-{i}", "en", f"{words} {sign if i % 2 else other}", labels, {}))
    return out


def test_own_paragraphs_turn_what_the_corpus_has_wrong(toy_codebook):
    codebook = one_frame(toy_codebook)
    corpus = Training(records(codebook, "alpha", "beta", 200), codebook, SETTINGS)
    own = Training(records(codebook, "beta", "alpha", 80, 1), codebook, SETTINGS)
    new = Training(records(codebook, "beta", "alpha", 80, 2), codebook, SETTINGS)
    weights, biases = corpus.frame_weights(LEARNER)
    before = new.features @ weights.astype(float) + np.array(biases) > 0
    adapted = adapt(own, weights, biases)
    after = adapted.calibrations[0].probabilities((new.features @ adapted.weights.astype(float))[:, 0] + adapted.biases[0])
    assert macro_f1(new.truth, before) < 0.2
    assert macro_f1(new.truth, (after >= adapted.calibrations[0].threshold)[:, None]) > 0.9


def test_what_the_corpus_knows_is_kept_where_own_text_is_silent(toy_codebook):
    codebook = one_frame(toy_codebook)
    corpus = Training(records(codebook, "alpha", "beta", 200), codebook, SETTINGS)
    own = Training(records(codebook, "alpha", "beta", 20, 1), codebook, SETTINGS)
    weights, biases = corpus.frame_weights(LEARNER)
    adapted = adapt(own, weights, biases)
    assert adapted.weights.shape == weights.shape
    assert np.corrcoef(adapted.weights[:, 0], weights[:, 0])[0, 1] > 0.5
    assert macro_f1(own.truth, adapted.answers.present) > 0.9


def test_too_few_own_examples_are_refused(toy_codebook):
    codebook = one_frame(toy_codebook)
    own = Training(records(codebook, "alpha", "beta", 12), codebook, SETTINGS)
    with pytest.raises(InputError, match="6 of 12 own paragraphs have"):
        adapt(own, np.zeros((1 << 12, 1), np.float32), (0.0,))


def test_weights_count_like_repeated_records(toy_codebook):
    codebook = one_frame(toy_codebook)
    texts = records(codebook, "alpha", "beta", 40) + records(codebook, "beta", "alpha", 40, 1)
    heavy = Training(texts, codebook, SETTINGS, np.r_[np.full(40, 3.0), np.ones(40)])
    signs = Training(records(codebook, "alpha", "beta", 40, 2), codebook, SETTINGS)

    def f1(training):
        weights, biases = training.frame_weights(LEARNER)
        return macro_f1(signs.truth, signs.features @ weights.astype(float) + np.array(biases) > 0)

    light = Training(texts, codebook, SETTINGS, np.r_[np.ones(40), np.full(40, 3.0)])
    assert f1(heavy) > 0.7 > 0.3 > f1(light)


def test_the_expected_threshold_is_the_best_one_where_probabilities_hold():
    random = np.random.default_rng(0)
    scores = random.normal(-2, 2, 20_000)
    truth = random.random(20_000) < 1 / (1 + np.exp(-scores))
    found = calibrate(scores, truth, None, expected_threshold)
    best = best_threshold(found.probabilities(scores), truth, np.ones(len(truth)))
    assert found.threshold == pytest.approx(best, abs=0.03)

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


def right(adapted, training):
    """F1 of an adapted model's frame on other paragraphs."""
    scores = (training.features @ adapted.weights.astype(float))[:, 0] + adapted.biases[0]
    return macro_f1(training.truth, (adapted.calibrations[0].probabilities(scores) >= adapted.calibrations[0].threshold)[:, None])


def test_both_the_own_words_and_the_corpus_are_in_the_sum(toy_codebook):
    codebook = one_frame(toy_codebook)
    own = Training(records(codebook, "alpha", "beta", 60, 1), codebook, SETTINGS)
    nothing = np.zeros((1 << 12, 1), np.float32), (0.0,)
    assert right(adapt(own, *nothing), Training(records(codebook, "alpha", "beta", 60, 2), codebook, SETTINGS)) > 0.9
    corpus = Training(records(codebook, "alpha", "beta", 100) + records(codebook, "gamma", "delta", 100, 3), codebook, SETTINGS)
    elsewhere = Training(records(codebook, "gamma", "delta", 60, 4), codebook, SETTINGS)  # words that own text never has
    assert right(adapt(own, *corpus.frame_weights(LEARNER)), elsewhere) > 0.9
    assert right(adapt(own, *nothing), elsewhere) < 0.8


def test_weights_count_out_of_fold_too(toy_codebook):
    codebook = one_frame(toy_codebook)
    one, other = records(codebook, "alpha", "beta", 40), records(codebook, "beta", "alpha", 40, 1)
    training = Training([*(record.weighing(5.0) for record in one), *other], codebook, SETTINGS)
    present = training.scores(LEARNER) > 0
    assert macro_f1(training.truth[:40], present[:40]) > 0.7 > 0.3 > macro_f1(training.truth[40:], present[40:])


def test_too_few_own_examples_are_refused(toy_codebook):
    codebook = one_frame(toy_codebook)
    own = Training(records(codebook, "alpha", "beta", 12), codebook, SETTINGS)
    with pytest.raises(InputError, match="6 of 12 own paragraphs have"):
        adapt(own, np.zeros((1 << 12, 1), np.float32), (0.0,))


def test_weights_count_like_repeated_records(toy_codebook):
    codebook = one_frame(toy_codebook)
    one, other = records(codebook, "alpha", "beta", 40), records(codebook, "beta", "alpha", 40, 1)
    heavy = Training([*(record.weighing(3.0) for record in one), *other], codebook, SETTINGS)
    signs = Training(records(codebook, "alpha", "beta", 40, 2), codebook, SETTINGS)

    def f1(training):
        weights, biases = training.frame_weights(LEARNER)
        return macro_f1(signs.truth, signs.features @ weights.astype(float) + np.array(biases) > 0)

    light = Training([*one, *(record.weighing(3.0) for record in other)], codebook, SETTINGS)
    assert f1(heavy) > 0.7 > 0.3 > f1(light)


def test_the_expected_threshold_is_the_best_one_where_probabilities_hold():
    random = np.random.default_rng(0)
    scores = random.normal(-2, 2, 20_000)
    truth = random.random(20_000) < 1 / (1 + np.exp(-scores))
    found = calibrate(scores, truth, None, expected_threshold)
    best = best_threshold(found.probabilities(scores), truth, np.ones(len(truth)))
    assert found.threshold == pytest.approx(best, abs=0.03)

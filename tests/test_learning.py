"""Folds, calibration and measures: what they promise, with scikit-learn as the oracle where it has the same measure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives import calibrate, folds, metrics
from narratives.errors import InputError
from narratives.frames import FrameWithoutPositivesWarning
from narratives.records import Label, Record
from narratives.scorer import Model
from narratives.training import Training, cross_validation_figures
from tests.conftest import SMALL, bundle_of


def test_twins_never_straddle_folds():
    groups = [f"pair-{i % 37}" for i in range(200)]
    assigned = folds.assign_folds(groups)
    for group in set(groups):
        assert len({int(fold) for fold, name in zip(assigned, groups, strict=True) if name == group}) == 1
    sizes = np.bincount(assigned, minlength=folds.FOLDS)
    assert sizes.max() - sizes.min() <= 6
    assert (assigned == folds.assign_folds(groups)).all()


def test_out_of_fold_scores_come_from_models_that_did_not_see_the_record(toy_training):
    """Turning the labels of one fold round must leave the scores of that very fold as they are."""
    learner = SMALL.candidates[0]
    before = toy_training.scores(learner)
    truth = toy_training.truth.copy()
    held = toy_training.folds == 0
    truth[held] = ~truth[held]
    after = folds.out_of_fold(toy_training.features, truth, toy_training.folds, learner)
    assert (before[held] == after[held]).all()
    assert (before[~held] != after[~held]).any()


def test_relabelling_frames_only_renames_scores(toy_training):
    learner = SMALL.candidates[0]
    scores = toy_training.scores(learner)
    swapped = folds.out_of_fold(toy_training.features, toy_training.truth[:, ::-1], toy_training.folds, learner)
    assert (scores == swapped[:, ::-1]).all()


def test_a_frame_without_positives_warns_and_trains(toy_records, toy_codebook):
    records = [Record(r.id, r.lang, r.text, tuple(x for x in r.labels if x.frame != "pollution"), r.fields) for r in toy_records]
    training = Training(records, toy_codebook, SMALL)
    learner, table = training.choose()
    answers = training.out_of_fold(learner)
    with pytest.warns(FrameWithoutPositivesWarning, match="pollution: no positive"):
        model = Model(training.bundle("1.0.0", learner, answers, training.facts(learner, table, answers)))
    reading = model.score("Sewage in the brook")
    assert not reading.frames["pollution"].present
    assert reading.frames["pollution"].probability < 1e-6
    assert math.isnan(cross_validation_figures(training, answers)["f1/all/pollution"].value)


def test_all_positive_frame_is_always_present(toy_records, toy_codebook):
    both = (Label("shortage"), Label("pollution", "sewage"))
    records = [Record(r.id, r.lang, r.text, both, r.fields) for r in toy_records]
    training = Training(records, toy_codebook, SMALL)
    learner, table = training.choose()
    with pytest.warns(FrameWithoutPositivesWarning, match="only positive"):
        model = Model(bundle_of(training, learner, table))
    assert model.score("anything").present == ("shortage", "pollution")


def test_calibration_recovers_known_odds():
    random = np.random.default_rng(0)
    scores = random.normal(size=20_000)
    truth = random.random(20_000) < 1 / (1 + np.exp(-(2 * scores - 1)))
    found = calibrate.calibrate(scores, truth)
    assert found.slope == pytest.approx(2, abs=0.1)
    assert found.offset == pytest.approx(-1, abs=0.1)
    assert metrics.calibration_error(truth, found.probabilities(scores)) < 0.02


def test_prevalence_moves_probabilities_to_the_world():
    random = np.random.default_rng(0)
    truth = random.random(20_000) < 0.5
    scores = random.normal(size=20_000) + 2.0 * truth
    rare = calibrate.calibrate(scores, truth, prevalence=0.1)
    keep = ~truth | (random.random(20_000) < 0.111)  # a world with one in ten
    assert truth[keep].mean() == pytest.approx(0.1, abs=0.01)
    assert metrics.calibration_error(truth[keep], rare.probabilities(scores[keep])) < 0.02
    even = calibrate.calibrate(scores, truth)
    world = [metrics.f1(truth[keep], c.probabilities(scores[keep]) >= c.threshold) for c in (rare, even)]
    assert world[0] > world[1]


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_best_threshold_is_the_best(pairs):
    probabilities = np.array([p / 7 for p, _ in pairs])
    truth = np.array([t for _, t in pairs])
    if not truth.any():
        return
    threshold = calibrate.best_threshold(probabilities, truth, np.ones(len(pairs)))
    best = max(metrics.f1(truth, probabilities >= cut) for cut in probabilities)
    assert metrics.f1(truth, probabilities >= threshold) == pytest.approx(best)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_measures_are_those_of_scikit_learn(pairs):
    import sklearn.metrics as oracle

    scores, truth = np.array([float(s) for s, _ in pairs]), np.array([t for _, t in pairs])
    predicted = scores >= 3
    if truth.any():
        assert metrics.average_precision(truth, scores) == pytest.approx(oracle.average_precision_score(truth, scores))
        assert metrics.f1(truth, predicted) == pytest.approx(oracle.f1_score(truth, predicted, zero_division=0))
        assert metrics.recall(truth, predicted) == pytest.approx(oracle.recall_score(truth, predicted))
    else:
        assert math.isnan(metrics.average_precision(truth, scores))
        assert math.isnan(metrics.f1(truth, predicted))
        assert math.isnan(metrics.recall(truth, predicted))
    probabilities = scores / 6 + 0.05
    ones = np.ones(len(truth))
    assert metrics.log_loss(truth, probabilities, ones) == pytest.approx(oracle.log_loss(truth, probabilities, labels=[False, True]))
    if predicted.any():
        assert metrics.precision(truth, predicted) == pytest.approx(oracle.precision_score(truth, predicted))
    else:
        assert math.isnan(metrics.precision(truth, predicted))


def test_bootstrap_draws_groups_whole():
    """With all rows in two groups, each all right or all wrong, only draws of whole groups give 0, 1/2 and 1."""
    hits = np.array([1.0] * 10 + [0.0] * 10)
    seen = set()

    def measure(rows):
        seen.add(float(hits[rows].mean()))
        return float(hits[rows].mean())

    figure = metrics.bootstrap(measure, ["a"] * 10 + ["b"] * 10, draws=100)
    assert seen == {0.0, 0.5, 1.0}
    assert figure.value == 0.5
    assert (figure.low, figure.high) == (0.0, 1.0)
    assert figure.to_dict()["n"] == 20


def test_undefined_is_none_in_json():
    assert metrics.Figure(math.nan).to_dict() == {"value": None, "low": None, "high": None, "n": 0}


def test_prevalence_is_recovered_from_unlabelled_scores():
    """Counting what is present fails where frames are rarer than in training; expectation maximisation does not."""
    random = np.random.default_rng(0)
    for share in (0.02, 0.1, 0.4):
        truth = random.random(20_000) < share
        scores = random.normal(np.where(truth, 1.5, -1.5), 1.0)  # the log-odds are 3 x score plus those of the prior
        prior = 0.2
        probabilities = 1 / (1 + np.exp(-(3 * scores + np.log(prior / (1 - prior)))))
        assert calibrate.estimate_prevalence(probabilities, prior) == pytest.approx(share, abs=0.01)
    assert abs((probabilities >= 0.5).mean() - share) > 0.01


def test_a_model_scores_at_the_nearest_prevalence_it_keeps(toy_bundle):
    usual, rare, common = (Model(toy_bundle, prevalence=share) for share in (None, 0.012, 0.3))
    texts = ["The water ran out in the upper streets.", "A market was held."]
    assert usual.calibrations == toy_bundle.calibrations
    assert rare.calibrations == toy_bundle.at_prevalence[0.01]
    assert common.calibrations == toy_bundle.at_prevalence[0.35]
    assert calibrate.nearest_prevalence(0.148, calibrate.PREVALENCES) == 0.2  # by odds; by difference it would be 0.1
    assert (rare.decisions(texts)[0] <= common.decisions(texts)[0]).all()
    mixed = Model(toy_bundle, prevalence=[0.01] + [0.35] * (len(toy_bundle.calibrations) - 1))
    assert mixed.calibrations[0] == toy_bundle.at_prevalence[0.01][0]
    assert mixed.calibrations[1:] == toy_bundle.at_prevalence[0.35][1:]
    with pytest.raises(InputError, match="between 0 and 1"):
        Model(toy_bundle, prevalence=1.0)


def test_the_spread_of_thresholds_is_that_of_records_drawn_again():
    """The long way round: every sample sorted anew."""
    random = np.random.default_rng(5)
    truth = random.random(300) < 0.3
    probabilities = np.round(np.clip(random.normal(0.3 + 0.3 * truth, 0.2), 0, 1), 2)  # with ties
    weights = np.where(truth, 0.5, 1.2)
    order = np.argsort(-probabilities, kind="stable")  # samples are drawn from the sorted records
    again, found = np.random.default_rng(0), []
    for _ in range(calibrate.RESAMPLES):
        drawn = order[again.integers(0, 300, 300)]
        found.append(calibrate.best_threshold(probabilities[drawn], truth[drawn], weights[drawn]))
    np.testing.assert_allclose(calibrate.stable_threshold(probabilities, truth, weights), np.percentile(found, [5, 50, 95]), atol=1e-6)


def test_no_score_overflows():
    with np.errstate(over="raise"):
        assert calibrate.Calibration(10.0, 0.0, 0.5).probabilities(np.array([-1e6, 0.0, 1e6])).round(6).tolist() == [0.0, 0.5, 1.0]

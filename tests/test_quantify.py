"""Shares corrected for the classifier's errors: right on average, honest about their doubt, silent where nothing can be said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives.quantify import Rates, count, design_effect, onto_simplex, shares
from tests.conftest import SMALL

FALSE_ALARMS = np.array([0.95, 0.03, 0.015, 0.005])  # answers to paragraphs without the frame: absent, then three voices
ANSWERS = np.array([[0.3, 0.55, 0.1, 0.05], [0.25, 0.2, 0.5, 0.05], [0.35, 0.2, 0.1, 0.35]])  # to those of each true voice
MIX = np.array([0.6, 0.3, 0.1])
NOBODY = np.zeros((0, 2), np.int64)
SAMPLES = 200


def rates_of(n, without=FALSE_ALARMS, by_voice=ANSWERS, mix=MIX):
    having = np.round(by_voice * mix[:, None] * n).astype(int)
    return Rates(np.round(without * n).astype(int), having.sum(axis=0), having)


def binary(without, having):
    return Rates(np.array(without), np.array(having), NOBODY)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.9, 1.0])
def test_expected_counts_lead_back_to_the_shares_that_they_come_from(share):
    expected = (1 - share) * FALSE_ALARMS + share * (MIX @ ANSWERS)
    found = shares(np.round(expected * 10**7).astype(int)[None], rates_of(10**7))
    assert found.adjusted[0] == pytest.approx([share, *(share * MIX)], abs=1e-4)
    assert found.raw[0] == pytest.approx([1 - expected[0], *expected[1:]], abs=1e-6)
    assert found.adjusted[0, 1:].sum() == pytest.approx(found.adjusted[0, 0])


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_the_interval_holds_a_known_share_where_raw_counting_fails(share, toy_training):
    """Scores are drawn from the toy model's own out-of-fold scores, each moved a little so that no two samples share one.

    Raw counting is right at one share only, where misses and false alarms happen to even out. A labelled sample gives the rates,
    another one is counted. The goal is 90 % of the samples; the interval promises 95 %.
    """
    random = np.random.default_rng(1)
    scores, truth = toy_training.scores(SMALL.candidates[0])[:, 0], toy_training.truth[:, 0]
    threshold = np.quantile(scores[truth], 0.3)
    width = np.std(scores)

    def said(n_with, n_without):
        drawn = [random.choice(scores[side], n) + random.normal(0, width, n) for side, n in ((truth, n_with), (~truth, n_without))]
        return [int((part >= threshold).sum()) for part in drawn]

    held = held_raw = 0
    for _ in range(SAMPLES):
        hits, alarms = said(200, 600)
        rates = binary([600 - alarms, alarms], [200 - hits, hits])
        n_with = random.binomial(500, share)
        present = sum(said(n_with, 500 - n_with))
        found = shares(np.array([[500 - present, present]]), rates)
        held += found.adjusted_low[0, 0] <= share <= found.adjusted_high[0, 0]
        held_raw += found.raw_low[0, 0] <= share <= found.raw_high[0, 0]
    assert held >= 0.9 * SAMPLES
    assert held_raw < 0.5 * SAMPLES


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_the_intervals_of_voices_hold_their_shares(share):
    """Answers are drawn by the rates above, labelled ones and counted ones alike (multinomial)."""
    random = np.random.default_rng(2)
    held = np.zeros(4)
    for _ in range(SAMPLES):
        labelled = np.array([random.multinomial(n, answers) for n, answers in zip((240, 120, 40), ANSWERS, strict=True)])
        rates = Rates(random.multinomial(1500, FALSE_ALARMS), labelled.sum(axis=0), labelled)
        true = random.multinomial(600, [1 - share, *(share * MIX)])
        counts = random.multinomial(true[0], FALSE_ALARMS)
        counts += sum(random.multinomial(n, answers) for n, answers in zip(true[1:], ANSWERS, strict=True))
        found, truth = shares(counts[None], rates), np.array([share, *(share * MIX)])
        held += (found.adjusted_low[0] <= truth) & (truth <= found.adjusted_high[0])
    assert (held >= 0.9 * SAMPLES).all()


def test_doubt_of_the_rates_widens_the_interval_and_more_text_does_not_take_it_away():
    counts = np.array([[800_000, 200_000]])
    few, many = (shares(counts, binary([n * 95 // 100, n * 5 // 100], [n * 3 // 10, n * 7 // 10])) for n in (100, 100_000))
    assert few.adjusted == many.adjusted
    assert float((few.adjusted_high - few.adjusted_low)[0, 0]) > 0.08
    assert float((many.adjusted_high - many.adjusted_low)[0, 0]) < 0.01


def test_labelled_paragraphs_that_hang_together_leave_more_doubt():
    counts = np.array([[8_000, 2_000]])

    def width(*worth):
        found = shares(counts, Rates(np.array([950, 50]), np.array([60, 140]), NOBODY, worth))
        return float((found.adjusted_high - found.adjusted_low)[0, 0])

    assert width(0.25, 1.0) > 1.1 * width(1.0, 1.0)
    assert width(1.0, 0.25) > 1.1 * width(1.0, 1.0)


def test_no_voice_is_commoner_than_its_frame():
    random = np.random.default_rng(3)
    counts = np.array([random.multinomial(60, answers) for answers in random.dirichlet(np.ones(4), 50)])
    found = shares(counts, rates_of(800))
    for column in (found.adjusted, found.adjusted_low, found.adjusted_high, found.raw):
        assert (column[:, 1:] <= column[:, :1] + 1e-9).all()
    assert (found.adjusted_low <= found.adjusted).all()
    assert (found.adjusted <= found.adjusted_high).all()


def test_nothing_is_said_where_the_rates_tell_nothing():
    counts = np.array([[80, 20]])
    for rates in (binary([90, 10], [90, 10]), binary([9, 1], [2, 6]), binary([0, 0], [3, 7]), binary([10, 90], [90, 10])):
        found = shares(counts, rates)
        assert np.isnan([found.adjusted, found.adjusted_low, found.adjusted_high]).all()
        assert found.raw[0, 0] == pytest.approx(0.2)
    seldom = Rates(np.array([900, 50, 50]), np.array([30, 70, 5]), np.array([[30, 68, 2], [0, 2, 3]]))
    found = shares(np.array([[800, 150, 50]]), seldom)
    assert found.adjusted[0, 0] > 0
    assert np.isnan(found.adjusted[0, 1:]).all()  # a voice with five labelled paragraphs


def test_same_seed_same_interval_and_many_cells_are_as_one_by_one():
    counts, rates = np.array([[80 + i % 3, 20] for i in range(150)]), binary([900, 30], [60, 140])
    many = shares(counts, rates)
    assert (many.adjusted_high == shares(counts, rates).adjusted_high).all()
    one = shares(counts[149:], rates)
    assert many.adjusted[149] == one.adjusted[0]
    assert many.adjusted_high[149] == pytest.approx(one.adjusted_high[0], abs=0.02)


def test_paragraphs_that_always_agree_with_their_article_count_once():
    random = np.random.default_rng(0)
    hits = (random.random(3000) < 0.2).astype(int)
    assert design_effect(4 * hits, np.full(3000, 4)) == pytest.approx(4, rel=0.01)
    assert design_effect(random.binomial(4, 0.2, 3000), np.full(3000, 4)) == pytest.approx(1, abs=0.1)
    assert design_effect(hits, np.ones(3000, int)) == 1.0
    cells = np.arange(3000) % 2  # a difference between cells is no likeness within articles
    assert design_effect(random.binomial(4, 0.1 + 0.6 * cells), np.full(3000, 4), cells) == pytest.approx(1, abs=0.1)
    whole, once = (
        shares(np.array([[320, 80]]), binary([900, 30], [60, 140]), worth=1 / 4),
        shares(np.array([[80, 20]]), binary([900, 30], [60, 140])),
    )
    assert whole.adjusted_low == pytest.approx(once.adjusted_low, abs=0.01)


def test_answers_are_counted_by_truth_and_voice():
    truth = np.array([True, True, True, False, False, False])
    said, voices = np.array([0, 2, 1, 0, 0, 1]), np.array([0, 1, -1, -1, -1, -1])
    rates = count(truth, said, voices, 2, list("aabcde"))
    assert rates.without.tolist() == [2, 1, 0]
    assert rates.having.tolist() == [1, 1, 1]
    assert rates.by_voice.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert math.isclose(rates.true_positive_rate, 2 / 3)
    assert math.isclose(rates.false_positive_rate, 1 / 3)
    assert rates.worth == (1.0, 1.0)
    twice = count(np.tile(truth, 40), np.tile(said, 40), np.tile(voices, 40), 2, [str(i % 120) for i in range(240)])
    assert twice.worth == pytest.approx((0.5, 0.5), abs=0.02)  # each stands there twice in its group
    again = Rates.from_dict(rates.to_dict(), 2)
    assert again.to_dict() == rates.to_dict()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-2, 2), min_size=1, max_size=6), st.floats(0, 1))
def test_the_simplex_is_kept_to(values, total):
    values = np.array(values)
    found = onto_simplex(values, np.array(total))
    assert found.min() >= 0
    assert found.sum() == pytest.approx(total, abs=1e-9)
    assert onto_simplex(found, np.array(total)) == pytest.approx(found, abs=1e-9)
    random = np.random.default_rng(0)
    others = random.dirichlet(np.ones(len(values)), 200) * total  # none of which is nearer
    assert ((found - values) ** 2).sum() <= ((others - values) ** 2).sum(axis=1).min() + 1e-9

"""The promise of certainty holds on text like that it was learnt from, and reasons for doubt are given."""

from __future__ import annotations

import numpy as np
import pytest

from narratives import doubt
from narratives.calibrate import calibrate
from narratives.errors import InputError
from narratives.scorer import Model


def world(seed, n=4000, share=0.2):
    random = np.random.default_rng(seed)
    truth = random.random(n) < share
    return random.normal(size=n) + 2.0 * truth, truth


def test_promise_holds_on_fresh_samples():
    scores, truth = world(0)
    calibration = calibrate(scores, truth, prevalence=0.1)
    for level in doubt.LEVELS:
        band = calibration.band(level)
        precisions, misses = [], []
        for seed in range(1, 40):
            fresh, there = world(seed, share=0.1)
            probabilities = calibration.probabilities(fresh)
            said, denied = probabilities >= band.high, probabilities < band.low
            if said.sum() > 20:
                precisions.append(there[said].mean())
            misses.append((there & denied).sum() / there.sum())
        assert not precisions or np.mean(precisions) >= level - 0.02
        assert np.mean(misses) <= 1 - level + 0.02


def test_a_higher_level_is_never_less_careful():
    calibration = calibrate(*world(0))
    for lower, higher in zip(calibration.bands, calibration.bands[1:], strict=False):
        assert higher.low <= lower.low <= calibration.threshold <= lower.high <= higher.high


def test_wilson_is_the_textbook_interval():
    low = doubt.wilson_low(np.array([0.9]), np.array([100.0]), z=1.96)
    assert low[0] == pytest.approx(0.8256, abs=1e-4)


def test_band_round_trip_and_faults():
    band = doubt.Band(0.9, 0.1, 0.7)
    assert doubt.Band.from_dict(band.to_dict()) == band
    assert [band.uncertain(p) for p in (0.05, 0.1, 0.69, 0.7)] == [False, True, True, False]
    with pytest.raises(ValueError, match="upside down"):
        doubt.Band.from_dict({"level": 0.9, "low": 0.8, "high": 0.7})


def test_unknown_level_is_said(toy_bundle):
    with pytest.raises(InputError, match=r"no certainty level 0.5 in this model; it has: 0.8, 0.9, 0.95"):
        Model(toy_bundle, level=0.5)


def test_reasons_are_given(toy_model):
    short = toy_model.score("Dry wells")
    assert doubt.TOO_SHORT in short.doubts
    assert all(frame.uncertain for frame in short.frames.values())
    polish = toy_model.score_article(
        "Prezydent powiedział w niedzielę, że wojska pozostaną na granicy do końca miesiąca i nie będą się wycofywać."
    )
    assert not polish.supported
    assert doubt.LANGUAGE in polish.paragraphs[0].reading.doubts
    for word in ("dirty", "dry", "new", "polluted", "drought", "some"):
        reading = toy_model.score(f"{word} water in the old town by the mill")
        assert (doubt.NEAR_THRESHOLD in reading.doubts) == any(
            band.uncertain(frame.probability) for band, frame in zip(toy_model.bands, reading.frames.values(), strict=True)
        )

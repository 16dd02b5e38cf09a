"""The promise of certainty holds on text like that it was learnt from, and reasons for doubt are given."""

from __future__ import annotations

import numpy as np
import pytest

from narratives import doubt, novelty
from narratives.calibrate import calibrate
from narratives.errors import InputError
from narratives.features import Engine, kernel, of_normalised
from narratives.scorer import Model, load


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
            band.uncertain(np.array(frame.probability)) for band, frame in zip(toy_model.bands, reading.frames.values(), strict=True)
        )


def test_a_text_of_new_words_is_far_from_the_corpus():
    texts = [" ".join(f"word{(7 * i + 3 * j) % 90}x" for j in range(20)) for i in range(100)]
    texts = [text.translate(str.maketrans("0123456789", "abcdefghij")) for text in texts]  # digits count as one
    known = novelty.learn(texts, np.arange(100) % 5)
    new = " ".join(f"neu{chr(97 + j)}{chr(98 + j)}" for j in range(20))
    half = " ".join(texts[0].split()[:10] + new.split()[:10])
    assert known.limit < 0.1
    rare = [f"{text} einmalig{chr(97 + i // 26)}{chr(97 + i % 26)}q" for i, text in enumerate(texts)]
    assert 0.03 < novelty.learn(rare, np.arange(100) % 5).limit < 0.1  # what one paragraph alone has is new to the other folds
    engine = Engine(novelty.WORDS_ONLY, known=known.seen)
    remarks = engine.score(of_normalised([texts[0], new, half, "neu neuer", ""])).remarks
    assert known.far(remarks[:, kernel.DISTINCT_WORDS], remarks[:, kernel.KNOWN_WORDS]).tolist() == [False, True, True, False, False]


def test_the_released_model_says_what_is_far():
    model = load()
    near = "NATO and Russia accuse each other of provoking a war in Ukraine, the minister said on Monday in Brussels."
    assert doubt.FAR not in model.score(near).doubts
    far = "Kadangi lietuvių kalbos modelis nemokėjo, jam buvo nepažįstami beveik visi šio sakinio žodžiai, kuriuos parašė autorius."
    reading = model.score(far)
    assert doubt.FAR in reading.doubts
    assert all(result.uncertain for result in reading.frames.values())

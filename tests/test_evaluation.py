"""Figures of an evaluation against answers made by hand."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from narratives.evaluation.answers import Answers
from narratives.evaluation.certainty import risk_coverage
from narratives.evaluation.choices import subframe, voice
from narratives.evaluation.mistakes import worst_mistakes
from narratives.evaluation.slices import figures, pairs
from narratives.heads import VOICE
from narratives.records import Label, Record


def answers():
    labels = [
        (Label("a", "a1", "said"), Label("b", "b1", "told")),
        (Label("a", "a2", "told"),),
        (Label("b", "b1", "said"), Label("b", "b2", "said")),
        (),
    ]
    fields = MappingProxyType({"register": "note"})
    records = tuple(Record(f"r{i}", "en", f"text {i}", part, fields) for i, part in enumerate(labels))
    truth = np.array([[True, True], [True, False], [False, True], [False, False]])
    present = np.array([[True, True], [False, False], [False, True], [True, False]])
    choices = {
        (VOICE, "a"): ["said", "told", None, None],
        (VOICE, "b"): ["said", None, "said", None],
        ("a", "a"): ["a1", "a1", None, None],
        ("b", "b"): ["b1", None, "b2", None],
    }
    return Answers(records, ("a", "b"), np.where(present, 0.9, 0.2), present, truth, choices)


def test_voice_counts_frames_that_were_found_and_subframes_all_frames():
    told, conveyed = voice(answers()), subframe(answers())
    assert told["n"] == 3  # r0/a, r0/b and r2/b were found, r1/a was not
    assert told["accuracy"]["value"] == round(2 / 3, 4)
    assert told["f1/said"]["value"] == 0.8
    assert conveyed["n"] == 4
    assert conveyed["accuracy"]["value"] == 0.5  # of two sub-frames of r2 the first is the main one
    assert conveyed["accuracy/a"]["value"] == 0.5


def test_frames_and_mistakes_are_counted():
    found = figures(answers())
    assert found["frames"]["a"]["precision"]["value"] == found["frames"]["a"]["recall"]["value"] == 0.5
    assert found["frames"]["b"]["f1"]["value"] == 1.0
    assert found["overall"]["macro_f1"]["value"] == 0.75
    wrong = [(m["id"], m["frame"], m["mistake"]) for m in worst_mistakes(answers())]
    assert wrong == [("r3", "a", "invented"), ("r1", "a", "missed")]


def test_risk_rises_as_less_sure_answers_are_given():
    random = np.random.default_rng(0)
    probabilities = random.random((400, 1))
    truth = random.random((400, 1)) < probabilities
    records = tuple(Record(str(i), "en", "t", (), {}) for i in range(400))
    curve = risk_coverage(Answers(records, ("a",), probabilities, probabilities >= 0.5, truth, {}), [0.5])
    assert curve[-1]["coverage"] == 1.0
    assert curve[-1]["risk"] == pytest.approx((truth != (probabilities >= 0.5)).mean(), abs=1e-4)
    assert curve[3]["risk"] < curve[9]["risk"] < curve[-1]["risk"]


def test_an_answer_is_as_sure_as_it_is_far_from_its_threshold():
    probabilities = np.array([[0.5], [0.5], [0.01], [0.21]])
    truth = np.array([[True], [True], [False], [False]])
    records = tuple(Record(str(i), "en", "t", (), {}) for i in range(4))
    curve = risk_coverage(Answers(records, ("a",), probabilities, probabilities >= 0.2, truth, {}), [0.2], points=4)
    assert [point["risk"] for point in curve] == [0.0, 0.0, 0.0, 0.25]


def test_a_pair_is_right_only_when_all_of_it_is():
    records = tuple(Record(f"{i}", "en", "t", (), {"pair": f"{i // 2}"}) for i in range(6))
    truth = np.array([[True], [False], [True], [False], [True], [True]])  # the last two do not differ and are no pair
    present = np.array([[True], [False], [True], [True], [True], [True]])
    figure = pairs(Answers(records, ("a",), present.astype(float), present, truth, {}))["all_right"]
    assert (figure["value"], figure["n"]) == (0.5, 2)

"""Figures of an evaluation against answers made by hand."""

from __future__ import annotations

import json
from types import MappingProxyType

import numpy as np
import pytest

from narratives import metrics
from narratives.corpus.curve import read_summary
from narratives.errors import InputError
from narratives.evaluation import confusion
from narratives.evaluation.answers import Answers
from narratives.evaluation.certainty import risk_coverage
from narratives.evaluation.choices import recall_by, subframe, voice
from narratives.evaluation.curves import precision_recall, reliability
from narratives.evaluation.mistakes import worst_mistakes
from narratives.evaluation.months import months
from narratives.evaluation.slices import chosen, figures, length_band, pairs
from narratives.evaluation.tfidf import Tfidf
from narratives.evaluation.worst import worst_slices
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


def drawn(n, frames=("a",), seed=0, **fields):
    """Answers whose probabilities hold, on n records."""
    random = np.random.default_rng(seed)
    probabilities = np.round(random.random((n, len(frames))), 2)  # rounded, so that there are ties
    truth = random.random(probabilities.shape) < probabilities
    names = [[frames[k] for k in np.flatnonzero(row)] for row in truth]
    records = tuple(
        Record(f"r{i}", "en", "word " * (i + 1), tuple(Label(f) for f in names[i]), {k: v(i) for k, v in fields.items()}) for i in range(n)
    )
    return Answers(records, frames, probabilities, probabilities >= 0.5, truth, {})


def test_precision_recall_says_what_its_thresholds_give():
    given = drawn(1000)
    curve = precision_recall(given, 0)
    assert 30 < len(curve) <= 60
    assert curve[-1]["recall"] == 1.0
    for point in curve:
        reached = given.probabilities[:, 0] >= point["threshold"]
        assert point["recall"] == round(metrics.recall(given.truth[:, 0], reached), 4)
        assert point["precision"]["value"] == round(metrics.precision(given.truth[:, 0], reached), 4)
        assert point["precision"]["n"] == reached.sum()
    nothing = Answers(given.records, ("a",), given.probabilities, given.present, np.zeros_like(given.truth), {})
    assert precision_recall(nothing, 0) == []


def test_reliability_bins_hold_all_and_probabilities_that_hold_lie_in_their_intervals():
    bins = reliability(drawn(2000), 0)
    assert sum(part["true"]["n"] for part in bins) == 2000
    assert sum(part["true"]["low"] <= part["probability"] <= part["true"]["high"] for part in bins) >= 8


def test_share_has_wilsons_interval():
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29
    for hits, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)):
        found = metrics.share(hits, n)
        assert (found.low, found.high) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))
    assert metrics.share(0, 0).to_dict() == {"value": None, "low": None, "high": None, "n": 0}


def test_confusion_counts_every_paragraph_once():
    given = drawn(400, ("a", "b", "c", "d"))
    found = confusion.frame_sets(given)
    assert sum(map(sum, found["counts"])) == found["n"] == 400
    assert found["exact"] == (given.truth == given.present).all(axis=1).sum()
    assert len(found["labels"]) == confusion.MOST_SETS + 1 and found["labels"][-1] == confusion.OTHER
    few = confusion.frame_sets(answers())
    assert few["labels"] == ["none", "a", "b", "a + b"]
    assert few["counts"] == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    voices = confusion.voices(answers())
    assert (voices["labels"], voices["counts"]) == (["said", "told"], [[2, 0], [1, 0]])


def test_months_are_told_apart_and_undated_counted():
    dates = ["2024-01-03", "2024-02", "2024-13-01", "", "soon"]
    found = months(drawn(100, date=lambda i: dates[i % 5]))
    assert list(found["months"]) == ["2024-01", "2024-02"] and found["undated"] == 60
    january = found["months"]["2024-01"]
    assert january["n"] == january["frames"]["a"]["true"]["n"] == 20
    spread = january["frames"]["a"]["quantiles"]
    assert spread["0.1"] <= spread["0.5"] <= spread["0.9"]
    assert months(drawn(10)) is None


def test_slices_of_a_users_own_and_crossed():
    given = drawn(60, outlet=lambda i: "ab"[i % 2], tags=lambda i: [1])
    keys = chosen(["outlet", "language+outlet"], given.records)
    found = figures(given, keys)["slices"]
    assert set(found["outlet"]) == {"a", "b"} and set(found["language+outlet"]) == {"en, a", "en, b"}
    with pytest.raises(InputError, match=r"--slice outlt: no record has a field 'outlt'; did you mean 'outlet'\? There are: language"):
        chosen(["outlt"], given.records)
    assert "tags" not in figures(given, chosen(["tags"], given.records))["slices"]


def test_lengths_fall_into_bands_without_gaps():
    bands = [length_band(Record("r", "en", "word " * n, (), {})) for n in range(1, 300)]
    assert (bands[0], bands[23], bands[24], bands[198], bands[199]) == (
        "0-24 words",
        "0-24 words",
        "25-49 words",
        "100-199 words",
        "200 words and more",
    )


def test_small_slices_do_not_lead_and_large_ones_that_fail_do():
    given = drawn(400, ("a", "b"), outlet=lambda i: f"tiny {i // 12}" if i < 48 else "bad" if i % 4 == 0 else "good")
    present = given.present.copy()
    for rows in (slice(0, 48), slice(48, None, 4)):
        present[rows] = ~given.truth[rows]
    given = Answers(given.records, ("a", "b"), given.probabilities, present, given.truth, {})
    found = figures(given, chosen(["outlet"], given.records)) | {"recall_by": recall_by(given)}
    worst = worst_slices(found)
    assert [(row["value"], row["below"]) for row in worst] == [("bad", True), ("good", False)]


def test_tfidf_answers_no_paragraph_from_its_twin(toy_codebook):
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("abcdefghijklmnop"), 6)) for _ in range(60)]

    def ranked(**fields):  # a word a pair, and labels by chance: who has seen the twin knows all, who has not knows nothing
        records = [
            Record(f"{word}{twin}", "en", f"{word} {word}", (Label("shortage"),) if k % 2 else (), dict.fromkeys(fields, word))
            for k, word in enumerate(words)
            for twin in "ab"
        ]
        found = Tfidf(records, toy_codebook).out_of_fold()
        return metrics.average_precision(found.truth[:, 0], found.probabilities[:, 0])

    assert ranked(pair=True) < 0.6
    assert ranked() > 0.7


def test_a_learning_curve_is_read_or_refused(tmp_path):
    path = tmp_path / "curve.json"
    line = {"paragraphs": 20, "draws": 1} | {key: {"mean": 0.5, "low": 0.4, "high": 0.6} for key in ("macro_f1", "average_precision")}
    path.write_text(json.dumps({"rows": [], "summary": {"test": [line]}}))
    assert read_summary(path) == {"test": [line]}
    for bad in ("", "[]", '{"summary": {"test": [1]}}', '{"summary": 3}', "[" * 100_000):
        path.write_text(bad)
        with pytest.raises(InputError, match="is no learning curve"):
            read_summary(path)

"""Comparison of two models on the same paragraphs, gates on it, and baselines that learn."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from narratives.errors import DataError, InputError
from narratives.evaluation.answers import Answers, answers_of_model
from narratives.evaluation.comparison import compare
from narratives.evaluation.gates import Gate, read_gates
from narratives.evaluation.opponents import answers_of_opponent, baseline_of
from narratives.evaluation.protocol import report
from narratives.evaluation.regressions import Regression
from narratives.evaluation.tfidf import Tfidf
from narratives.records import Label, Record
from narratives.report.markdown import markdown
from narratives.report.page import page

N = 240


def sides(*, spoil):
    """Return two answers to the same records: one right on all, one wrong on a third of the language `spoil`."""
    random = np.random.default_rng(0)
    truth = random.random((N, 2)) < 0.5
    langs = ["en" if i % 3 else "nl" for i in range(N)]
    records = tuple(
        Record(
            f"r{i}",
            langs[i],
            f"text {i}",
            tuple(Label(frame) for frame, there in zip(("a", "b"), truth[i], strict=True) if there),
            MappingProxyType({"register": "post" if i % 2 else "news"}),
        )
        for i in range(N)
    )
    wrong = truth ^ ((np.array(langs) == spoil) & (np.arange(N) % 9 < 3))[:, None]
    return tuple(Answers(records, ("a", "b"), np.where(p, 0.9, 0.1), p, truth) for p in (truth, wrong))


def test_equal_answers_do_not_differ_and_nothing_flips():
    good, _ = sides(spoil="nl")
    found = compare("set", "1.0.0", good, good)
    row = found["slices"]["overall"]["all"]
    assert row["macro_f1"]["difference"] == {"value": 0.0, "low": 0.0, "high": 0.0, "n": N}
    assert (row["mended"], row["broken"], row["verdict"]) == (0, 0, "no clear difference")
    assert found["flips"]["mended"]["n"] == found["flips"]["broken"]["n"] == 0


def test_a_spoiled_language_is_named_and_the_others_are_not():
    good, bad = sides(spoil="nl")
    found = compare("set", "1.0.0", bad, good)
    languages = found["slices"]["language"]
    assert languages["nl"]["verdict"] == "worse"
    assert languages["nl"]["macro_f1"]["difference"]["high"] < 0
    assert languages["en"]["verdict"] == "no clear difference"
    assert set(found["slices"]["language x register"]) == {"en, news", "en, post", "nl, news", "nl, post"}
    assert found["flips"]["broken"]["n"] == languages["nl"]["broken"] > 0
    assert found["flips"]["mended"]["n"] == 0
    example = found["flips"]["broken"]["examples"][0]
    assert (example["lang"], example["text"].split()[0]) == ("nl", "text")
    assert example["labelled"] == (example["other"] > example["model"])
    other_way = compare("set", "1.0.0", good, bad)["slices"]["language"]["nl"]
    assert (other_way["verdict"], other_way["mended"]) == ("better", languages["nl"]["broken"])


def test_a_paired_interval_is_narrower_than_the_models_apart():
    """Two models that err on the same paragraphs hardly differ, however wide the interval of each."""
    _, bad = sides(spoil="nl")
    row = compare("set", "x", bad, bad)["slices"]["language"]["nl"]
    assert row["macro_f1"]["difference"]["low"] == row["macro_f1"]["difference"]["high"] == 0
    assert row["macro_f1"]["model"] < 0.8


def test_few_labels_are_too_few_to_tell():
    good, bad = sides(spoil="nl")
    few = [i for i in range(N) if good.records[i].lang == "nl"][:4] + [i for i in range(N) if good.records[i].lang == "en"]
    parts = [
        Answers(tuple(a.records[i] for i in few), a.frame_ids, a.probabilities[few], a.present[few], a.truth[few]) for a in (bad, good)
    ]
    assert "nl" not in compare("set", "x", *parts)["slices"]["language"]  # below the smallest slice
    six = good.truth & (np.cumsum(good.truth, axis=0) <= 3)
    rare = [Answers(a.records, a.frame_ids, a.probabilities, present, six) for a, present in ((bad, six & False), (good, six))]
    row = compare("set", "x", *rare)["slices"]["overall"]["all"]
    assert row["macro_f1"]["difference"]["high"] < 0  # as if it were sure
    assert (row["positives"], row["verdict"]) == (6, "too few to tell")
    truthless = [Answers(a.records, a.frame_ids, a.probabilities, a.present, a.truth & False) for a in (bad, good)]
    row = compare("set", "x", *truthless)["slices"]["overall"]["all"]
    assert row["verdict"] == "too few to tell"
    assert row["macro_f1"]["difference"]["value"] is None


def test_gates_on_a_comparison():
    good, bad = sides(spoil="nl")
    fallen, risen = compare("set", "1.0.0", bad, good), compare("set", "1.0.0", good, bad)
    by_language = Regression("no language falls", 0.03, slice="language")
    verdict = by_language.judged(fallen)
    assert not verdict.passed
    assert "no language falls: macro_f1 by language of set against 1.0.0: nl -0." in verdict.message
    assert " en " not in verdict.message
    assert by_language.judged(risen).passed
    assert Regression("overall", 0.5).judged(fallen).passed
    fall = fallen["slices"]["language"]["nl"]["macro_f1"]["difference"]
    between = (abs(fall["value"]) + abs(fall["low"])) / 2  # worse than the figure, not worse than the low end allows
    assert Regression("x", between, slice="language").judged(fallen).passed
    assert not Regression("x", between, slice="language", judged_on="low").judged(fallen).passed
    between = (abs(fall["value"]) + abs(fall["high"])) / 2
    assert not Regression("x", between, slice="language").judged(fallen).passed
    assert Regression("x", between, slice="language", judged_on="high").judged(fallen).passed
    assert "nl, a" in Regression("x", 0.01, slice="language", on="frames").judged(fallen).message
    assert Regression("x", 0.03, slice="language", smallest=100).judged(fallen).passed  # nl has 80
    assert "cannot be judged" in Regression("x", 0.03, smallest=1000).judged(risen).message
    assert not Regression("x", 0.03, smallest=1000).judged(risen).passed


def test_faults_of_comparison_gates_are_listed(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text('[[comparison]]\nname = "x"\nslice = "langage"\nmaximum_los = 0.1\njudged_on = "middle"\nsmallest = 0\n')
    with pytest.raises(DataError) as caught:
        read_gates(path)
    said = str(caught.value)
    for part in ("did you mean 'language'?", "did you mean 'maximum_loss'?", "maximum_loss is missing", "'middle'", "smallest is 0"):
        assert part in said
    path.write_text('[[gate]]\nname = "x"\n')
    with pytest.raises(DataError, match="unknown table 'gate'; did you mean 'gates'"):
        read_gates(path)


def test_baselines_are_named_and_unknown_ones_refused():
    assert baseline_of("1.2.0") is None
    assert baseline_of("baseline:tfidf") == "tfidf"
    with pytest.raises(InputError, match="did you mean 'keywords'"):
        baseline_of("baseline:keyword")


def test_tfidf_learns_the_toy_topic_and_never_sees_what_it_answers(toy_records, toy_codebook):
    answers = Tfidf(toy_records, toy_codebook).out_of_fold()
    ranked = [
        np.mean(answers.probabilities[answers.truth[:, k], k]) - np.mean(answers.probabilities[~answers.truth[:, k], k]) for k in (0, 1)
    ]
    assert min(ranked) > 0.2
    shuffled = np.random.default_rng(1).permutation(len(toy_records))
    nonsense = [
        Record(r.id, r.lang, r.text, toy_records[j].labels, MappingProxyType({})) for r, j in zip(toy_records, shuffled, strict=True)
    ]
    learnt = Tfidf(nonsense, toy_codebook).out_of_fold()
    gaps = [learnt.probabilities[learnt.truth[:, k], k].mean() - learnt.probabilities[~learnt.truth[:, k], k].mean() for k in (0, 1)]
    assert max(gaps) < 0.15  # labels without sense cannot be told out of fold
    fresh = [Record("new", "en", "The drought goes on, the wells are dry.", (), MappingProxyType({}))]
    assert Tfidf(toy_records, toy_codebook).answers(fresh).present.tolist() == [[True, False]]


def test_a_model_of_a_smaller_codebook_is_compared_on_what_both_know(toy_model, toy_records):
    ours = answers_of_model(toy_model, toy_records)
    one = Answers(ours.records, ("pollution",), ours.probabilities[:, [1]], ours.present[:, [1]], ours.truth[:, [1]])
    found = compare("toy", "old", ours, one)
    assert (found["frames"], found["frames_left_out"]) == (["pollution"], ["shortage"])
    assert found["slices"]["overall"]["all"]["macro_f1"]["difference"]["value"] == 0
    with pytest.raises(InputError, match="none of the frames"):
        compare("toy", "old", ours, Answers(ours.records, ("x",), ours.probabilities[:, :1], ours.present[:, :1], ours.truth[:, :1]))


def test_gates_reach_behaviour_and_are_left_out_without_it(toy_model):
    evaluation = {"name": "toy", "figures": {}}
    figure = {"worse": {"f1_loss": {"value": 0.2}}}
    gates = [Gate("kept", "toy", "behaviour.worse.f1_loss", maximum=0.1), Gate("cases", "cases", "behaviour.all.failures", maximum=0)]
    ran = {"sample": 1, "left_out": [], "data": {"cases": {}, "toy": figure}}
    assert [gate["value"] for gate in report(toy_model, [evaluation], gates, behaviour=ran)["gates"]] == [0.2, None]
    assert not report(toy_model, [evaluation], gates, behaviour=ran)["passed"]
    assert report(toy_model, [evaluation], gates)["gates"] == []


def test_pages_escape_what_strangers_wrote(toy_model):
    good, bad = sides(spoil="nl")
    evil = tuple(Record(r.id, r.lang, "<script>x</script> | a_b", r.labels, r.fields) for r in good.records)
    parts = [Answers(evil, a.frame_ids, a.probabilities, a.present, a.truth) for a in (bad, good)]
    found = report(toy_model, [], [], comparison={"against": "<b>", "data": {"set": compare("set", "<b>", *parts)}})
    for drawn in (markdown(found), page(found, {})):
        assert "<script>" not in drawn and "<b>" not in drawn
        assert "Broken in set" in drawn
        assert "worse" in drawn


def test_counts_of_keywords_are_quoted_as_no_probability_above_1():
    good, bad = sides(spoil="nl")
    counted = replace(good, probabilities=good.present * 3.0)
    examples = compare("set", "baseline:keywords", bad, counted)["flips"]["broken"]["examples"]
    assert {example["other"] for example in examples} == {0.0, 1.0}


def test_an_opponent_of_an_older_codebook_gets_the_labels_that_it_knows(toy_model, toy_records):
    strange = [Record(r.id, r.lang, r.text, (*r.labels, Label("later")), r.fields) for r in toy_records]
    theirs = answers_of_opponent(toy_model, toy_model, strange)
    assert theirs.truth.shape == (len(toy_records), 2)
    assert (theirs.truth == answers_of_model(toy_model, toy_records).truth).all()

"""Trends: scored tables in, shares with intervals out, whatever the format; rates kept by models or counted on a user's own labels."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

import pytest

from narratives import rates
from narratives.calibrate import decide
from narratives.cli import main
from narratives.codebook import Voice
from narratives.errors import InputError
from narratives.records import Label
from narratives.scorer import Model
from narratives.store import Store
from narratives.training import Training
from narratives.trends.periods import following, label, start_of
from tests.conftest import SMALL, bundle_of

LEARNER = SMALL.candidates[0]
WEEKS = ("2024-02-26", "2024-03-03", "2024-03-04T23:00:00+01:00", "2024-03-25")  # a week twice, the next, and one after a gap


@pytest.fixture(scope="module")
def voiced(toy_records, toy_codebook):
    """The toy topic with two voices: each paragraph with a frame stands there once more, told by a clerk."""
    book = replace(toy_codebook, voices=(Voice("said", "Said", "says it"), Voice("told", "Told", "reports it")))
    records = []
    for record in toy_records:
        for prefix, voice in (("", "said"), ("The clerk reports, according to the mayor: ", "told")):
            labels = tuple(Label(one.frame, one.subframe, voice) for one in record.labels)
            fields = MappingProxyType({**record.fields, "pair": record.group})
            records.append(replace(record, id=f"{record.id}-{voice}", text=prefix + record.text, labels=labels, fields=fields))
    training = Training(records, book, SMALL)
    return training, bundle_of(training, LEARNER)


@pytest.fixture(scope="module")
def rows(toy_records):
    """Paragraphs of two outlets; Alpha has one frame oftener. Those of an article are all alike."""
    dealt = random.Random(0)
    by_frame = {frame: [r.text for r in toy_records if frame in r.frames] for frame in ("shortage", "pollution")}
    none = [r.text for r in toy_records if not r.labels]
    found = []
    for n in range(240):
        outlet = ("Alpha", "Beta, Inc.")[n % 2]
        frame = "shortage" if dealt.random() < (0.5 if n % 2 == 0 else 0.1) else None
        text = dealt.choice(by_frame[frame] if frame else none)
        found += [{"date": WEEKS[n % 4 // 2 * 2 + n // 4 % 2], "outlet": outlet, "article": f"a{n}", "text": text}] * 3
    return found


@pytest.fixture
def run(voiced, rows, tmp_path, monkeypatch, capsys):
    """Score the rows with the toy model in use, and run commands on them."""
    store = Store(tmp_path / "models")
    store.add(voiced[1])
    store.use("1.0.0")
    monkeypatch.setenv("NARRATIVES_MODELS", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    assert call("score", "in.jsonl", "-o", "scored.jsonl")[0] == 0
    return call


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_model_keeps_how_its_own_corpus_was_answered_out_of_fold(voiced):
    training, bundle = voiced
    scores, kept = training.scores(LEARNER), rates.kept(bundle)
    present = decide(scores, bundle.calibrations)[1]
    for k, frame in enumerate(bundle.codebook.frame_ids):
        truth = training.truth[:, k]
        assert kept[frame].having[0] == (truth & ~present[:, k]).sum()
        assert kept[frame].without[1:].sum() == (~truth & present[:, k]).sum()
        stated = Counter(label.voice for record in training.records for label in record.labels if label.frame == frame)
        assert kept[frame].by_voice.sum(axis=1).tolist() == [stated["said"], stated["told"]]
        assert kept[frame].by_voice[0, 1] > kept[frame].by_voice[0, 2]  # told apart better than by chance
        assert kept[frame].by_voice[1, 2] > kept[frame].by_voice[1, 1]
        at = present[:, k] & truth
        assert kept[frame].by_voice[:, 1:].sum() == at.sum()
    rare, common = rates.kept(bundle, 0.01), rates.kept(bundle, 0.35)
    assert all(rare[frame].true_positive_rate <= common[frame].true_positive_rate for frame in rare)
    assert {f: r.to_dict() for f, r in rare.items()} != {f: r.to_dict() for f, r in common.items()}


def test_rates_are_of_the_paragraphs_that_the_scores_are_of(voiced):
    training, bundle = voiced
    scores = training.scores(LEARNER)[40:60]
    part = rates.out_of_fold(bundle, [], training.records[:60], training.texts[:60], scores)["own"]
    for k, frame in enumerate(bundle.codebook.frame_ids):
        assert sum(part[frame]["having"]) == training.truth[40:60, k].sum()
        assert part[frame]["having"][0] == (training.truth[40:60] & ~decide(scores, bundle.calibrations)[1])[:, k].sum()


def test_voices_are_judged_by_folds_that_did_not_see_them(toy_records, toy_codebook):
    """Voices dealt at random can be learnt by heart but not told; rates that say otherwise come from models that saw the answer."""
    book = replace(toy_codebook, voices=(Voice("said", "Said", "says it"), Voice("told", "Told", "reports it")))
    dealt = random.Random(0)
    records = [replace(r, labels=tuple(Label(one.frame, None, dealt.choice(("said", "told"))) for one in r.labels)) for r in toy_records]
    training = Training(records, book, SMALL)
    kept = rates.kept(bundle_of(training, LEARNER))
    told = sum(rate.by_voice[:, 1:] for rate in kept.values())
    assert told.trace() < 0.75 * told.sum()


def test_voices_that_nothing_tells_are_not_counted(voiced):
    training, bundle = voiced
    counted = rates.counted(training.records, bundle.codebook, training.truth, None)
    assert counted["pollution"].having.tolist() == [0, training.truth[:, 1].sum()]
    assert counted["pollution"].by_voice.shape == (0, 2)


def test_rates_survive_the_disk_and_their_lack_is_said(voiced, tmp_path):
    store = Store(tmp_path)
    store.add(voiced[1])
    assert rates.kept(store.load("1.0.0"))["shortage"].to_dict() == rates.kept(voiced[1])["shortage"].to_dict()
    facts = {key: value for key, value in voiced[1].facts.items() if key != rates.FACT}
    with pytest.raises(InputError, match=r"keeps no error rates.*--rates"):
        rates.kept(replace(voiced[1], facts=facts))
    with pytest.raises(InputError, match="train it anew"):
        rates.kept(replace(voiced[1], facts=facts | {rates.FACT: {"own": {"shortage": {"without": [1]}}}}))


def test_every_format_gives_the_same_table(run):
    told = run("trends", "scored.jsonl", "--by", "outlet", "--every", "week", "--article", "article")
    assert told[0] == 0, told[2]
    for name in ("scored.csv", "scored.parquet", "scored.csv.gz"):
        assert run("score", "in.jsonl", "-o", name)[0] == 0
        assert run("trends", name, "--by", "outlet", "--every", "week", "--article", "article") == told
    found = table(told[1])
    assert [row["period"] for row in found[:: 2 * 2 * 3]] == ["2024-W09", "2024-W10", "2024-W13"]
    assert {row["outlet"] for row in found} == {"Alpha", "Beta, Inc."}
    for row in found:
        low, value, high = (float(row[f"adjusted_{key}"]) for key in ("low", "share", "high"))
        assert 0 <= low <= value <= high <= 1
        assert float(row["raw_share"]) == pytest.approx(int(row["said"]) / int(row["n"]), abs=1e-5)


def test_counts_are_those_of_the_rows_and_voices_add_up_to_their_frame(run, voiced, rows):
    found = table(run("trends", "scored.jsonl", "--by", "outlet")[1])
    model = Model(voiced[1])
    said: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for frame, result in model.score(row["text"], evidence=False).frames.items():
            if result.present:
                said[row["outlet"], frame] += 1
                said[row["outlet"], f"{frame}/{result.voice.first}"] += 1
    for row in found:
        assert int(row["said"]) == said[row["outlet"], row["frame"] + (f"/{row['voice']}" if row["voice"] else "")]
    for frame in model.codebook.frame_ids:
        for outlet in ("Alpha", "Beta, Inc."):
            part = {row["voice"]: float(row["adjusted_share"]) for row in found if (row["frame"], row["outlet"]) == (frame, outlet)}
            assert part["said"] + part["told"] == pytest.approx(part[""], abs=2e-5)
    share = {row["outlet"]: float(row["adjusted_share"]) for row in found if row["frame"] == "shortage" and not row["voice"]}
    assert share["Alpha"] > 2 * share["Beta, Inc."]


def test_alike_paragraphs_of_an_article_widen_the_interval(run):
    def width(*more):
        row = table(run("trends", "scored.jsonl", *more)[1])[0]
        return float(row["raw_high"]) - float(row["raw_low"])

    assert width("--article", "article") == pytest.approx(3**0.5 * width(), rel=0.1)
    assert "--article FIELD" in run("trends", "scored.jsonl")[2]


def test_rows_scored_with_another_threshold_are_refused(run, tmp_path):
    assert run("score", "in.jsonl", "-o", "rare.jsonl", "--prevalence", "0.01")[0] == 0
    code, _, err = run("trends", "rare.jsonl")
    assert code == 2
    assert re.search(r"rare\.jsonl:1: shortage is \w+ at .* threshold .* --prevalence", err)
    assert run("trends", "rare.jsonl", "--prevalence", "0.01")[0] == 0
    row = {"shortage_present": "0", "shortage_probability": "0.97", "pollution_present": "0", "pollution_probability": "0.01"}
    (tmp_path / "other.csv").write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    code, _, err = run("trends", "other.csv")
    assert (code, "other.csv:2: shortage is absent at 0.97" in err) == (2, True)


def test_few_paragraphs_are_said_and_marked(run):
    _, out, err = run("trends", "scored.jsonl", "--by", "outlet", "--every", "week")
    assert "4 of 6 cells have fewer than 100 paragraphs" in err
    assert sum("few paragraphs" in row["note"] for row in table(out)) == 4 * 2 * 3


def test_what_cannot_be_counted_is_left_out_and_said(run, tmp_path):
    lines = (tmp_path / "scored.jsonl").read_text().splitlines()[:4]
    bad = [json.loads(line) for line in lines]
    bad[0]["date"] = "yesterday"
    del bad[1]["outlet"]
    del bad[2]["frames"]["pollution"]
    (tmp_path / "bad.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bad) + "{broken\n")
    code, out, err = run("trends", "bad.jsonl", "--by", "outlet", "--every", "day")
    assert code == 1
    assert {row["n"] for row in table(out)} == {"1"}
    for part in (
        "bad.jsonl:1: field 'date': 'yesterday' is no date",
        "bad.jsonl:2: field 'outlet' is missing",
        "bad.jsonl:3: says nothing",
    ):
        assert part in err
    code, _, err = run("trends", "scored.jsonl", "--by", "outlt")
    assert code == 2
    assert "did you mean 'outlet'?" in err
    assert "720 rows left out in all" in err
    assert err.count("field 'outlt'") == 5
    assert "no row could be counted" in err
    assert run("trends", "in.jsonl")[0] == 2  # never scored


def test_rates_may_come_from_the_users_own_labels(run, voiced, tmp_path):
    records = voiced[0].records
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(record.to_dict()) + "\n" for record in records))
    code, out, _ = run("trends", "scored.jsonl", "--rates", "mine.jsonl", "--json")
    content = json.loads(out)
    assert code == 0
    assert content["rates_from"] == "mine.jsonl"
    truth = [any(label.frame == "shortage" for label in record.labels) for record in records]
    present = [reading.frames["shortage"].present for reading in Model(voiced[1]).score_many([r.text for r in records], evidence=False)]
    rate = sum(p for p, t in zip(present, truth, strict=True) if t) / sum(truth)
    assert content["rates"]["shortage"]["true_positive_rate"] == round(rate, 4)
    assert content["shares"][0]["adjusted_share"] != json.loads(run("trends", "scored.jsonl", "--json")[1])["shares"][0]["adjusted_share"]
    (tmp_path / "few.jsonl").write_text("".join(json.dumps(record.to_dict()) + "\n" for record in records[:6]))
    code, out, err = run("trends", "scored.jsonl", "--rates", "few.jsonl", "--json")
    assert json.loads(out)["shares"][0]["adjusted_share"] is None
    assert "shortage: not corrected" in err


def test_pictures_show_all_panels_and_leave_gaps(run, tmp_path):
    assert run("trends", "scored.jsonl", "--by", "outlet", "--every", "week", "--plot", "t.svg")[0] == 0
    picture = (tmp_path / "t.svg").read_text()
    assert picture.count('id="axes_') == 2 * 3
    assert run("trends", "scored.jsonl", "--by", "outlet", "--plot", "t.png")[0] == 0
    assert (tmp_path / "t.png").read_bytes().startswith(b"\x89PNG")
    code, _, err = run("trends", "scored.jsonl", "--plot", "t.gif")
    assert (code, "t.gif" in err) == (2, True)
    run("trends", "scored.jsonl", "--by", "outlet", "--every", "week", "--plot", "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "t.svg").read_bytes()


@pytest.mark.parametrize(
    ("value", "every", "name"),
    [
        ("2024-12-31", "day", "2024-12-31"),
        ("2024-12-30T00:10:00+02:00", "week", "2025-W01"),
        ("2021-01-03", "week", "2020-W53"),
        (datetime(2024, 2, 29, 23, 59), "month", "2024-02"),
        (date(2024, 2, 29), "year", "2024"),
        ("2024-03", "month", "2024-03"),
        ("2024-03", "year", "2024"),
        ("2024", "year", "2024"),
    ],
)
def test_dates_fall_into_their_period(value, every, name):
    start = start_of(value, every)
    assert label(start, every) == name
    assert start_of(following(start, every), every) == following(start, every) > start


@pytest.mark.parametrize(("value", "every"), [("2024-03", "week"), ("2024", "month"), ("31/12/2024", "day"), ("", "day"), (None, "year")])
def test_what_is_no_date_of_a_period_is_refused(value, every):
    with pytest.raises(ValueError, match=r"no date|which"):
        start_of(value, every)

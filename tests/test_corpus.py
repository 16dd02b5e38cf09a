"""Tools for a corpus: each finds what it is there to find, and the way to a labelling tool and back loses nothing."""

from __future__ import annotations

import json

import pytest

from narratives.cli import main
from narratives.codebook import read_codebook
from narratives.corpus import agreement, curve, exchange, names, repeats, spread
from narratives.corpus.distance import distance
from narratives.errors import InputError
from narratives.frames import Learner
from narratives.records import read_records
from tests.conftest import ROOT, SMALL, TOY

WATER = ["--codebook", str(TOY / "toy.toml")]


def record(number, text="Wells ran dry.", labels=(), **more):
    return {"id": f"r{number}", "lang": "en", "text": text, "labels": [{"frame": f} for f in labels], **more}


@pytest.fixture
def read(write_lines, toy_codebook):
    return lambda *records: read_records(write_lines("c.jsonl", *records), toy_codebook)


def test_floors_name_the_place_that_fails(toy_records, toy_codebook):
    floors = spread.Floors(paragraphs=45, subframe=6, register=20, pairs=10, without_frame=0.5)
    held = {floor.name: floor for floor in spread.hold_floors(toy_records, toy_codebook, floors)}
    assert held["paragraphs a language"].held
    assert not held["each sub-frame a language"].held
    assert held["each sub-frame a language"].where == "en pollution/sewage"
    assert held["each sub-frame a language"].found == 5
    assert held["pairs a language"].held
    assert not held["share without a frame"].held


def test_unknown_floor_is_said(tmp_path):
    (tmp_path / "floors.toml").write_text("paragraph = 3\n")
    with pytest.raises(InputError, match="did you mean 'paragraphs'"):
        spread.read_floors(tmp_path / "floors.toml")


def test_near_duplicates_but_not_twins(read):
    text = "The council of the upper village fears that the wells will run dry before the end of August."
    records = read(
        record(1, text),
        record(2, text.replace("fears", "says")),
        record(3, "Quite another text about nothing at all."),
        record(4, text.replace("council", "mayor"), pair="r1"),
        record(5, "As a start: the council of the upper village fears that we all pay more, and more, and more, and ever more, by May."),
    )
    found = {(pair["one"], pair["other"]) for pair in repeats.near_duplicates(records)}
    assert ("r1", "r2") in found
    assert ("r1", "r5") in found  # a run of eight words, though little alike
    assert ("r1", "r4") not in found  # its twin: `pair` names the first one
    assert not any("r3" in pair for pair in found)
    twins = read(record(1, text, pair="p"), record(2, text.replace("fears", "says"), pair="p"))
    assert repeats.near_duplicates(twins) == []


def test_give_aways_and_openings(read, toy_codebook):
    records = read(*(record(i, f"Alas the well number {i} is low", ["shortage"] if i < 25 else []) for i in range(40)))
    assert repeats.openings(records)[0] == ("alas the well", 40)
    assert repeats.give_aways(records, toy_codebook) == []
    telling = read(*(record(i, f"Alas {'woe' if i < 25 else ''} well {i}", ["shortage"] if i < 25 else []) for i in range(40)))
    assert [(g["word"], g["uses"]) for g in repeats.give_aways(telling, toy_codebook)] == [("woe", 25)]


def test_alpha_of_perfect_chance_and_known_agreement(read, toy_codebook):
    same = read(*(record(i, labels=["shortage"] if i % 2 else [], second=[{"frame": "shortage"}] if i % 2 else []) for i in range(20)))
    figures = agreement.agreement(same, toy_codebook)["all"]
    assert figures["sets"] == {"alpha": 1.0, "same": 1.0, "n": 20}
    assert figures["pollution"]["alpha"] is None  # nobody ever saw it: undefined, not 1
    assert agreement.disputed(same) == []
    # Hayes and Krippendorff's form for two readers, binary: alpha = 1 - D_o / D_e, here by hand: 8 units, 2 differ
    pairs = [(0, 0)] * 3 + [(1, 1)] * 3 + [(0, 1), (1, 0)]
    observed, expected = 2 / 8, 2 * 8 * 8 / (16 * 15)
    from nltk.metrics.distance import binary_distance

    assert agreement.alpha(pairs, binary_distance) == pytest.approx(1 - observed / expected)


def test_disputed_are_found(read):
    records = read(record(1, labels=["shortage"], second=[]), record(2, labels=["shortage"], second=[{"frame": "shortage"}]), record(3))
    assert [r.id for r in agreement.disputed(records)] == ["r1"]


def test_learning_curve_draws_groups_whole_and_nested(toy_records, toy_codebook):
    small, large = curve.drawn(toy_records, 0.3, 1), curve.drawn(toy_records, 0.6, 1)
    assert {r.id for r in small} < {r.id for r in large} < {r.id for r in toy_records}
    for part in (small, large):
        inside = {r.group for r in part}
        assert not inside & {r.group for r in toy_records if r not in part}
    rows = curve.learning_curve(toy_records, toy_codebook, SMALL, Learner(), toy_records, sizes=(0.6, 1.0), draws=2)
    assert [row["share"] for row in rows] == [0.6, 0.6, 1.0]
    assert [line["draws"] for line in curve.summary(rows)] == [2, 1]
    assert rows[-1]["test"]["en"] == rows[-1]["test"]["all"]


def test_distance_tells_apart_and_does_not(read, toy_codebook):
    one = read(*(record(f"a{i}", f"The minister said that measure {i} of the council holds.") for i in range(40)))
    other = read(*(record(f"b{i}", f"lol well no. {i} dry again!!") for i in range(40)))
    assert distance(one, other, toy_codebook)["all"]["auc"] > 0.95
    assert distance(one[::2], one[1::2], toy_codebook)["all"]["auc"] < 0.75


def test_name_rates(read, toy_codebook):
    texts = [record(i, "Northham wells", ["shortage"] if i < 18 else []) for i in range(20)]
    texts += [record(20 + i, "Southham wells", ["shortage"] if i < 4 else []) for i in range(20)]
    rows = names.name_rates(read(*texts), toy_codebook, {"towns": {"north": ["northham"], "south": ["southham"]}})
    shortage = next(row for row in rows if row["frame"] == "shortage")
    assert (shortage["ratio"], shortage["within"]) == (4.5, False)


@pytest.mark.parametrize("form", exchange.FORMATS)
def test_to_a_tool_and_back_loses_nothing(form, toy_records, toy_model, toy_codebook, write_lines):
    text = exchange.export(toy_records, form, toy_model)
    assert toy_model.version in text
    back = exchange.import_(text, form, "tool")
    path = write_lines("back.jsonl", *back)
    assert [r.to_dict() for r in read_records(path, toy_codebook)] == [r.to_dict() for r in toy_records]


@pytest.mark.parametrize("form", exchange.FORMATS)
def test_full_labels_and_fields_survive(form, write_lines):
    book = read_codebook(ROOT / "data" / "codebook.toml")
    label = {"frame": "escalation_warning", "subframe": "wider_war", "voice": "rebutted"}
    item = {"id": "x", "lang": "uk", "text": 'Кома, "лапки"\nрядок', "labels": [label], "second": [], "pair": "p", "register": "fact-check"}
    records = read_records(write_lines("one.jsonl", item), book)
    back = exchange.import_(exchange.export(records, form), form, "tool")
    assert read_records(write_lines("back.jsonl", *back), book)[0].to_dict() == item


@pytest.mark.parametrize("form", exchange.FORMATS)
def test_what_no_tool_exported_is_said(form):
    with pytest.raises(InputError, match=f"is not what {form} exports"):
        exchange.import_('{"a": 1}' if form != "csv" else "a,b\n1,2\n", form, "x")


@pytest.mark.parametrize(
    ("command", "code"), [("stats", 0), ("agreement", 0), ("duplicates", 1), ("check", 1), ("names", 0), ("learning-curve", 0)]
)
def test_every_command_runs_on_a_users_file(command, code, capsys, tmp_path):
    more = {"learning-curve": ["--draws", "1", "--plot", str(tmp_path / "c.svg")]}.get(command, [])
    options = [str(TOY / "toy.jsonl"), *WATER, *more]
    if command == "check":
        options += ["--floors", str(ROOT / "data" / "floors.toml")]
    if command == "names":
        options += ["--roles", str(ROOT / "data" / "roles.toml")]
    assert main(["corpus", command, *options]) == code
    assert capsys.readouterr().out.strip()
    assert main(["corpus", command, *options, "--json"]) == code
    json.loads(capsys.readouterr().out)
    if more:
        assert (tmp_path / "c.svg").read_text().startswith("<?xml")


def test_distance_wants_two(capsys):
    assert main(["corpus", "distance", str(TOY / "toy.jsonl"), *WATER]) == 2
    assert "takes two files" in capsys.readouterr().err
    assert main(["corpus", "distance", str(TOY / "toy.jsonl"), str(TOY / "toy.jsonl"), *WATER]) == 0


def test_export_and_import_by_command(tmp_path, capsys, toy_codebook):
    out, back = tmp_path / "tool.csv", tmp_path / "back.jsonl"
    assert main(["corpus", "export", str(TOY / "toy.jsonl"), *WATER, "--format", "csv", "-o", str(out)]) == 0
    assert main(["corpus", "import", str(out), "--format", "csv", "-o", str(back)]) == 0
    assert len(read_records(back, toy_codebook)) == 45
    assert main(["corpus", "import", str(tmp_path / "none"), "--format", "csv"]) == 2

"""Behaviour tests: what a change may do to a text, strict reading, and that a model which fails is found out."""

from __future__ import annotations

import random
from types import MappingProxyType

import pytest

from narratives.behaviour.changes import CHANGES
from narratives.behaviour.reading import read_suite
from narratives.behaviour.runs import run_cases, run_changes, run_suite
from narratives.codebook import read_codebook
from narratives.errors import DataError, InputError
from narratives.records import Label, Record
from tests.conftest import ROOT, TOY

TEXT = 'The minister said: "Wells are dry." It was 14 May 2021. Nobody in Poland or France objected.'
COUNTRIES = {"en": [["Poland", "France", "Norway"], ["Polish", "French", "Norwegian"]]}
SIDES = {"en": [["NATO", "Russia"], ["the West", "Moscow"]]}


def change(kind, text=TEXT, lang="en", seed=0, **parameters):
    return CHANGES[kind].make(**parameters)(text, lang, random.Random(seed))


@pytest.fixture(scope="module")
def suite(toy_codebook):
    return read_suite(TOY / "behaviour", toy_codebook)


def test_a_change_hangs_on_its_seed_alone():
    for seed in range(5):
        one, again, other = (change("typos", share=0.3, keyboards={}, seed=s) for s in (seed, seed, seed + 5))
        assert one == again != other


def test_typos_hit_as_many_letters_as_they_say_and_nothing_else():
    text = "abcdefghij " * 400
    for share in (0.02, 0.1):
        new = change("typos", text, share=share, keyboards={"en": ["qwertyuiop", "asdfghjkl", "zxcvbnm"]})
        hit = sum(a != b for a, b in zip(text.split(" "), new.split(" "), strict=True))
        assert abs(hit / 400 - (1 - (1 - share) ** 10)) < 0.08  # words with one slip or more
        assert new.count(" ") == text.count(" ")
    neighbours = change("typos", "s" * 4000, share=1.0, keyboards={"en": ["qwertyuiop", "asdfghjkl", "zxcvbnm"]})
    assert set(neighbours) == set("sadwezx")


def test_look_alikes_and_invisible_marks_leave_the_length_and_the_letters():
    new = change("look_alike", "aaab" * 500, share=0.1, letters={"a": "аɑ"})
    assert len(new) == 2000
    assert new.count("b") == 500
    assert 100 < new.count("а") + new.count("ɑ") < 200
    marked = change("insert", TEXT, share=1.0, characters="\u200b")
    assert marked.replace("\u200b", "") == TEXT
    assert marked.count("\u200b") == sum(c.isalpha() for c in TEXT)


def test_names_keep_their_stand_in_and_their_form():
    for seed in range(6):
        new = change("swap", "Polish troops left Poland for France.", seed=seed, words=COUNTRIES)
        assert new in {"French troops left France for Norway.", "Norwegian troops left Norway for Poland."}
    assert change("swap", "Polishing is dull.", words=COUNTRIES) is None
    assert change("swap", "Polish troops", lang="xx", words=COUNTRIES) is None


def test_exchange_needs_both_sides_and_undoes_itself():
    text = "NATO and the West surround Russia."
    new = change("exchange", text, words=SIDES)
    assert new == "Russia and Moscow surround NATO."
    assert change("exchange", "NATO and the West", words=SIDES) is None
    assert change("exchange", "Russia and Moscow surround NATO.", words=SIDES) == text


def test_quotes_sentences_digits_and_frames_of_text():
    marks = [['"', '"'], ["«", "»"]]
    assert change("quotes", marks=marks) == TEXT.replace('"Wells are dry."', "«Wells are dry.»")
    assert change("quotes", "No quotes", marks=marks) is None
    assert sorted(change("sentence_order", "One is. Two are. Three be.").split(". ")) != ["One is", "Three be.", "Two are"]
    assert set(change("sentence_order", "One is. Two are.").split()) == {"One", "is.", "Two", "are."}
    assert change("sentence_order", "Only one.") is None
    digits = change("digits")
    assert digits != TEXT
    assert [c for c in digits if not c.isdigit()] == [c for c in TEXT if not c.isdigit()]
    assert (
        change("template", "It is dry.", templates={"en": ["X claims that {text}, which is false."]})
        == "X claims that It is dry, which is false."
    )
    assert change("around", "It is dry.", before={"en": ["Photo."]}, after={"en": ["Share."]}) == "Photo.\nIt is dry.\nShare."
    assert change("case", "Æsop", style="upper") == "ÆSOP"


FAULTS = {
    'codebok = "x"': "bad.toml:1: unknown key 'codebok'; did you mean 'codebook'?",
    '[[case]]\nlang = "en"': "bad.toml:1: unknown key 'case'; did you mean 'cases'?",
    "x = [": "bad.toml:1: not valid TOML",
    '[[cases]]\ncapability = "a"\nlang = "en"\ntext = "t"\npresent = ["shortge"]': (
        "bad.toml:5: present is 'shortge', not a frame of codebook town-water; did you mean 'shortage'?"
    ),
    '[[cases]]\ncapability = "a"\nlang = "en"\ntext = "t"': "bad.toml:1: present is missing, and so is absent",
    '[[cases]]\ncapability = "a"\nlang = "en"\ntext = "t"\npresent = ["shortage"]\nabsent = ["shortage"]': (
        "bad.toml:6: absent is ['shortage'], which must be present too"
    ),
    '[[cases]]\ncapability = "a"\nlang = "en"\ntext = "t"\npresent = ["shortage"]\nvoices = { shortage = "told" }': (
        "bad.toml:6: voices is 'told', not a voice of the codebook"
    ),
    '[[cases]]\ncapability = "a"\ntext = "t"\nabsent = ["*"]': "bad.toml:1: lang is missing, wanted a text",
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "typo"': "bad.toml:4: change is 'typo', wanted one of:",
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "insert"\nshare = 2\ncharacters = "x"': (
        "bad.toml:5: share is 2, wanted a share above 0 and at most 1"
    ),
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "insert"\nshare = 0.1': "bad.toml:4: change is 'insert' and needs characters",
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "digits"\nshare = 0.1': "bad.toml:5: unknown key 'share'",
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "swap"\n[invariances.words]\nen = [["x", "y"], ["z"]]': (
        "bad.toml:5: words is {'en': [['x', 'y'], ['z']]}, wanted a table of languages, each with rows of equally many words"
    ),
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "swap"\nwords.en = [["x", "y"], ["y", "z"]]': "'y' of en stands in two",
    '[[directions]]\nid = "a"\ntitle = "t"\nchange = "digits"\nexpect = "down"': "bad.toml:5: expect is 'down', wanted lower or higher",
    '[[directions]]\nid = "a"\ntitle = "t"\nchange = "digits"\nexpect = "lower"\nframe = "pollutoin"': (
        "bad.toml:6: frame is 'pollutoin', not in codebook town-water; did you mean 'pollution'?"
    ),
    '[[directions]]\nid = "a"\ntitle = "t"\nchange = "twins"\nexpect = "lower"': "bad.toml:5: expect is given, but twins follow the labels",
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "digits"\n\n[[invariances]]\nid = "a"\ntitle = "t"\nchange = "digits"': (
        "bad.toml:7: id 'a' stands at"
    ),
    '[[invariances]]\nid = "a"\ntitle = "t"\nchange = "digits"\ngoal = { failure = 0.1 }': "bad.toml:5: goal is",
}


@pytest.mark.parametrize("content", FAULTS)
def test_faults_are_told_with_file_and_line(tmp_path, toy_codebook, content):
    (tmp_path / "bad.toml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_suite(tmp_path, toy_codebook)
    assert len(caught.value.faults) == 1, caught.value.faults
    assert FAULTS[content] in caught.value.faults[0]


def test_a_folder_without_tests_is_said_and_another_codebook_left_out(tmp_path, toy_codebook):
    with pytest.raises(InputError, match=r"no \.toml file"):
        read_suite(tmp_path, toy_codebook)
    (tmp_path / "other.toml").write_text('codebook = "other"\n[[cases]]\ncapability = "a"\nlang = "en"\ntext = "t"\npresent = ["theirs"]\n')
    suite = read_suite(tmp_path, toy_codebook)
    assert (suite.cases, suite.left_out) == ((), ("other.toml",))


def test_what_ships_is_read_without_a_fault_and_covers_its_languages():
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    suite = read_suite(ROOT / "data" / "behaviour", codebook)
    assert not suite.left_out
    for lang in ("en", "nl", "de", "fr", "ru", "uk"):
        cases = [case for case in suite.cases if case.lang == lang]
        assert 15 <= len(cases) <= 25
        assert {frame for case in cases for frame in case.present} == set(codebook.frame_ids)
        assert {voice for case in cases for voice in case.voices.values()} == set(codebook.voice_ids)
        assert sum(not case.present for case in cases) >= 5
    assert len({case.text for case in suite.cases}) == len(suite.cases)


def test_a_wrong_case_is_counted_and_shown(toy_model, suite):
    found = run_cases(toy_model, suite)
    assert (found["all"]["n"], found["all"]["failures"]) == (3, 2)
    assert found["plain"]["failures"] == 0
    assert found["wrong"]["worst"][0]["what"] == "pollution is absent"
    assert found["wrong"]["worst"][1]["what"] == "shortage is present"
    assert found["wrong"]["worst"][0]["where"].endswith("toy.toml:11")
    assert 0.20 < found["plain"]["failure_rate"]["high"] < 0.80  # Wilson: 0 of 1


def test_changes_that_hide_the_words_are_found_out_and_others_are_not(toy_model, suite, toy_records):
    found = run_changes(toy_model, suite, toy_records)
    assert found["invisible"]["failures"] == 0
    assert found["invisible"]["f1_loss"]["value"] == 0
    hidden = found["word_gone"]
    assert hidden["failures"] >= 5
    assert hidden["f1_loss"]["value"] > hidden["goal"]["f1_loss"]
    assert hidden["worst"][0]["what"] == "goes"
    assert hidden["worst"][0]["probabilities"][0] > hidden["worst"][0]["probabilities"][1]
    assert hidden["frames"]["shortage"]["value"] > hidden["frames"]["pollution"]["value"] == 0
    assert found["other_side"]["n"] == 0 or found["other_side"]["failures"] == 0


def test_a_direction_counts_what_does_not_move(toy_model, suite):
    def record(name, text):
        return Record(name, "en", text, (Label("shortage"),), MappingProxyType({}))

    right = record("a", "The drought goes on, dry wells and a dry canal, and some sewage.")
    still = record("b", "A drought and sewage.")  # the exchange is of equals: nothing is lowered
    found = run_changes(toy_model, suite, [right])["other_side"]
    assert (found["n"], found["failures"]) == (1, 0)
    mirrored = run_changes(toy_model, suite, [record("c", "The sewage goes on, polluted wells and a polluted canal, and some drought.")])
    assert mirrored["other_side"]["failures"] == 1
    assert mirrored["other_side"]["worst"][0]["id"] == "c"
    assert run_changes(toy_model, suite, [right, still])["other_side"]["n"] == 2


def test_twins_that_differ_must_rank_as_they_are_labelled(toy_model, suite):
    def twin(name, text, *frames):
        return Record(name, "en", text, tuple(Label(frame) for frame in frames), MappingProxyType({"pair": name[0]}))

    dry, wet = "The drought goes on, the wells are dry.", "The choir sang by the fountain."
    right = [twin("a1", dry, "shortage"), twin("a2", wet)]
    wrong = [twin("b1", wet, "shortage"), twin("b2", dry)]
    more = [twin("c1", wet), twin("c2", dry, "shortage")]
    found = run_changes(toy_model, suite, right + wrong + more)["apart"]
    assert (found["n"], found["failures"]) == (3, 1)
    assert found["worst"][0]["id"][0] == "b"
    assert found["worst"][0]["frame"] == "shortage"


def test_one_paragraph_a_group_and_no_more_than_the_sample(toy_model, suite, toy_records):
    groups = {record.group for record in toy_records}
    assert run_changes(toy_model, suite, toy_records)["invisible"]["n"] == len(groups) < len(toy_records)
    small = run_changes(toy_model, suite, toy_records, sample=7)
    assert small["invisible"]["n"] == 7
    assert small["invisible"]["worst"] == run_changes(toy_model, suite, list(reversed(toy_records)), sample=7)["invisible"]["worst"]


def test_nothing_to_change_is_undefined_and_not_zero(toy_model, suite):
    empty = run_suite(toy_model, suite, {"set": [Record("a", "en", "Nothing here.", (), MappingProxyType({}))]})["data"]["set"]
    assert empty["other_side"]["failure_rate"]["value"] is None
    assert empty["other_side"]["n"] == 0
    assert empty["word_gone"]["f1_loss"]["value"] is None

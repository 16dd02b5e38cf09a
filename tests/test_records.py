"""The reader lists every fault with its line, and never half reads a file."""

from __future__ import annotations

import pytest

from narratives import codebook as codebooks
from narratives.codebook import read_codebook
from narratives.errors import CodebookError, DataError, InputError
from narratives.records import corpus_digest, read_corpus, read_records
from tests.conftest import ROOT, TOY

GOOD = {"id": "a", "lang": "en", "text": "Wells ran dry.", "labels": [{"frame": "shortage"}]}


def test_every_fault_of_a_file_is_said_with_its_line(toy_codebook, write_lines):
    path = write_lines(
        "bad.jsonl",
        GOOD,
        "{broken",
        GOOD,
        {**GOOD, "id": "b", "labels": [{"frame": "shortge"}]},
        {**GOOD, "id": "c", "labels": [{"frame": "pollution", "subframe": "sewerage"}]},
        {**GOOD, "id": "d", "text": "  "},
        {"id": "e", "lang": "en", "text": "x"},
        {**GOOD, "id": "f", "labels": [{"frame": "shortage", "voice": "asserted"}]},
        {**GOOD, "id": "g", "labels": [{"frame": "shortage"}, {"frame": "shortage"}]},
        [1],
        {**GOOD, "id": "h", "second": [{"frame": "nothing"}]},
    )
    with pytest.raises(DataError) as caught:
        read_records(path, toy_codebook)
    faults = caught.value.faults
    wanted = {
        2: "not valid JSON",
        3: "stands on line 1 too",
        4: "did you mean 'shortage'",
        5: "did you mean 'sewage'",
        6: "text is '  '",
        7: "labels is missing",
        8: "voice 'asserted'",
        9: "is there 2 times",
        10: "wanted a JSON object",
        11: "second: 'nothing'",
    }
    assert len(faults) == len(wanted)
    for fault, (line, part) in zip(sorted(faults, key=lambda f: int(f.split(":")[1])), wanted.items(), strict=True):
        assert fault.startswith(f"{path}:{line}: ")
        assert part in fault


def test_bytes_that_are_not_utf8_are_said_by_line(toy_codebook, tmp_path):
    path = tmp_path / "latin.jsonl"
    path.write_bytes(b'{"id": "a", "lang": "en", "text": "caf\xe9", "labels": []}\n')
    with pytest.raises(DataError, match=r"latin.jsonl:1: byte 39 of the line is not UTF-8"):
        read_records(path, toy_codebook)


def test_missing_file_and_empty_folder(toy_codebook, tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_records(tmp_path / "none.jsonl", toy_codebook)
    with pytest.raises(InputError, match=r"no \.jsonl file"):
        read_corpus([tmp_path], toy_codebook)


def test_same_id_in_two_files(toy_codebook, write_lines):
    with pytest.raises(DataError, match="stands in"):
        read_corpus([write_lines("one.jsonl", GOOD), write_lines("two.jsonl", GOOD)], toy_codebook)


def test_a_frame_may_have_two_subframes_but_one_voice(write_lines):
    book = read_codebook(ROOT / "data" / "codebook.toml")
    label = {"frame": "escalation_warning", "subframe": "nuclear_risk", "voice": "asserted"}
    other = label | {"subframe": "wider_war"}
    record = {"id": "a", "lang": "en", "text": "x", "labels": [label, other]}
    assert len(read_records(write_lines("two.jsonl", record), book)[0].labels) == 2
    with pytest.raises(DataError, match="two voices"):
        read_records(write_lines("bad.jsonl", record | {"labels": [label, other | {"voice": "rebutted"}]}), book)


def test_digest_is_of_content_not_layout(toy_codebook, write_lines):
    reordered = dict(reversed(GOOD.items()))
    same = [corpus_digest(read_records(write_lines(f"{i}.jsonl", item), toy_codebook)) for i, item in enumerate((GOOD, reordered))]
    assert same[0] == same[1]
    other = corpus_digest(read_records(write_lines("o.jsonl", {**GOOD, "text": "Wells ran dry!"}), toy_codebook))
    assert other != same[0]


def test_released_codebook_reads_and_survives_the_round_trip():
    book = read_codebook(ROOT / "data" / "codebook.toml")
    again = codebooks.from_dict(book.to_dict())
    assert again == book
    assert again.digest == book.digest
    assert len(book.rulings) == 50
    for frame in book.frames:
        assert frame.definition and frame.include and frame.exclude and frame.example and frame.subframes


def test_codebook_faults_are_all_listed(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('name = "x"\nversion = "one"\ncolour = 1\n[[frames]]\nid = "A b"\n[[frames]]\nid = "c"\n[[frames]]\nid = "c"\n')
    with pytest.raises(CodebookError) as caught:
        read_codebook(path)
    assert len(caught.value.faults) == 4
    path.write_text("[[frames")
    with pytest.raises(CodebookError, match="not valid TOML"):
        read_codebook(path)


def test_codebook_without_frames_is_refused():
    with pytest.raises(CodebookError, match="no frames"):
        codebooks.from_dict({"name": "x", "version": "1"})


def test_toy_codebook_is_flat_where_it_says_so():
    book = read_codebook(TOY / "toy.toml")
    assert book.voices == ()
    assert [len(frame.subframes) for frame in book.frames] == [0, 2]


def test_a_record_may_say_how_much_it_counts(write_lines, toy_codebook):
    lines = [{"id": str(i), "lang": "en", "text": "t", "labels": []} for i in range(5)]
    for line, weight in zip(lines[1:], (0.2, 0, True, "2"), strict=True):
        line["weight"] = weight
    assert [record.weight for record in read_records(write_lines("ok.jsonl", *lines[:2]), toy_codebook)] == [1.0, 0.2]
    with pytest.raises(DataError) as caught:
        read_records(write_lines("bad.jsonl", *lines), toy_codebook)
    assert [fault.split(":")[1] for fault in caught.value.faults] == ["3", "4", "5"]

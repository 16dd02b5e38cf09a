"""Tables of any size: nothing lost, nothing twice, whatever the format and whenever the run is killed."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from narratives.bulk import parts as parts_module
from narratives.bulk.arrow_tables import answers_of
from narratives.bulk.run import Job, score_tables
from narratives.bulk.sources import expanded
from narratives.errors import InputError
from narratives.scorer import LONGEST, Model
from narratives.store import Store

TEXTS = [
    "Wells in the upper village ran dry on Tuesday, the drought goes on.",
    "Raw sewage polluted the bathing place again, the choir sang.",
    "Choir on Sunday",
    "",
    "Dirty “sewage” – says the clerk – spilled; the wells ran dry… Пу\u00adтин",
]


def texts(n):
    return [f"{TEXTS[i % len(TEXTS)]} {i}" for i in range(n)]


def written(path, rows):
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def read(path):
    kind = path.name.split(".")[1]
    if kind == "parquet":
        return pq.read_table(path).to_pylist()
    with pa.input_stream(str(path), compression="detect") as stream:
        text = stream.read().decode()
    return [json.loads(line) for line in text.splitlines()] if kind == "jsonl" else list(csv.DictReader(io.StringIO(text)))


def job(names, output, **more):
    return Job([str(name) for name in names], "text", output, **more)


def expected(model, text):
    reading = model.score(text, evidence=False)
    found = {"language": reading.language, "doubts": "; ".join(reading.doubts)}
    for frame, result in reading.frames.items():
        found[f"{frame}_present"] = result.present
        found[f"{frame}_probability"] = result.probability
        found[f"{frame}_uncertain"] = result.uncertain
        found[f"{frame}_subframe"] = result.subframe.first if result.subframe else None
        found[f"{frame}_voice"] = result.voice.first if result.voice else None
    return found


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr("narratives.bulk.run.PART_ROWS", 7)
    monkeypatch.setattr("narratives.bulk.parquet_run.PART_BATCHES", 2)
    monkeypatch.setattr("narratives.bulk.arrow_tables.BATCH_ROWS", 4)


@pytest.mark.parametrize("source", ["in.jsonl", "in.jsonl.gz", "in.parquet"])
@pytest.mark.parametrize("output", ["out.parquet", "out.jsonl", "out.csv", "out.jsonl.gz", "out.csv.zst"])
def test_every_row_comes_out_in_its_order_with_its_columns_and_the_answer_of_score(toy_model, tmp_path, source, output):
    rows = [{"id": i, "outlet": f"o{i % 3}", "text": text} for i, text in enumerate(texts(33))]
    if source.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / source, row_group_size=10)
    else:
        written(tmp_path / source, rows)
    done = score_tables(toy_model, job([tmp_path / source], tmp_path / output, jobs=2), {})
    assert (done.rows, done.rejected, done.aside) == (33, 0, None)
    found = read(tmp_path / output)
    assert [(str(row["id"]), row["outlet"], row["text"]) for row in found] == [(str(r["id"]), r["outlet"], r["text"]) for r in rows]
    for row in found:
        wanted = expected(toy_model, row["text"])
        for key, value in wanted.items():
            if output.startswith("out.jsonl"):
                frame, _, what = key.rpartition("_")
                got = row["frames"][frame].get(what) if frame else "; ".join(row[key]) if key == "doubts" else row[key]
                got = max(got, key=got.get) if isinstance(got, dict) else got
            else:
                got = row[key]
            if isinstance(value, float):
                assert float(got) == pytest.approx(value, abs=1e-6)
            else:
                assert str(got or "") in (str(value or ""), str(int(value)) if isinstance(value, bool) else ""), key
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([source, output])


def test_rows_that_cannot_be_scored_go_aside_with_their_reasons(toy_model, tmp_path):
    lines = [b'{"text": "Dry wells"}', b"{broken", b'{"other": 1}', b'{"text": "\xff"}', b'{"text": null}', b'{"text": "Choir"}']
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines) + b"\n" + json.dumps({"text": "x" * (LONGEST + 1)}).encode())
    done = score_tables(toy_model, job([tmp_path / "in.jsonl"], tmp_path / "out.jsonl"), {})
    assert (done.rows, done.rejected) == (2, 5)
    aside = [json.loads(line) for line in done.aside.read_text().splitlines()]
    assert [row["where"].rsplit(":")[-1] for row in aside] == ["2", "3", "4", "5", "7"]
    for row, part in zip(aside, ("JSON", "missing", "UTF-8", "NoneType", "characters"), strict=True):
        assert part in row["reason"]
    pq.write_table(pa.table({"text": ["Dry wells", None, "x" * (LONGEST + 1), "Choir"]}), tmp_path / "in.parquet")
    done = score_tables(toy_model, job([tmp_path / "in.parquet"], tmp_path / "out.parquet"), {})
    assert [row["where"].split()[-1] for row in map(json.loads, done.aside.read_text().splitlines())] == ["2", "3"]
    assert [row["text"] for row in read(tmp_path / "out.parquet")] == ["Dry wells", "Choir"]


def test_a_slice_of_a_batch_is_answered_as_its_rows_are(toy_model):
    batch = pa.RecordBatch.from_arrays([pa.array(texts(9), pa.large_string())], ["text"])
    part = answers_of(toy_model, batch.slice(3, 4), "text").to_pylist()
    assert part == answers_of(toy_model, batch, "text").to_pylist()[3:7]


def test_rows_of_csv_in_another_encoding_go_aside(toy_model, tmp_path):
    (tmp_path / "in.csv").write_bytes("text\nDry wells\nSewage at Orl\xe9ans\n".encode("latin1"))
    done = score_tables(toy_model, job([tmp_path / "in.csv"], tmp_path / "out.csv"), {})
    assert (done.rows, done.rejected) == (1, 1)
    assert "iconv -f latin1" in done.aside.read_text()


def test_a_folder_stands_for_its_files(tmp_path):
    for name in ("b.jsonl", "a.csv.gz", "deep/c.parquet", ".hidden.jsonl", "_SUCCESS.csv", "notes.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert expanded([str(tmp_path), "x.txt"]) == [str(tmp_path / name) for name in ("a.csv.gz", "b.jsonl", "deep/c.parquet")] + ["x.txt"]


SLOW = """
import sys, time
from narratives.bulk import run
run.PART_ROWS = 7
add = run.Parts.add
def slow(self, *arguments):
    add(self, *arguments)
    time.sleep(0.05)
run.Parts.add = slow
from narratives.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_killed_run_goes_on_with_nothing_lost_or_twice(toy_bundle, tmp_path):
    Store(tmp_path / "models").add(toy_bundle)
    Store(tmp_path / "models").use(toy_bundle.version)
    rows = [{"id": i, "text": text} for i, text in enumerate(texts(120))]
    rows[50]["text"] = 5
    source, output = written(tmp_path / "in.jsonl", rows), tmp_path / "out.csv"
    command = [sys.executable, "-c", SLOW, "score", str(source), "-o", str(output)]
    environment = os.environ | {"NARRATIVES_MODELS": str(tmp_path / "models")}
    for kills, wanted in enumerate((2, 6, 11)):
        process = subprocess.Popen([*command, *(["--resume"] if kills else [])], env=environment, stderr=subprocess.PIPE)
        while process.poll() is None and len(list(tmp_path.glob("out.csv.parts/*.rejected"))) < wanted:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not output.exists()
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "--resume" in again.stderr
    done = subprocess.run([*command, "--resume"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "1 of 120 rows left out" in done.stderr) == (1, True), done.stderr
    assert [int(row["id"]) for row in read(output)] == [i for i in range(120) if i != 50]
    whole = tmp_path / "whole.csv"
    score_tables(Model(Store(tmp_path / "models").load()), job([source], whole), {})
    assert whole.read_bytes() == output.read_bytes()
    assert not list(tmp_path.glob("*.parts"))


def test_parts_of_another_run_are_not_taken(toy_model, tmp_path, monkeypatch):
    source, output = written(tmp_path / "in.jsonl", [{"text": text} for text in texts(20)]), tmp_path / "out.jsonl"

    def cut_short(self, n, whole_is_there):
        raise KeyboardInterrupt

    monkeypatch.setattr(parts_module.Parts, "finish", cut_short)
    with pytest.raises(KeyboardInterrupt):
        score_tables(toy_model, job([source], output), {"certain": 0.9})
    monkeypatch.undo()
    with pytest.raises(InputError, match="another input, model or option"):
        score_tables(toy_model, job([source], output, resume=True), {"certain": 0.8})
    with source.open("a") as file:
        file.write('{"text": "one more"}\n')
    with pytest.raises(InputError, match="another input, model or option"):
        score_tables(toy_model, job([source], output, resume=True), {"certain": 0.9})


def test_what_cannot_be_read_or_written_is_said(toy_model, tmp_path):
    source = written(tmp_path / "in.jsonl", [{"text": "Dry wells", "pollution_present": 1}])
    with pytest.raises(InputError, match="column 'pollution_present' already"):
        score_tables(toy_model, job([source], tmp_path / "out.parquet"), {})
    (tmp_path / "no.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        score_tables(toy_model, job([tmp_path / "no.parquet"], tmp_path / "b.parquet"), {})
    pq.write_table(pa.table({"body": ["a"], "text": [1]}), tmp_path / "numbers.parquet")
    with pytest.raises(InputError, match="int64, wanted strings"):
        score_tables(toy_model, job([tmp_path / "numbers.parquet"], tmp_path / "c.parquet"), {})
    with pytest.raises(InputError, match=r"\.jsonl, \.csv or \.parquet"):
        score_tables(toy_model, job([source], tmp_path / "out.xlsx"), {})
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"text": "Dry wells"}\n' * 5000)[:60])
    with pytest.raises(InputError, match="cut off"):
        score_tables(toy_model, job([cut], tmp_path / "d.jsonl"), {})

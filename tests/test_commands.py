"""The scripts and the command, run as a user runs them, on good input and on all kinds of bad."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from narratives.cli import main
from narratives.store import Store
from narratives.training import Training
from tests.conftest import ROOT, SMALL, TOY

DRY = "Wells in the upper village ran dry on Tuesday, the drought goes on."
MIDDLING = "The drought was on the agenda."
FLAT = ("--prevalence", "0", "--jobs", "1")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A store made by the real train.py from the toy topic."""
    models = tmp_path_factory.mktemp("trained") / "models"
    done = script("train.py", "--codebook", TOY / "toy.toml", "--corpus", TOY / "toy.jsonl", "--models", models, *FLAT)
    assert done.returncode == 0, done.stderr
    return models, done.stdout


@pytest.fixture
def run(trained, monkeypatch, capsys):
    """Run the command in this process with the toy model in use."""
    monkeypatch.setenv("NARRATIVES_MODELS", str(trained[0]))

    def call(*arguments, stdin=None):
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def script(name, *arguments, **options):
    command = [sys.executable, str(ROOT / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, **options)


def digest(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_another_topic_trains_and_says_what_it_did(trained):
    models, said = trained
    assert "read 45 paragraphs, codebook town-water 0.3 (shortage, pollution)" in said
    assert "chosen: " in said
    assert "cross-validated F1" in said
    manifest = json.loads((models / "1.0.0" / "manifest.json").read_text())
    assert set(manifest["frames"]) == {"shortage", "pollution"}
    assert {"python", "numpy", "scikit-learn", "narratives"} <= set(manifest["versions"])
    assert manifest["corpus"]["paragraphs"] == 45
    assert len(manifest["candidates"]) > 1
    assert Store(models).current() == "1.0.0"


def test_two_trainings_are_equal_to_the_byte(trained, tmp_path):
    again = script(
        "train.py", "--codebook", TOY / "toy.toml", "--corpus", TOY / "toy.jsonl", "--models", tmp_path, "--prevalence", "0", "--jobs", "2"
    )
    assert again.returncode == 0
    assert digest(tmp_path / "1.0.0") == digest(trained[0] / "1.0.0")


def test_retraining_takes_the_next_version_and_never_overwrites(trained, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(trained[0], models)
    options = ("--codebook", TOY / "toy.toml", "--corpus", TOY / "toy.jsonl", "--models", models, *FLAT)
    before = digest(models / "1.0.0")
    refused = script("train.py", *options, "--version", "1.0.0")
    assert refused.returncode == 2
    assert "never overwritten" in refused.stderr
    assert script("train.py", *options).returncode == 0
    assert Store(models).versions() == ["1.0.0", "1.0.1"]
    assert Store(models).current() == "1.0.1"
    assert digest(models / "1.0.0") == before


@pytest.mark.parametrize("after", [1.0, 2.5, 4.0])
def test_killed_training_leaves_no_half_model(tmp_path, after):
    command = [sys.executable, str(ROOT / "train.py"), "--codebook", str(TOY / "toy.toml"), "--corpus", str(TOY / "toy.jsonl")]
    process = subprocess.Popen([*command, "--models", str(tmp_path), "--jobs", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()
    store = Store(tmp_path)
    for version in store.versions():
        store.load(version)  # a folder under its name is a whole one
    if store.current() is not None:
        store.load()


def test_training_faults_are_said(tmp_path, write_lines):
    bad = write_lines("bad.jsonl", {"id": "a", "lang": "en", "text": "x", "labels": [{"frame": "shortge"}]})
    done = script("train.py", "--codebook", TOY / "toy.toml", "--corpus", bad, "--models", tmp_path)
    assert done.returncode == 2
    assert "bad.jsonl:1: labels: 'shortge' is not a frame of codebook town-water; did you mean 'shortage'?" in done.stderr
    assert "Traceback" not in done.stderr
    done = script("train.py", "--version", "one", "--models", tmp_path)
    assert "wanted MAJOR.MINOR.PATCH" in done.stderr


def test_evaluate_writes_a_report_and_obeys_gates(trained, tmp_path):
    gates = tmp_path / "gate.toml"
    gates.write_text(
        '[[gates]]\nname = "floor"\ndata = "toy"\nfigure = "overall.macro_f1"\nminimum = 0.5\n'
        '[[gates]]\nname = "sky"\ndata = "toy"\nfigure = "overall.macro_f1"\nminimum = 1.01\n'
        '[[gates]]\nname = "typo"\ndata = "toy"\nfigure = "overall.macrof1"\nminimum = 0.1\n'
    )
    options = ("--models", trained[0], "--reports", tmp_path / "reports", "--gates", gates)
    done = script("evaluate.py", "--data", TOY / "toy.jsonl", *options)
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("FAILED") == 2
    report = json.loads((tmp_path / "reports" / "1.0.0" / "report.json").read_text())
    assert [gate["passed"] for gate in report["gates"]] == [True, False, False]
    figures = report["evaluations"][0]["figures"]
    assert figures["overall"]["macro_f1"]["value"] > 0.8
    assert figures["frames"]["shortage"]["positives"] == 15
    assert set(figures["slices"]["register"]) == {"note", "notice"}
    assert set(report["evaluations"][0]["baselines"]) == {"constant", "keywords"}
    page = (tmp_path / "reports" / "1.0.0" / "report.md").read_text()
    assert "FAILED" in page
    assert "## toy: 45 paragraphs" in page
    assert "not measured: the corpus that the model was trained on is not at hand" in page
    assert {"report.html", "junit.xml", "plots"} <= {path.name for path in (tmp_path / "reports" / "1.0.0").iterdir()}


def test_evaluate_writes_the_card_with_its_figures(trained, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(trained[0], models)
    options = ("--models", models, "--reports", tmp_path / "reports", "--gates", tmp_path / "none", "--corpus", TOY / "toy.jsonl")
    done = script("evaluate.py", "--data", TOY / "toy.jsonl", *options, "--slice", "register", "--card", "--license", "cc0-1.0")
    assert done.returncode == 0, done.stderr
    card = (models / "1.0.0" / "MODEL_CARD.md").read_text()
    assert 'license: "cc0-1.0"' in card and "model-index: " in card
    assert Store(models).load().version == "1.0.0"
    report = json.loads((tmp_path / "reports" / "1.0.0" / "report.json").read_text())
    assert "tfidf" in report["evaluations"][0]["baselines"]
    done = script("evaluate.py", "--data", TOY / "toy.jsonl", *options, "--slice", "registr", "--no-tfidf")
    assert done.returncode == 2 and "did you mean 'register'" in done.stderr


def test_evaluate_cross_validates_without_data(trained, tmp_path):
    options = ("--models", trained[0], "--reports", tmp_path, "--gates", tmp_path / "none", "--corpus", TOY / "toy.jsonl", "--jobs", "1")
    done = script("evaluate.py", *options)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "1.0.0" / "report.json").read_text())
    manifest = json.loads((trained[0] / "1.0.0" / "manifest.json").read_text())
    assert report["evaluations"][0]["method"] == "grouped cross-validation"
    ours = report["evaluations"][0]["figures"]["overall"]["macro_f1"]["value"]
    assert ours == manifest["cross_validation"]["macro_f1/all"]["value"]


def test_evaluate_compares_and_fails_by_a_named_gate(trained, tmp_path, toy_records, toy_codebook):
    import shutil

    models = tmp_path / "models"
    shutil.copytree(trained[0], models)
    labels = [record.labels for record in toy_records]  # every label goes to the tenth paragraph before
    spoiled = Training([replace(r, labels=labels[(i + 10) % len(labels)]) for i, r in enumerate(toy_records)], toy_codebook, SMALL)
    learner = SMALL.candidates[0]
    answers = spoiled.out_of_fold(learner)
    Store(models).add(spoiled.bundle("1.1.0", learner, answers, spoiled.facts(learner, [], answers)))
    gates = tmp_path / "gate.toml"
    gates.write_text('[[comparison]]\nname = "no fall"\nmaximum_loss = 0.03\nslice = "language"\n')
    options = ("--data", TOY / "toy.jsonl", "--models", models, "--gates", gates, "--reports", tmp_path / "reports", "--no-behaviour")
    worse = script("evaluate.py", "--model", "1.1.0", "--against", models / "1.0.0", *options)
    assert worse.returncode == 1, worse.stderr
    assert "FAILED no fall: macro_f1 by language of toy against 1.0.0: en -0." in worse.stdout
    result = json.loads((tmp_path / "reports" / "1.1.0" / "report.json").read_text())
    assert result["comparison"]["data"]["toy"]["slices"]["overall"]["all"]["verdict"] == "worse"
    assert result["behaviour"] is None
    none = script("evaluate.py", "--model", "1.0.0", "--against", "9.9.9", *options)
    assert none.returncode == 2
    assert "no model '9.9.9'" in none.stderr


def test_evaluate_runs_behaviour_tests(trained, tmp_path):
    gates = tmp_path / "gate.toml"
    gates.write_text('[[gates]]\nname = "hidden"\ndata = "toy"\nfigure = "behaviour.word_gone.f1_loss"\nmaximum = 0.05\n')
    options = ("--data", TOY / "toy.jsonl", "--models", trained[0], "--gates", gates, "--reports", tmp_path)
    done = script("evaluate.py", "--behaviour", TOY / "behaviour", *options)
    assert done.returncode == 1, done.stderr
    assert "FAILED hidden: behaviour.word_gone.f1_loss of toy is 0." in done.stdout
    result = json.loads((tmp_path / "1.0.0" / "report.json").read_text())
    assert set(result["behaviour"]["data"]) == {"cases", "toy"}
    assert "## Behaviour" in (tmp_path / "1.0.0" / "report.md").read_text()


def test_article_as_table_jsonl_and_csv(run, tmp_path):
    article = tmp_path / "a.txt"
    article.write_text(f"Town water\n\n{DRY}\n\nThe choir sang by the fountain on Sunday.\n")
    code, out, _ = run("score", article)
    assert code == 0
    assert "language en" in out
    assert "shortage" in out
    assert "no frame" in out
    code, out, _ = run("score", article, "--format", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["kind"] for row in rows] == ["headline", "paragraph", "paragraph"]
    assert rows[1]["present"] == ["shortage"]
    assert rows[1]["frames"]["shortage"]["evidence"][0]["text"] in {"drought", "dry", "Wells"}
    target = tmp_path / "out.csv"
    code, out, _ = run("score", article, "-o", target)
    assert (code, out) == (0, "")
    assert [row["shortage_present"] for row in csv.DictReader(target.open())] == ["0", "1", "0"]


def test_tables_keep_their_columns(run, tmp_path, write_lines):
    path = tmp_path / "rows.csv"
    path.write_text('day;note\n1;"Wells; dry"\n2;Choir\n')
    code, out, _ = run("score", path, "--text", "note", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [row["day"] for row in rows] == ["1", "2"]
    assert rows[0]["note"] == "Wells; dry"
    lines = write_lines("rows.jsonl", {"text": "Wells dry", "n": {"deep": 1}}, '{"text": "\\ud800", "n": 2}')
    code, out, _ = run("score", lines, "--format", "jsonl")
    assert code == 0
    assert json.loads(out.splitlines()[0])["n"] == {"deep": 1}


def test_standard_input(run):
    assert "shortage" in run("score", "-", stdin=DRY.encode())[1]
    code, out, _ = run("score", "-", "--input", "jsonl", "--format", "jsonl", stdin=b'{"text": "Wells dry"}\n')
    assert code == 0
    assert json.loads(out)["text"] == "Wells dry"
    assert "score" in run("explain", "-", stdin=b"The wells ran dry.")[1]


BAD = {
    "empty.txt": (b"", 2, "is empty"),
    "spaces.txt": (b" \n\n ", 2, "is empty"),
    "binary.txt": (bytes(range(256)), 2, "binary"),
    "latin.txt": ("De caf\u00e9s zijn dicht".encode("latin-1"), 2, "is not UTF-8"),
    "no-column.csv": (b"a,note\n1,2\n", 2, "no column 'text'"),
    "empty.csv": (b"", 2, "no column 'text'"),
    "empty.jsonl": (b"", 2, "holds no rows"),
    "line7.jsonl": (b'{"text": "x"}\n' * 6 + b'{"text": \n' + b'{"text": "x"}\n', 1, "line7.jsonl:7: not valid JSON"),
    "null.jsonl": (b'{"text": null}\n{"other": 1}\n[1]\n{"text": "x"}\n', 1, "field 'text' is NoneType"),
    "long.txt": (b"x" * 50_000_000, 2, "at most 1,000,000"),
    "deep.jsonl": (b"[" * 100_000 + b"\n" + b'{"text": "x"}\n', 1, "deep.jsonl:1"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_a_clear_error(run, tmp_path, name):
    content, wanted_code, message = BAD[name]
    path = tmp_path / name
    path.write_bytes(content)
    code, _, err = run("score", path, "--format", "jsonl")
    assert (code, message in err) == (wanted_code, True), err[:500]


def test_missing_files_models_and_folders(run, tmp_path):
    code, _, err = run("score", tmp_path / "none.txt")
    assert (code, "cannot be read" in err) == (2, True)
    code, _, err = run("score", tmp_path)
    assert (code, "holds no file to score" in err) == (2, True)
    code, _, err = run("score", "x.txt", "--model", "9.9.9")
    assert (code, "no model '9.9.9'" in err, "1.0.0" in err) == (2, True, True)
    code, _, err = run("explain", "  ")
    assert (code, "empty" in err) == (2, True)
    code, _, err = run("explain", "Dry.", "--frame", "shortge")
    assert (code, "did you mean 'shortage'" in err) == (2, True)


def test_one_bad_file_among_many_is_left_out(run, tmp_path):
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text(DRY)
    bad.write_bytes(b"\xff\xfe\x00")
    code, out, err = run("score", bad, good)
    assert code == 1
    assert "shortage" in out
    assert "bad.txt" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; the full disk below shows the same path")
def test_no_permission(run, tmp_path):
    article = tmp_path / "a.txt"
    article.write_text("Dry wells.")
    tmp_path.chmod(0o500)
    code, _, err = run("score", article, "-o", tmp_path / "out.jsonl")
    assert (code, "cannot be written" in err) == (2, True)


def test_unwritable_and_full_places_leave_what_was_there(trained, tmp_path):
    article, target = tmp_path / "a.txt", tmp_path / "out.jsonl"
    article.write_text("The wells ran dry. " * 400)
    target.write_text("earlier result")
    environment = os.environ | {"NARRATIVES_MODELS": str(trained[0])}

    def limited():  # every write past 200 bytes fails, as on a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    command = [sys.executable, "-m", "narratives.cli", "score", str(article), "-o"]
    done = subprocess.run([*command, str(target)], capture_output=True, text=True, env=environment, preexec_fn=limited, check=False)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert target.read_text() == "earlier result"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "out.jsonl"]
    done = subprocess.run([*command, str(tmp_path / "no" / "out.jsonl")], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, "cannot be written" in done.stderr) == (2, True)


def test_reader_that_stops_early_is_no_error(trained, tmp_path):
    lines = tmp_path / "many.jsonl"
    lines.write_text('{"text": "Wells dry"}\n' * 20_000)
    environment = os.environ | {"NARRATIVES_MODELS": str(trained[0])}
    command = f"{sys.executable} -m narratives.cli score {lines} --format jsonl | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_explain_and_models(run):
    code, out, _ = run("explain", "The wells ran dry.")
    assert code == 0
    assert "(bias)" in out
    assert "wells" in out
    assert "chemicals" in run("explain")[1]
    code, out, _ = run("models")
    assert code == 0
    assert out.splitlines()[2].startswith("*  1.0.0")


def test_evidence_is_coloured_only_where_asked(run, tmp_path):
    article = tmp_path / "a.txt"
    article.write_text(f"{DRY} \x1b[2J\x07")
    assert "\x1b" not in run("score", article)[1]
    coloured = run("score", article, "--colour", "always")[1]
    assert "\x1b[38;5;" in coloured
    assert "\x1b[2J" not in coloured


def test_own_paragraphs_and_weights_go_into_a_new_version(tmp_path):
    rows = [json.loads(line) for line in (TOY / "toy.jsonl").read_text().splitlines()]
    own = tmp_path / "own.jsonl"
    own.write_text("".join(json.dumps(row | {"id": f"own-{row['id']}", "text": "Item. " + row["text"]}) + "\n" for row in rows))
    common = ("--codebook", TOY / "toy.toml", "--models", tmp_path / "models", *FLAT)
    done = script("train.py", "--corpus", TOY / "toy.jsonl", "--own", own, *common)
    assert done.returncode == 0, done.stderr
    assert "adapted, out of fold" in done.stdout
    manifest = json.loads((tmp_path / "models" / "1.0.0" / "manifest.json").read_text())
    assert (manifest["corpus"]["paragraphs"], manifest["own"]["paragraphs"], manifest["prevalence"]) == (45, 45, None)
    rates = manifest["error_rates"]["own"]["shortage"]  # of the own paragraphs alone
    assert (sum(rates["having"]), sum(rates["without"])) == (15, 30)
    again = script("train.py", "--corpus", TOY / "toy.jsonl", "--own", own, *common)
    assert "model 1.0.1" in again.stdout  # the same data, only retrained
    weighed = script("train.py", "--corpus", TOY / "toy.jsonl", "--corpus", f"{own}=0.5", *common)
    assert weighed.returncode == 0 and "read 90 paragraphs" in weighed.stdout and "model 1.1.0" in weighed.stdout
    for bad, what in (
        (("--corpus", f"{own}=much"), "wanted PATH or PATH=WEIGHT"),
        (("--own", TOY / "toy.jsonl"), "45 ids stand in the corpus"),
    ):
        refused = script("train.py", "--corpus", TOY / "toy.jsonl", *bad, *common)
        assert refused.returncode == 2 and what in refused.stderr and "Traceback" not in refused.stderr


def test_scoring_at_another_prevalence(run, tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("text\n" + f'"{MIDDLING}"\n' * 120)

    def first(*options):
        code, out, err = run("score", table, "--format", "jsonl", *options)
        assert code == 0
        return json.loads(out.splitlines()[0])["frames"]["shortage"]["probability"], err

    usual, rare, estimated = first(), first("--prevalence", "0.01"), first("--prevalence", "estimate")
    assert rare[0] < usual[0]
    assert "prevalence estimated from 120 paragraphs: shortage" in estimated[1]
    table.write_text("text\n" + f'"{MIDDLING}"\n')
    assert "too few to estimate" in first("--prevalence", "estimate")[1]
    assert run("score", "-", "--prevalence", "estimate", stdin=MIDDLING.encode())[0] == 2
    with pytest.raises(SystemExit):
        run("score", table, "--prevalence", "1.5")

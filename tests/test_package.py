"""The shape of the package: what imports what, what importing costs, and that the released model is what it says."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import subprocess
import sys

import narratives
from narratives.codebook import read_codebook
from narratives.records import corpus_digest, read_corpus
from narratives.scorer import load
from narratives.store import Store
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "narratives"

# Each row imports only from rows above it; rooms in one row do not know each other.
ROWS = [
    {"version", "errors"},
    {"codebook", "files", "doubt", "labelsets", "encoders"},
    {"metrics"},
    {"records", "language", "text", "log", "plots"},
    {"features", "calibrate", "quantify"},
    {"frames"},
    {"folds", "heads", "novelty"},
    {"bundle", "readings", "report"},
    {"store", "evidence", "columns", "signing", "pipeline"},
    {"rates"},
    {"training"},
    {"scorer", "adaptation"},
    {"evaluation", "behaviour", "corpus", "bulk"},
    {"trends", "drift", "lifecycle"},
    {"cli", "spark"},
]


def room_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "narratives":
            parts = (node.module or "").split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


def test_imports_go_one_way():
    row_of = {room: number for number, row in enumerate(ROWS) for room in row}
    for path in SOURCE.rglob("*.py"):
        room = room_of(path)
        if room == "__init__":
            continue
        assert room in row_of, f"{room} has no row: put it where its imports allow"
        for other in imports_of(path):
            if other not in {room, "__version__"}:
                assert row_of[other] < row_of[room], f"{path}: {room} must not import {other}"


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout


def test_importing_does_nothing():
    loaded = python(
        "import sys; import narratives; print([m for m in ('numpy', 'numba', 'sklearn', 'nltk', 'argparse') if m in sys.modules])"
    )
    assert loaded.strip() == "[]"


def test_scoring_imports_neither_learner_nor_toolkit():
    code = (
        "import sys, narratives; a = narratives.load().score_article('The alliance moved up.\\n\\n' * 3); "
        "print([m for m in ('numba', 'scipy', 'sklearn', 'nltk', 'joblib') if m in sys.modules])"
    )
    assert python(code).strip() == "[]"


def test_public_names_import():
    for name in narratives.__all__:
        assert getattr(narratives, name) is not None
    assert set(narratives.__all__) <= set(dir(narratives))


def test_released_model_is_of_the_committed_corpus_and_codebook():
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    corpus = read_corpus([ROOT / "data" / "corpus"], codebook)
    released = Store(ROOT / "models").load()
    assert released.facts["codebook_sha256"] == codebook.digest == released.codebook.digest
    assert released.facts["corpus"]["sha256"] == corpus_digest(corpus), "the corpus changed: run `python train.py` and commit the model"
    assert sum(path.stat().st_size for path in (ROOT / "models" / released.version).iterdir()) < 12e6


def test_corpus_has_its_languages_and_marks():
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    corpus = read_corpus([ROOT / "data" / "corpus"], codebook)
    counts = {lang: sum(record.lang == lang for record in corpus) for lang in ("nl", "en", "de", "fr", "ru", "uk")}
    assert min(counts.values()) >= 120, counts
    for record in corpus:
        assert record.fields["written_for"] and record.fields["register"] and record.fields["moment"] and record.fields["device"]
    pairs: dict[str, int] = {}
    for record in corpus:
        if "pair" in record.fields:
            pairs[record.group] = pairs.get(record.group, 0) + 1
    assert min(pairs.values()) >= 2


def test_description_for_catalogues_is_of_the_committed_corpus():
    described = json.loads((ROOT / "data" / "croissant.json").read_text(encoding="utf-8"))
    for item in described["distribution"]:
        digest = hashlib.sha256((ROOT / "data" / item["contentUrl"]).read_bytes()).hexdigest()
        assert item["sha256"] == digest, "the corpus changed: run `narratives corpus croissant -o data/croissant.json`"
    assert len(described["distribution"]) == len(list((ROOT / "data" / "corpus").glob("*.jsonl")))


def test_released_model_reads_dutch():
    model = load(ROOT / "models" / (Store(ROOT / "models").current() or ""))
    text = "Het Westen omsingelt Rusland met raketten en jaagt Oekraïne de oorlog in, zo klaagde de minister over de NAVO."
    reading = model.score(text)
    assert reading.frames["western_threat"].present
    assert "Westen" in [piece.text for piece in reading.frames["western_threat"].strongest(6)]


def test_nothing_names_a_frame_in_the_code():
    names = read_codebook(ROOT / "data" / "codebook.toml")
    ids = {*names.frame_ids, *names.voice_ids, *(s for frame in names.frames for s in frame.subframe_ids)}
    for path in [*SOURCE.rglob("*.py"), ROOT / "train.py", ROOT / "evaluate.py"]:
        code = path.read_text(encoding="utf-8")
        strings = {n.value for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        assert not strings & ids, path


def test_the_ci_example_pins_its_actions_and_asks_for_no_secret():
    workflow = (ROOT / "examples" / "ci" / "retrain.yml").read_text(encoding="utf-8")
    uses = re.findall(r"uses: *(\S+)", workflow)
    assert uses
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in uses), uses
    assert "secrets." not in workflow
    assert "permissions:\n  contents: read\n" in workflow

"""The life of a model: put in use by its gates and back again, signed, compared, exported, and still read years later."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from narratives import bundle as bundles
from narratives import log as logs
from narratives import signing
from narratives.cli import main
from narratives.encoders import Encoder
from narratives.errors import InputError, ModelDamagedError, ModelError, ModelNotFoundError, ModelSignatureError
from narratives.evaluation import comparison
from narratives.evaluation.answers import answers_of_model
from narratives.evaluation.gates import read_gates
from narratives.evaluation.protocol import evaluate_on_file, report
from narratives.lifecycle.comparison import FRAME, compare, flips
from narratives.lifecycle.exports import padded, write_onnx, write_pipeline
from narratives.scorer import Model
from narratives.store import Store
from tests.conftest import TOY
from tests.make_tiny_model import KEPT, answers

GATES = '[[gates]]\nname = "floor"\ndata = "toy"\nfigure = "overall.macro_f1"\nminimum = {}\n'


@pytest.fixture
def store(toy_bundle, tmp_path):
    """Three versions, of which the last one was put in use last; 1.2.0 decides otherwise than the others."""
    store = Store(tmp_path / "models")
    store.add(toy_bundle)
    store.add(dataclasses.replace(toy_bundle, version="1.1.0"))
    stricter = tuple(dataclasses.replace(c, threshold=0.9, offset=c.offset - 1) for c in toy_bundle.calibrations)
    store.add(dataclasses.replace(toy_bundle, version="1.2.0", calibrations=stricter, facts=toy_bundle.facts | {"seed": 7}))
    for version in store.versions():
        store.use(version, by="Ada", why="first")
    return store


@pytest.fixture
def run(store, monkeypatch, capsys):
    monkeypatch.setenv("NARRATIVES_MODELS", str(store.root))

    def call(*arguments):
        code = main(["models", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def harm(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


# Putting in use, and back


def test_rollback_goes_back_step_by_step_and_never_forth(store):
    assert [store.rollback().version, store.rollback().version] == ["1.1.0", "1.0.0"]
    with pytest.raises(ModelNotFoundError, match=r"no version in use before 1\.0\.0"):
        store.rollback()
    assert store.current() == "1.0.0"
    store.use("1.2.0")
    assert store.rollback(by="Bob", why="it misread notices").before == "1.2.0"
    event = store.log().events[-1]
    assert (event.event, event.by, event.why, event.version) == ("rollback", "Bob", "it misread notices", "1.0.0")


def test_rollback_heeds_what_is_in_use_rather_than_the_last_line(store):
    now = logs.Event(logs.now(), "Ada", logs.USE, "1.0.0", "1.2.0")
    logs.append(store.root / "log.jsonl", now)  # as a run leaves it that was killed before it changed anything
    assert store.current() == "1.2.0"
    assert store.rollback().version == "1.1.0"
    (store.root / "current").unlink()
    assert store.rollback().version == "1.1.0"


def test_rollback_reaches_what_was_in_use_before_there_was_a_log(store):
    (store.root / "log.jsonl").unlink()
    store.use("1.0.0")
    assert store.rollback().version == "1.2.0"
    (store.root / "current").write_text("1.1.0\n")  # by hand
    store.use("1.0.0")
    assert [store.rollback().version, store.rollback().version] == ["1.1.0", "1.2.0"]


def test_what_cannot_be_loaded_is_never_put_in_use(store):
    harm(store.root / "1.1.0" / bundles.WEIGHTS)
    before = (store.root / "log.jsonl").read_bytes()
    for attempt in (store.rollback, lambda: store.use("1.1.0")):
        with pytest.raises(ModelDamagedError, match=bundles.WEIGHTS):
            attempt()
    assert store.current() == "1.2.0"
    assert (store.root / "log.jsonl").read_bytes() == before


def test_no_log_no_change(store):
    (store.root / "log.jsonl").unlink()
    (store.root / "log.jsonl").mkdir()
    with pytest.raises(InputError, match=r"log\.jsonl"):
        store.use("1.0.0")
    assert store.current() == "1.2.0"


def test_readers_always_get_a_whole_model_while_it_flips(store):
    done, seen, faults = threading.Event(), set(), []

    def read():
        while not done.is_set():
            try:
                seen.add(store.load().version)
            except ModelError as error:
                faults.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(15):
        store.use("1.0.0")
        store.rollback()
    done.set()
    for reader in readers:
        reader.join()
    assert not faults
    assert seen == {"1.0.0", "1.2.0"}


def test_writers_in_several_processes_leave_one_chain_and_a_kill_leaves_a_usable_store(store):
    code = "import sys, pathlib, narratives.store as s\nwhile True: s.Store(pathlib.Path(sys.argv[1])).use(sys.argv[2])"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(store.root), version]) for version in ("1.0.0", "1.1.0")]
    deadline = time.monotonic() + 60
    told = store.log()
    while time.monotonic() < deadline and min(sum(e.version == v for e in told.events[3:]) for v in ("1.0.0", "1.1.0")) < 15:
        time.sleep(0.05)
        store.load()
        told = store.log()
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    for writer in writers:
        writer.wait()
    assert {event.version for event in told.events[3:]} == {"1.0.0", "1.1.0"}
    for one, other in pairwise(told.events):
        assert other.before == one.version
    assert store.log().faults == ()
    store.load()
    assert store.rollback().version == store.current()


# The log


@pytest.mark.parametrize("change", ["by", "dropped", "swapped", "added", "first"])
def test_a_changed_log_shows(store, change):
    path = store.root / "log.jsonl"
    assert logs.read(path).faults == ()
    lines = path.read_text().splitlines(keepends=True)
    lines = {
        "by": [lines[0], lines[1].replace("Ada", "Eve"), lines[2]],
        "dropped": [lines[0], lines[2]],
        "swapped": [lines[1], lines[0], lines[2]],
        "added": [lines[0], lines[1], lines[1], lines[2]],
        "first": lines[1:],
    }[change]
    path.write_text("".join(lines))
    assert "does not follow on the line before it" in logs.read(path).faults[0]


def test_a_cut_log_shows_by_what_is_in_use(store, run):
    path = store.root / "log.jsonl"
    assert run("log")[0] == 0
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    code, _, err = run("log")
    assert code == 2
    assert "the last line put 1.1.0 in use, and 1.2.0 is in use" in err


def test_an_unfinished_line_stays_a_fault_of_its_own(store):
    path = store.root / "log.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    store.use("1.0.0")
    told = store.log()
    assert [event.version for event in told.events] == ["1.0.0", "1.1.0", "1.0.0"]
    assert len(told.faults) == 1
    assert "log.jsonl:3: is no event" in told.faults[0]


@pytest.mark.parametrize("line", ["[]", "1", "{}", '{"when": 1}', "not json", "\xff", '"x"'])
def test_lines_of_all_kinds_are_said_and_block_no_rollback(store, line):
    with (store.root / "log.jsonl").open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    assert "log.jsonl:4: is no event" in store.log().faults[0]
    assert store.rollback().version == "1.1.0"


# Promotion


@pytest.fixture(scope="module")
def evaluation(toy_model, toy_records):
    return evaluate_on_file(toy_model, TOY / "toy.jsonl", toy_records)


@pytest.fixture
def write_report(store, evaluation, tmp_path):
    """Write the report of a version where promotion looks for it, and return its path."""

    def write(version):
        path = tmp_path / "reports" / version / "report.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report(Model(store.load(version)), [evaluation], read_gates(tmp_path / "gate.toml"))))
        return path

    return write


def test_promotion_wants_the_report_of_this_very_model(store, run, write_report, tmp_path):
    (tmp_path / "gate.toml").write_text(GATES.format(0.5))
    code, _, err = run("promote", "1.0.0")
    assert code == 2
    assert "there is no report of model 1.0.0; make it by: python evaluate.py --models" in err
    path = write_report("1.2.0")
    (tmp_path / "reports" / "1.0.0").mkdir()
    (tmp_path / "reports" / "1.0.0" / "report.json").write_bytes(path.read_bytes())
    assert "is the report of another model" in run("promote", "1.0.0")[2]
    content = json.loads(path.read_text())
    del content["model"]["manifest_sha256"]
    path.write_text(json.dumps(content))
    assert "it does not say of which" in run("promote", "1.2.0")[2]
    path.write_text("[]")
    assert "is no report" in run("promote", "1.2.0")[2]
    write_report("1.0.0")
    (tmp_path / "gate.toml").write_text(GATES.format(0.5).replace('"toy"', '"elsewhere"'))
    code, _, err = run("promote", "1.0.0")
    assert code == 2
    assert "nothing can be judged" in err
    assert store.current() == "1.2.0"
    assert len(store.log().events) == 3


def test_promotion_judges_gates_of_every_kind(run, write_report, tmp_path, toy_model, toy_records):
    floor = GATES.format(0.5)
    (tmp_path / "gate.toml").write_text(
        f'{floor}\n[[gates]]\nname = "hidden"\ndata = "toy"\nfigure = "behaviour.x.f1_loss"\nmaximum = 0.1\n'
        '[[comparison]]\nname = "no fall"\nmaximum_loss = 0.0\njudged_on = "low"\n'
    )
    path = write_report("1.0.0")
    code, out, _ = run("promote", "1.0.0")
    assert code == 0
    assert "not measured: hidden (behaviour.x.f1_loss on toy)" in out
    assert "not measured: no fall (comparison.overall.macro_f1 on any data)" in out
    content = json.loads(path.read_text())
    right = answers_of_model(toy_model, toy_records)
    nothing = dataclasses.replace(right, present=right.present & False)
    content["behaviour"] = {"data": {"toy": {"x": {"f1_loss": {"value": 0.2}}}}}
    content["comparison"] = {"against": "old", "data": {"toy": comparison.compare("toy", "old", nothing, right)}}
    path.write_text(json.dumps(content))
    code, out, _ = run("promote", "1.0.0")
    assert code == 1
    assert "FAILED hidden: behaviour.x.f1_loss of toy is 0.2, wanted at most 0.1" in out
    assert "FAILED no fall: macro_f1 by overall of toy against old" in out


def test_promotion_by_gates_and_by_force(store, run, write_report, tmp_path):
    (tmp_path / "gate.toml").write_text(GATES.format(0.5) + GATES.format(0.5).replace('"toy"', '"real"'))
    write_report("1.0.0")
    code, out, _ = run("promote", "1.0.0", "--by", "Ada", "--why", "reads notices better")
    assert code == 0
    assert "ok     floor: overall.macro_f1 of toy" in out
    assert "not measured: floor (overall.macro_f1 on real)" in out
    event = store.log().events[-1]
    assert (event.event, event.by, event.why, event.before, event.forced) == ("promote", "Ada", "reads notices better", "1.2.0", False)
    assert [verdict["passed"] for verdict in event.verdicts] == [True]
    assert event.manifest_sha256 == store.load("1.0.0").manifest_sha256

    write_report("1.2.0")
    (tmp_path / "gate.toml").write_text(GATES.format(1.01))  # judged anew: what the report said of older gates does not count
    code, out, err = run("promote", "1.2.0")
    assert code == 1
    assert "FAILED floor" in out
    assert "was not put in use" in err
    assert store.current() == "1.0.0"
    code, _, err = run("promote", "1.2.0", "--force")
    assert code == 2
    assert "needs --why" in err
    assert run("promote", "1.2.0", "--force", "--why", "the floor is wrong")[0] == 0
    event = store.log().events[-1]
    assert (event.version, event.forced, event.verdicts[0]["passed"]) == ("1.2.0", True, False)
    code, _, err = run("promote", "1.1.0", "--force", "--why", "no time")
    assert code == 0
    assert "not judged" in err
    assert run("promote", "9.9.9", "--force", "--why", "x")[0] == 2
    assert run("rollback")[0] == 0
    assert store.current() == "1.2.0"


# Looking at models


def test_list_show_verify_and_log_say_what_is_there(store, run, toy_bundle):
    code, out, _ = run()
    assert code == 0
    assert run("list")[1] == out
    assert out.splitlines()[4].startswith("*  1.2.0")
    listed = json.loads(run("list", "--json")[1])
    assert [(told["version"], told["in_use"], told["paragraphs"]) for told in listed] == [
        ("1.0.0", False, 45),
        ("1.1.0", False, 45),
        ("1.2.0", True, 45),
    ]
    shown = run("show", "1.0.0")[1]
    for word in ("town-water 0.3", "45 paragraphs", "shortage", bundles.WEIGHTS, "cross-validated F1", "first"):
        assert word in shown
    manifest = json.loads(run("show", "1.0.0", "--json")[1])
    assert manifest == json.loads((store.root / "1.0.0" / bundles.MANIFEST).read_text())
    assert "every part is as its manifest says" in run("verify")[1]
    harm(store.root / "1.1.0" / bundles.MANIFEST)
    assert "cannot be used" in run("list")[1]
    assert run("verify", "1.1.0")[0] == 2
    assert json.loads(run("log", "--json")[1])["events"][0]["by"] == "Ada"


@pytest.mark.parametrize("change", [{"lexicon": 3}, {"frames": {"shortage": {}}}, {"frames": []}, {"features": None, "frames": 1}])
def test_a_manifest_of_another_shape_is_said(store, run, change):
    path = store.root / "1.0.0" / bundles.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    rehash(path.parent)
    for command in (("show", "1.0.0"), ("diff", "1.0.0"), ("verify", "1.0.0"), ("list",)):
        code, _, err = run(*command)
        assert code == (0 if command == ("list",) else 2)
        assert "manifest.json" in err or command == ("list",)


def test_diff_names_what_changed_and_every_answer_that_flips(store, run, toy_records):
    first, second = (store.load(version) for version in ("1.0.0", "1.2.0"))
    manifests = [bundles.read_manifest(store.root / version) for version in ("1.0.0", "1.2.0")]
    changes = compare(*manifests)
    assert changes["settings"] == [["seed", 0, 7]]
    assert changes["codebook"] == changes["corpus"] == changes["figures"] == []
    assert [name for name, *_ in changes["thresholds"]] == ["shortage", "pollution"]
    texts = [record.text for record in toy_records]
    said = [Model(bundle).decisions(texts)[1] for bundle in (first, second)]
    found = [flip for flip in flips(Model(first), Model(second), texts) if flip.kind == FRAME]
    wanted = {(row, first.codebook.frame_ids[k]) for row, k in zip(*np.nonzero(said[0] != said[1]), strict=True)}
    assert {(flip.row, flip.frame) for flip in found} == wanted
    assert wanted
    moved = [abs(flip.probabilities[1] - flip.probabilities[0]) for flip in found]
    assert moved == sorted(moved, reverse=True)
    assert flips(Model(first), Model(store.load("1.1.0")), texts) == []
    content = json.loads(run("diff", "1.0.0", "--on", TOY / "toy.jsonl", "--json")[1])
    assert content["models"] == ["1.0.0", "1.2.0"]
    assert {(flip["text"], flip["frame"]) for flip in content["on"]["flips"] if flip["kind"] == FRAME} == {(texts[r], f) for r, f in wanted}
    assert sum(told["lost"] for told in content["on"]["present"].values()) == len(wanted)
    out = run("diff", "1.0.0", "1.2.0", "--on", TOY / "toy.jsonl", "--most", "1")[1]
    assert "present -> absent" in out
    assert "more flips" in out


def test_diff_of_codebooks_names_by_id(store):
    manifest = bundles.read_manifest(store.root / "1.0.0")
    other = json.loads(json.dumps(manifest))
    other["codebook"]["frames"].insert(0, {"id": "price", "title": "Price", "definition": "d", "subframes": []})
    other["codebook"]["frames"][2]["definition"] = "Water is foul."
    changed = {name: (one, two) for name, one, two in compare(manifest, other)["codebook"]}
    assert changed["codebook.frames.pollution.definition"] == ("The paragraph says that water is dirty.", "Water is foul.")
    assert changed["codebook.frames.price.definition"] == (None, "d")
    assert not any("shortage" in name for name in changed)


# Signatures


@pytest.fixture
def keys(tmp_path):
    pytest.importorskip("cryptography")
    return tmp_path / "release.pem", signing.make_keys(tmp_path / "release.pem")


def rehash(folder):
    """Make the manifest say what lies there, as one does who tampers with care."""
    path = folder / bundles.MANIFEST
    manifest = json.loads(path.read_text())
    del manifest["manifest_sha256"]
    manifest["sha256"] = {part: bundles._sha256((folder / part).read_bytes()) for part in manifest["sha256"]}
    path.write_text(json.dumps(manifest | {"manifest_sha256": bundles._manifest_digest(manifest)}))


@pytest.mark.parametrize("part", [bundles.MANIFEST, bundles.SIGNATURE, *bundles.PARTS])
def test_one_flipped_byte_anywhere_is_refused(store, keys, part):
    folder = store.root / "1.0.0"
    signing.sign(folder, keys[0])
    assert signing.check(folder, keys[1]).version == "1.0.0"
    harm(folder / part)
    with pytest.raises(ModelError):
        signing.check(folder, keys[1])


def test_tampering_of_all_kinds_is_refused(store, keys, tmp_path):
    folder, other = store.root / "1.0.0", store.root / "1.2.0"
    with pytest.raises(ModelSignatureError, match="is not signed"):
        signing.check(folder, keys[1])
    signing.sign(folder, keys[0])
    another = signing.make_keys(tmp_path / "another.pem")
    with pytest.raises(ModelSignatureError, match="is not the signature of"):
        signing.check(folder, another)

    (folder / "hook.py").write_text("print('hello')")
    for key in (keys[1], None):
        with pytest.raises(ModelDamagedError, match=r"hook\.py"):
            signing.check(folder, key)
    with pytest.raises(ModelDamagedError, match=r"hook\.py"):
        signing.sign(folder, keys[0])
    (folder / "hook.py").unlink()
    (folder / "inner").mkdir()
    with pytest.raises(ModelDamagedError, match="inner"):
        signing.check(folder, keys[1])
    (folder / "inner").rmdir()
    (folder / bundles.CARD).write_text("# A card may lie there")
    signing.check(folder, keys[1])

    manifest, content = folder / bundles.MANIFEST, (folder / bundles.MANIFEST).read_bytes()
    manifest.write_bytes((other / bundles.MANIFEST).read_bytes())  # a whole and valid manifest, of another model
    signing.check(folder)
    with pytest.raises(ModelSignatureError):
        signing.check(folder, keys[1])
    manifest.write_bytes(content)

    weights = folder / bundles.WEIGHTS
    swapped = np.load(weights)[::-1].copy()
    np.save(weights, swapped)
    rehash(folder)
    signing.check(folder)  # digests alone cannot tell
    with pytest.raises(ModelSignatureError):
        signing.check(folder, keys[1])
    manifest.write_bytes(content)
    with pytest.raises(ModelDamagedError, match=bundles.WEIGHTS):
        signing.check(folder, keys[1])
    weights.unlink()
    with pytest.raises(ModelDamagedError, match="is missing"):
        signing.check(folder, keys[1])


def test_keys_are_kept_secret_and_never_overwritten(keys, store, run, tmp_path, monkeypatch):
    private, public = keys
    assert private.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="never overwritten"):
        signing.make_keys(private)
    code, _, err = run("verify", "1.0.0", "--key", private)
    assert code == 2
    assert "that is the private key" in err
    monkeypatch.setenv(signing.PASSPHRASE, "correct horse")
    locked = tmp_path / "locked.pem"
    assert run("keygen", locked)[0] == 0
    assert b"ENCRYPTED" in locked.read_bytes()
    assert run("sign", "1.0.0", "--key", locked)[0] == 0
    assert "signed by" in run("verify", "1.0.0", "--key", tmp_path / "locked.pub.pem")[1]
    assert run("sign", "1.0.0", "--key", private)[0] == 0  # a passphrase that is set does no harm to a key without one
    monkeypatch.setenv(signing.PASSPHRASE, "wrong")
    assert "passphrase" in run("sign", "1.0.0", "--key", locked)[2]
    monkeypatch.delenv(signing.PASSPHRASE)
    assert "is encrypted" in run("sign", "1.0.0", "--key", locked)[2]
    assert "no private key" in run("sign", "1.0.0", "--key", TOY / "toy.toml")[2]
    assert signing.check(store.root / "1.0.0", public)


def test_a_signed_model_loads_and_scores_as_before(store, keys):
    before = Model(store.load("1.0.0")).raw_scores(["dirty wells"])
    signing.sign(store.root / "1.0.0", keys[0])
    assert (Model(store.load("1.0.0")).raw_scores(["dirty wells"]) == before).all()


# Exports


@pytest.fixture(scope="module")
def thousand(toy_records):
    random = np.random.default_rng(0)
    words = [word for record in toy_records for word in record.text.split()]
    words += ["Überlauf", "київ", "«", "🙂", "dry,", "DRY", "\u0301", "1904"]
    texts = [" ".join(random.choice(words, random.integers(0, 60))) for _ in range(950)]
    return [*texts, *(record.text for record in toy_records), "", " ", "\ud800", "x" * 5000, "drought " * 300]


def test_pipeline_equals_the_model(store, thousand, tmp_path):
    import joblib

    model = Model(store.load("1.2.0"))
    wanted, decided = model.decisions(thousand)
    assert len(thousand) == 1000
    assert 0.05 < decided.mean() < 0.95
    for path in (write_pipeline(model.bundle, tmp_path / "p.joblib"), write_pipeline(model.bundle, tmp_path / "folder")):
        pipeline = joblib.load(path)
        np.testing.assert_allclose(pipeline.predict_proba(thousand), wanted, atol=1e-5, rtol=0)
        assert (pipeline.predict(thousand) == decided).all()
        assert pipeline.frame_ids_ == model.codebook.frame_ids
    assert "scikit-learn==" in (tmp_path / "folder" / "requirements.txt").read_text()
    with pytest.raises(InputError, match="is there already"):
        write_pipeline(model.bundle, tmp_path / "p.joblib")
    with pytest.raises(InputError, match="text 1 is NoneType"):
        pipeline.predict_proba(["a", None])
    with pytest.raises(InputError, match="got one text"):
        pipeline.predict_proba("a")


def test_pipeline_of_one_frame_is_still_a_column(toy_bundle):
    from narratives.pipeline import pipeline_of

    book = dataclasses.replace(toy_bundle.codebook, frames=toy_bundle.codebook.frames[:1])
    one = dataclasses.replace(
        toy_bundle,
        codebook=book,
        weights=toy_bundle.weights[:, :1],
        biases=toy_bundle.biases[:1],
        calibrations=toy_bundle.calibrations[:1],
        heads=(),
        details=toy_bundle.details[:, :, :0],
    )
    np.testing.assert_allclose(pipeline_of(one).predict_proba(["dry"]), Model(one).decisions(["dry"])[0], atol=1e-9)


def test_onnx_graph_equals_the_model(store, thousand, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from narratives.pipeline import pipeline_of

    model = Model(store.load("1.2.0"))
    wanted, decided = model.decisions(thousand)
    session = runtime.InferenceSession(str(write_onnx(model.bundle, tmp_path / "m.onnx")))
    buckets, values = padded(pipeline_of(model.bundle).named_steps["features"].transform(thousand))
    probabilities, present = session.run(["probabilities", "present"], {"buckets": buckets, "values": values})
    np.testing.assert_allclose(probabilities, wanted, atol=1e-5, rtol=0)
    assert (present == decided).all()
    told = session.get_modelmeta().custom_metadata_map
    assert told["frames"].split() == list(model.codebook.frame_ids)
    assert told["manifest_sha256"] == model.bundle.manifest_sha256


def test_export_warns_of_pickles_and_refuses_what_it_cannot_carry(store, run, toy_bundle, tmp_path):
    code, out, err = run("export", "1.0.0", "--to", "sklearn", tmp_path / "p.joblib")
    assert code == 0
    assert "model 1.0.0 is in" in out
    assert "is a pickle: opening it runs whatever code it holds" in err
    encoder = Encoder("sentence-transformers:x", "0" * 64, 2, None).to_dict()
    for write in (write_pipeline, write_onnx):
        with pytest.raises(InputError, match="needs the encoder"):
            write(dataclasses.replace(toy_bundle, encoder=encoder), tmp_path / "e")
    assert not (tmp_path / "e").exists()


def test_a_missing_extra_is_named(store, run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert "pip install 'narratives[sign]'" in run("keygen", tmp_path / "k.pem")[2]
    assert "pip install 'narratives[onnx]'" in run("export", "1.0.0", tmp_path / "m.onnx", "--to", "onnx")[2]
    assert not list(tmp_path.glob("*.pem")) + list(tmp_path.glob("*.onnx"))


# Formats


@pytest.mark.parametrize("number", range(1, bundles.FORMAT + 1))
def test_models_of_every_format_are_read_and_answer_as_they_did(number):
    folder = KEPT / f"format-{number}"
    assert folder.is_dir(), f"format {number} has no committed model: run `python -m tests.make_tiny_model` and commit it"
    assert json.loads((folder / bundles.MANIFEST).read_text())["format"] == number
    kept = json.loads((KEPT / f"format-{number}.json").read_text())
    assert alike(json.loads(json.dumps(answers(Model(signing.check(folder))))), kept)
    assert {frame for reading in kept for frame in reading["present"]} == {"shortage", "pollution"}
    assert any("subframe" in result for reading in kept for result in reading["frames"].values())


def alike(one, other):
    """Whether plain data are equal, numbers within 1e-6."""
    if isinstance(one, dict):
        return isinstance(other, dict) and set(one) == set(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-6
    return one == other

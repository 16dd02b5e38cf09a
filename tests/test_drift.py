"""Drift: named where it is, silent where there is none, with limits from a file."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from narratives.cli import main
from narratives.drift.compare import compare, sample
from narratives.drift.limits import MEASURES, read_limits
from narratives.errors import DataError, InputError
from narratives.features.lexicon import load_lexicon
from narratives.scorer import Model
from narratives.store import Store

LIMITS = read_limits()
ENGLISH = "_language: the, of, and, is, in, by, for, that, are, a, at\n"
DUTCH = "_language: het, van, en, zijn, door, voor, dat, een, op, niet\n"


@pytest.fixture(scope="module")
def model(toy_bundle, tmp_path_factory):
    """The toy model with a small lexicon beside it, for languages and concepts."""
    folder = tmp_path_factory.mktemp("lexicon")
    (folder / "en.txt").write_text(ENGLISH + "water: water, well*, river*\nmusic: choir*, song*\nboard: board, council, clerk\n")
    (folder / "nl.txt").write_text(DUTCH + "water: water, put*, rivier*\nmusic: koor\nboard: raad\n")
    return Model(replace(toy_bundle, lexicon=load_lexicon(folder)))


@pytest.fixture(scope="module")
def texts(toy_records):
    dealt = random.Random(0)
    sentences = [record.text for record in toy_records]
    return [" ".join(dealt.sample(sentences, dealt.randint(1, 4))) for _ in range(600)]


def drifted(model, one, other, limits=LIMITS):
    return {measure.name for measure in compare(model, sample(model, one), sample(model, other), limits) if measure.drift}


def test_halves_of_the_same_text_have_not_drifted(model, texts):
    for seed in range(8):
        dealt = random.Random(seed).sample(texts, len(texts))
        assert drifted(model, dealt[:300], dealt[300:]) == set()


def test_what_chance_explains_is_no_drift_however_large(model, texts):
    limits = replace(LIMITS, fewest=20)
    found = []
    for seed in range(10):
        dealt = random.Random(seed).sample(texts, 60)
        found += compare(model, sample(model, dealt[:30]), sample(model, dealt[30:]), limits)
    assert sum(measure.effect >= measure.limit for measure in found) > 10
    assert sum(measure.drift for measure in found) <= 1


def test_each_change_is_named_and_no_other(model, texts):
    one, other = texts[:300], texts[300:]
    longer = drifted(model, one, [f"{text} {text} {text}" for text in other])
    assert "length" in longer
    assert not longer & {"unknown words", "language", "concepts"}  # repeated words are no new ones
    assert drifted(model, one, [f"{text} {'The choir sang.' if i % 2 else ''}" for i, text in enumerate(other)]) == {"concepts"}
    gibberish = " ".join(f"zqx{i}w" for i in range(12))
    assert "unknown words" in drifted(model, one, [f"{text} {gibberish}" for text in other])
    dutch = ["Het water van de put en de rivier zijn op, dat is niet van de raad en het koor." if i % 2 else t for i, t in enumerate(other)]
    assert "language" in drifted(model, one, dutch)
    dry = [f"{text} Drought, drought: the shortage goes on and the wells are dry." for text in other]
    assert "score shortage" in drifted(model, one, dry)
    assert "score pollution" not in drifted(model, one, dry)


def test_effects_lie_between_alike_and_nothing_in_common(model, texts):
    same = compare(model, sample(model, texts), sample(model, texts), LIMITS)
    assert all(measure.effect == pytest.approx(0, abs=1e-6) and measure.chance == 1 for measure in same)
    dutch = ["Het water van de put en de rivier zijn op, dat is niet van de raad."] * 200
    by_name = {m.name: m for m in compare(model, sample(model, texts), sample(model, dutch), LIMITS)}
    assert by_name["language"].effect == pytest.approx(1)
    assert all(0 <= measure.effect <= 1 for measure in by_name.values())
    forth = compare(model, sample(model, texts[:300]), sample(model, dutch), LIMITS)
    back = compare(model, sample(model, dutch), sample(model, texts[:300]), LIMITS)
    assert [m.effect for m in forth] == pytest.approx([m.effect for m in back])


def test_concepts_are_found_as_evidence_finds_them(model, texts):
    found = model.concepts(texts[:40])
    names = model.bundle.lexicon.concepts
    assert (sample(model, texts[:40]).concepts[:, -1] == ~found.any(axis=1)).all()
    assert found.any(axis=1).any()
    assert not found.any(axis=1).all()
    for text, row in zip(texts[:40], found, strict=True):
        told = {c.name for frame in model.score(text).frames.values() for c in frame.concepts if c.kind == "concept"}
        assert {names[i] for i in np.flatnonzero(row)} == told


def test_limits_say_every_fault_by_line(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('# mine\nscore = "big"\nlenght = 0.1\nlength = 0.2\nunknown_words = 2\nlanguage = 0.1\nconcepts = 0.1\nfewest = 0\n')
    with pytest.raises(DataError) as caught:
        read_limits(path)
    wanted = {f"{path}:2: score is 'big'", f"{path}:3: unknown limit 'lenght'", f"{path}:5: unknown_words is 2", f"{path}:8: fewest is 0"}
    wanted.add(f"{path}:1: chance is missing")
    for part in wanted:
        assert any(fault.startswith(part) for fault in caught.value.faults), part
    assert len(caught.value.faults) == 5
    path.write_text("score = \n")
    with pytest.raises(InputError, match="line 1"):
        read_limits(path)
    assert set(MEASURES) <= set(LIMITS.__dataclass_fields__)


def test_the_command_tells_drift_by_its_exit_code(toy_bundle, texts, tmp_path, monkeypatch, capsys, write_lines):
    store = Store(tmp_path / "models")
    store.add(toy_bundle)
    store.use(toy_bundle.version)
    monkeypatch.setenv("NARRATIVES_MODELS", str(tmp_path / "models"))
    one = write_lines("one.jsonl", *({"text": text} for text in texts[:300]))
    alike = write_lines("alike.jsonl", *({"text": text} for text in texts[300:]))
    other = write_lines("other.jsonl", *({"text": f"{text} {text} {text}"} for text in texts[300:]), "{broken")
    assert main(["drift", str(one), str(alike)]) == 0
    assert "no drift beyond the limits" in capsys.readouterr().out
    assert main(["drift", str(one), str(other), "--json"]) == 1
    out, err = capsys.readouterr()
    content = json.loads(out)
    assert content["drift"]
    assert "length" in [m["name"] for m in content["measures"] if m["drift"]]
    assert "other.jsonl:301" in err
    assert main(["drift", str(one), str(write_lines("few.jsonl", *({"text": text} for text in texts[:99])))]) == 2
    assert "the new text has 99 paragraphs, wanted 100" in capsys.readouterr().err
    assert main(["drift", str(one), str(write_lines("none.jsonl", "{broken"))]) == 2
    assert "none.jsonl: holds no paragraphs" in capsys.readouterr().err
    loose = tmp_path / "loose.toml"
    loose.write_text("\n".join(f"{name} = 1.0" for name in (*MEASURES, "chance")) + "\nfewest = 10\n")
    assert main(["drift", str(one), str(other), "--limits", str(loose)]) == 0

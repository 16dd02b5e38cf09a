"""A model on disk and in use: whole or refused, and the same answer however it is asked."""

from __future__ import annotations

import dataclasses
import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives import bundle as bundles
from narratives.errors import InputError, ModelDamagedError, ModelError, ModelExistsError, ModelFormatError, ModelNotFoundError
from narratives.features import ALWAYS, of_normalised
from narratives.heads import Head
from narratives.scorer import LONGEST, Model, load
from narratives.store import Store
from narratives.text import normalise

TEXTS = ["The wells ran dry.", "Sewage in the brook!", "", "Choir on Sunday", "Пу\u00adтин «сказал»", "dry dry dry wells"]


@pytest.fixture
def saved(toy_bundle, tmp_path):
    store = Store(tmp_path / "models")
    store.add(toy_bundle)
    store.use("1.0.0")
    return store


def test_save_then_load_gives_equal_bits(toy_bundle, saved, tmp_path):
    once = saved.load()
    again = Store(tmp_path / "again")
    again.add(once)
    for part in (bundles.MANIFEST, *bundles.PARTS):
        assert (saved.root / "1.0.0" / part).read_bytes() == (again.root / "1.0.0" / part).read_bytes()
    assert (Model(once).raw_scores(TEXTS) == Model(again.load("1.0.0")).raw_scores(TEXTS)).all()
    np.testing.assert_allclose(Model(once).raw_scores(TEXTS), Model(toy_bundle).raw_scores(TEXTS), atol=5e-3)  # half precision


def test_one_by_one_equals_batches_to_the_bit(saved):
    model = Model(saved.load())
    together = [reading.to_dict() for reading in model.score_many(TEXTS)]
    assert together == [model.score(text).to_dict() for text in TEXTS]
    assert together[::-1] == [reading.to_dict() for reading in model.score_many(iter(TEXTS[::-1]))]
    many = list(model.score_many(TEXTS * 200, evidence=False))
    assert [r.frames["shortage"].score for r in many[-len(TEXTS) :]] == [r["frames"]["shortage"]["score"] for r in together]


@given(st.text(max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_an_answer_whose_evidence_adds_up(toy_model, text):
    reading = toy_model.score(text)
    for result in reading.frames.values():
        assert 0.0 <= result.probability <= 1.0
        assert math.isclose(result.bias + sum(piece.weight for piece in result.evidence), result.score, abs_tol=1e-9)
        assert result.present == (result.probability >= result.threshold)
        for piece in result.evidence:
            assert text[piece.start : piece.end] == piece.text
    json.dumps(reading.to_dict())


def test_evidence_points_at_the_words_that_carry_it(toy_model):
    reading = toy_model.score("Wells in the upper village ran dry in the drought, the clerk told us.")
    assert reading.present == ("shortage",)
    assert reading.frames["shortage"].strongest(3)[0].text in {"drought", "dry"}


@pytest.mark.parametrize("text", ["\ud800 lone", "\x00\x01", "a\u0301" * 50, "🙂", "١٢٣", "\u202eright to left"])
def test_strange_characters(toy_model, text):
    toy_model.score(text)


def test_what_is_no_text_is_said(toy_model):
    with pytest.raises(InputError, match="text is NoneType"):
        toy_model.score(None)
    with pytest.raises(InputError, match="text 2 is NoneType"):
        list(toy_model.score_many(["a", "b", None]))
    with pytest.raises(InputError, match="got one text"):
        list(toy_model.score_many("abc"))
    with pytest.raises(InputError, match="at most 1,000,000"):
        toy_model.score("x" * (LONGEST + 1))
    with pytest.raises(InputError, match="article is bytes"):
        toy_model.score_article(b"x")


def test_composed_and_decomposed_score_alike(toy_model):
    import unicodedata

    text = "Überlauf: café à l'égout, Київ"
    assert (toy_model.raw_scores([unicodedata.normalize("NFC", text)]) == toy_model.raw_scores([unicodedata.normalize("NFD", text)])).all()


def test_a_higher_threshold_never_adds_a_frame(toy_bundle):
    def present(delta):
        calibrations = tuple(
            dataclasses.replace(c, threshold=min(1.0, c.threshold + delta), bands=c.bands) for c in toy_bundle.calibrations
        )
        return Model(dataclasses.replace(toy_bundle, calibrations=calibrations)).decisions(TEXTS)[1]

    levels = [present(delta) for delta in (0.0, 0.1, 0.3, 0.6)]
    assert all((higher <= lower).all() for lower, higher in pairwise(levels))


def test_article_has_offsets_language_and_order(toy_model):
    text = "Dry wells\n\nThe upper village has had no water since Tuesday, and the council fears a shortage.\n\n\nThe choir sang."
    article = toy_model.score_article(text)
    assert article.language.code == "en"
    assert article.supported
    assert [paragraph.kind for paragraph in article] == ["headline", "paragraph", "paragraph"]
    for paragraph in article:
        assert text[paragraph.start : paragraph.end] == paragraph.reading.text
        assert paragraph.reading.to_dict() == toy_model.score(paragraph.reading.text).to_dict()
    assert len(toy_model.score_article("  \n ")) == 0


@pytest.mark.parametrize("part", [bundles.MANIFEST, *bundles.PARTS])
@pytest.mark.parametrize("harm", ["missing", "altered", "truncated", "emptied"])
def test_a_harmed_part_is_refused_and_named(saved, part, harm):
    path = saved.root / "1.0.0" / part
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"altered": flipped, "truncated": content[:-7], "emptied": b""}[harm])
    with pytest.raises((ModelDamagedError, ModelNotFoundError), match=part):
        saved.load()


def test_a_newer_format_is_refused_with_advice(saved):
    path = saved.root / "1.0.0" / bundles.MANIFEST
    manifest = json.loads(path.read_text()) | {"format": bundles.FORMAT + 1}
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelFormatError, match="upgrade the package"):
        saved.load()


def test_a_pickle_in_place_of_an_array_runs_nothing(saved, tmp_path):
    import pickle

    class Harmful:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    path = saved.root / "1.0.0" / bundles.WEIGHTS
    path.write_bytes(pickle.dumps(Harmful()))
    manifest_path = saved.root / "1.0.0" / bundles.MANIFEST
    manifest = json.loads(manifest_path.read_text())
    del manifest["manifest_sha256"]
    manifest["sha256"][bundles.WEIGHTS] = bundles._sha256(path.read_bytes())
    manifest_path.write_text(json.dumps(manifest | {"manifest_sha256": bundles._manifest_digest(manifest)}))
    with pytest.raises(ModelDamagedError, match="not a plain array"):
        saved.load()
    assert not (tmp_path / "ran").exists()


def test_versions(saved, toy_bundle, tmp_path):
    with pytest.raises(ModelExistsError, match="never overwritten"):
        saved.add(toy_bundle)
    with pytest.raises(ModelNotFoundError, match=r"no model '1.0.1'; did you mean '1.0.0'"):
        saved.load("1.0.1")
    assert Store(tmp_path / "nothing").versions() == []
    with pytest.raises(ModelNotFoundError, match="no model is in use"):
        Store(tmp_path / "nothing").load()
    with pytest.raises(ModelNotFoundError, match="no such model folder"):
        load(tmp_path / "nowhere")
    facts, features = toy_bundle.facts, toy_bundle.settings.to_dict()
    book, corpus = facts["codebook_sha256"], facts["corpus"]["sha256"]
    assert Store(tmp_path / "nothing").next_version(book, [corpus], features) == "1.0.0"
    assert saved.next_version(book, [corpus], features) == "1.0.1"
    assert saved.next_version(book, ["other"], features) == "1.1.0"
    assert saved.next_version(book, [corpus], features | {"bits": 13}) == "1.1.0"
    assert saved.next_version(book, [corpus, "own"], features) == "1.1.0"
    assert saved.next_version("other", [corpus], features) == "2.0.0"


def test_every_error_of_a_model_is_a_model_error():
    assert all(issubclass(kind, ModelError) for kind in (ModelDamagedError, ModelExistsError, ModelFormatError, ModelNotFoundError))


def test_voice_and_subframe_only_where_the_frame_is(toy_model):
    reading = toy_model.score("Raw sewage polluted the bathing place again, dirty as it was.")
    result = reading.frames["pollution"]
    assert result.present
    assert result.subframe.first == "sewage"
    assert math.isclose(sum(p for _, p in result.subframe.ranked), 1.0)
    assert result.subframe.strongest(2)[0].text in {"sewage", "Raw", "bathing", "place", "again"}
    assert result.voice is None  # this codebook has none
    absent = reading.frames["shortage"]
    assert not absent.present
    assert absent.subframe is None


def test_heads_are_learnt_from_the_other_folds(toy_training):
    """Turning the labels of one fold round must leave the answers for that fold's own examples as they are."""
    import dataclasses as d

    from scipy import sparse

    from narratives import heads

    examples = toy_training.examples()[0]
    features = sparse.hstack([toy_training.detail_features[examples.rows]] * 2).tocsr()
    held = toy_training.folds[examples.rows] == 0
    turned = d.replace(examples, labels=np.where(held, 1 - examples.labels, examples.labels))
    one, other = (heads.learn(e, features, toy_training.folds, 0) for e in (examples, turned))
    ratio_one, ratio_other = (np.log(x.probabilities[held]) / x.head.sharpness for x in (one, other))
    difference = [r[:, 0] - r[:, 1] for r in (ratio_one, ratio_other)]
    np.testing.assert_allclose(difference[0], difference[1], atol=1e-9)


LONG = (
    "The choir sang by the fountain on Sunday. The board met for an hour. Raw sewage polluted the bathing place again. "
    "So the clerk said. Bills can now be paid at the post office. Meters are read in the first week of June."
)


def test_carrier_is_the_sentence_that_scores_with_its_neighbours(toy_model):
    column = toy_model.codebook.frame_ids.index("pollution")
    texts = ["No end", LONG, ""]
    spans = toy_model._engine.score(of_normalised(texts), cuts=[ALWAYS] * 2).carriers[:, column, 2:].tolist()
    start, end = spans.pop(1)
    assert LONG[start:end] == "The board met for an hour. Raw sewage polluted the bathing place again. So the clerk said."
    assert spans == [[0, 6], [0, 0]]


def test_evidence_of_a_choice_adds_up_over_paragraph_and_carrier(toy_model):
    text = "The choir sang. The board met. The overflow spilled dirty sewage. Raw sewage polluted the lake, dirty as it was."
    reading = toy_model.score(text)
    choice = reading.frames["pollution"].subframe
    head = next(head for head in toy_model.bundle.heads if head.name == "pollution")
    column = toy_model.codebook.frame_ids.index("pollution")
    scored = toy_model._engine.score(of_normalised([normalise(text).text]), cuts=[ALWAYS] * 2)
    assert scored.carriers[0, column, 2] > 0  # not the whole paragraph
    sums = scored.told[0, column, head.first + head.classes.index(choice.first)]
    assert math.isclose(sum(piece.weight for piece in choice.evidence), sums, abs_tol=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        {"at_prevalence": {"1.5": [{"slope": 1.0, "offset": 0.0, "threshold": 0.5, "bands": []}] * 2}},
        {"at_prevalence": {"0.1": []}},
        {"at_prevalence": {"much": []}},
        {"encoder": {"name": "sentence-transformers:x"}},
        {"far_from": "far"},
        {"lexicon": {"concepts": []}},
    ],
)
def test_a_manifest_that_says_something_else_is_refused_with_its_place(saved, change):
    path = saved.root / "1.0.0" / bundles.MANIFEST
    manifest = {key: value for key, value in json.loads(path.read_text()).items() if key != "manifest_sha256"}
    manifest |= change
    path.write_text(json.dumps(manifest | {"manifest_sha256": bundles._manifest_digest(manifest)}))
    with pytest.raises(ModelDamagedError, match="does not describe a model"):
        saved.load()


def test_a_paragraph_tells_its_own_language():
    texts = [
        "De minister zei dat het een bedreiging is voor de grens.",
        "The minister said that it was a threat to the border.",
        "NATO 2014",
    ]
    assert [reading.language for reading in load().score_many(texts, evidence=False)] == ["nl", "en", "und"]


def test_probabilities_of_a_choice_are_its_sharpened_softmax():
    head = Head("voice", ("a", "b"), (0.25, -0.25), 2.0, 0)
    found = head.probabilities(np.array([[0.0, 0.0], [1.0, -1.0]]))
    np.testing.assert_allclose(found[:, 0], [1 / (1 + math.exp(-1.0)), 1 / (1 + math.exp(-5.0))])
    np.testing.assert_allclose(found.sum(axis=1), 1.0)

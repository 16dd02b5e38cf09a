"""The encoder door: dense vectors beside hashed features, remembered by digest, another one refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from narratives import bundle as bundles
from narratives.encoders import Encoder, check, open_encoder
from narratives.errors import InputError, ModelDamagedError, ModelFormatError
from narratives.scorer import Model
from narratives.training import Training
from tests.conftest import SMALL, bundle_of

DIMENSION = 6


class Letters:
    """A tiny encoder: how often a few letters stand in a text, at length one, as a sentence-transformers model answers."""

    def encode(self, texts, batch_size, show_progress_bar, normalize_embeddings):
        counts = np.array([[text.count(letter) + 0.1 for letter in "aeinst"] for text in texts])
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


ENCODER = Encoder("sentence-transformers:letters", hashlib.sha256(b"letters").hexdigest(), DIMENSION, Letters())


@pytest.fixture(scope="module")
def encoded(toy_records, toy_codebook):
    training = Training(toy_records, toy_codebook, replace(SMALL, encoder=ENCODER))
    learner = SMALL.candidates[0]
    return training, bundle_of(training, learner, [])


def test_scores_are_the_sum_of_both_sides(encoded, toy_records):
    _, bundle = encoded
    model = Model(bundle, encoder=ENCODER)
    texts = [record.text for record in toy_records[:20]]
    sparse = Model(replace(bundle, encoder=None)).raw_scores(texts)
    np.testing.assert_allclose(model.raw_scores(texts), sparse + ENCODER.encode(texts) @ bundle.dense, atol=1e-6)
    assert np.abs(bundle.dense).max() > 0
    reading = model.score(texts[0])
    for result in reading.frames.values():
        words = sum(piece.weight for piece in result.evidence)
        assert result.score - result.bias - words == pytest.approx(
            float((ENCODER.encode(texts[:1]) @ bundle.dense)[0, list(reading.frames).index(result.frame)]), abs=1e-4
        )


def test_a_model_is_saved_with_its_encoder_and_refuses_another(encoded, tmp_path):
    _, bundle = encoded
    bundles.save(bundle, tmp_path)
    again = bundles.load(tmp_path)
    assert again.encoder == {"name": ENCODER.name, "digest": ENCODER.digest, "dimension": DIMENSION}
    np.testing.assert_array_equal(again.dense, bundle.dense)
    texts = ["The water ran out.", ""]
    np.testing.assert_allclose(Model(again, encoder=ENCODER).raw_scores(texts), Model(bundle, encoder=ENCODER).raw_scores(texts), atol=0.02)
    with pytest.raises(ModelFormatError, match="another one"):
        Model(again, encoder=replace(ENCODER, digest="0" * 64))
    (tmp_path / bundles.DENSE).unlink()
    with pytest.raises(ModelDamagedError, match=r"dense.npy: is missing"):
        bundles.load(tmp_path)


def test_names_of_another_form_are_refused():
    for name in ("letters", "sentence-transformers:", "word2vec:x"):
        with pytest.raises(InputError, match="wanted sentence-transformers:NAME_OR_FOLDER"):
            open_encoder(name)


def test_a_real_encoder_is_opened_from_its_folder_alone(tmp_path):
    """Where the library is installed (extra ``encoder``): a static embedding made here, saved and opened again."""
    pytest.importorskip("sentence_transformers", reason="needs the extra 'encoder'")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "water": 1, "war": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    weights = np.eye(3, 4, dtype=np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(str(tmp_path / "tiny"))
    encoder = open_encoder(f"sentence-transformers:{tmp_path / 'tiny'}")
    assert encoder.dimension == 4
    vectors = encoder.encode(["water", "war"])
    assert abs(vectors[0] @ vectors[1]) < abs(vectors[0] @ vectors[0])
    assert check(encoder.to_dict(), None).digest == encoder.digest
    with pytest.raises(InputError, match="not on this machine"):
        open_encoder(f"sentence-transformers:{tmp_path / 'nowhere'}")

"""The door to dense vectors: a sentence encoder that is on this machine, beside the hashed features.

The default needs none. With one, every text becomes its vector too, and the frames learn a weight for each of its numbers. A
model remembers the encoder by name and by a digest of its parameters, and refuses another. Nothing is downloaded: the
encoder must lie in a folder, or in the local cache of its library (extra ``encoder``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.errors import InputError, ModelFormatError

KIND = "sentence-transformers"
BATCH = 64
# Vectors have length one; so weighed, they count about as much as the concepts of a paragraph.
SCALE = 2.0


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder that is open.

    :param name: ``sentence-transformers:NAME_OR_FOLDER``, as it was asked for.
    :param digest: sha256 over names and values of its parameters.
    :param dimension: length of its vectors.
    """

    name: str
    digest: str
    dimension: int
    model: Any = field(repr=False, compare=False)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the scaled vectors of normalised texts, ``(n_texts, dimension)``."""
        if not texts:
            return np.zeros((0, self.dimension))
        vectors = self.model.encode(list(texts), batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True)
        return SCALE * np.asarray(vectors, np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for a model's manifest."""
        return {"name": self.name, "digest": self.digest, "dimension": self.dimension}


def open_encoder(name: str) -> Encoder:
    """Open an encoder that is on this machine.

    :param name: ``sentence-transformers:NAME_OR_FOLDER``.
    :raises InputError: when the name has another form, the library is not installed, or the encoder is not here.
    """
    kind, colon, place = name.partition(":")
    if kind != KIND or not colon or not place:
        raise InputError(f"encoder {name!r}: wanted {KIND}:NAME_OR_FOLDER")
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise InputError(f"encoder {name!r} needs sentence-transformers; install it with: pip install 'narratives[encoder]'") from error
    try:
        model = SentenceTransformer(place, device="cpu", local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:  # missing, not a model, or one that does not fit together
        raise InputError(f"encoder {name!r} is not on this machine ({error}); put its folder here and name that") from error
    # The last layer's size under its old and its new name.
    dimension = (getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension)()
    return Encoder(name, parameters_digest(model), int(dimension), model)


def parameters_digest(model: Any) -> str:
    """Return sha256 over the names and values of a model's parameters, wherever its files lie."""
    digest = hashlib.sha256()
    for key, tensor in sorted(model.state_dict().items()):
        digest.update(key.encode())
        digest.update(np.ascontiguousarray(tensor.cpu().numpy()).tobytes())
    return digest.hexdigest()


def check(wanted: Mapping[str, Any], encoder: Encoder | None) -> Encoder:
    """Return the encoder that a model was trained with: the given one, or the one of that name.

    :param wanted: what the model remembers, from `Encoder.to_dict`.
    :raises InputError: when it is not on this machine.
    :raises ModelFormatError: when it is another one.
    """
    encoder = encoder or open_encoder(str(wanted["name"]))
    if (encoder.digest, encoder.dimension) != (wanted["digest"], wanted["dimension"]):
        raise ModelFormatError(
            f"this model was trained with the encoder {wanted['name']} (sha256 {str(wanted['digest'])[:12]}...), "
            f"and {encoder.name} here is another one (sha256 {encoder.digest[:12]}...)"
        )
    return encoder

"""One model on disk: a folder of JSON and plain arrays, checked before anything in it is used.

Nothing here is ever unpickled, so opening a stranger's model runs no code. What the check does not promise: whoever
can rewrite the folder can rewrite its digests too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import codebook as codebooks
from narratives.calibrate import Calibration
from narratives.codebook import Codebook
from narratives.errors import ModelDamagedError, ModelError, ModelFormatError, ModelNotFoundError
from narratives.features import FeatureSettings
from narratives.features.lexicon import Lexicon, checked
from narratives.files import write_json
from narratives.heads import N_ROWS, VIEWS, Head
from narratives.novelty import BITS, Novelty

# Raise when a reader of the old number would misread the folder; keep the old reader, with a committed model and a test.
FORMAT = 1
MANIFEST, WEIGHTS, LEXICON, DETAILS, DENSE = "manifest.json", "weights.npy", "lexicon.npy", "details.npy", "dense.npy"
SEEN = "seen.npy"
LEXICON_NAMES = ("concepts", "patterns", "languages")
PARTS = (WEIGHTS, LEXICON, DETAILS, SEEN)
LARGEST_PART = 256 << 20
SIGNATURE, CARD = "manifest.json.sig", "MODEL_CARD.md"
BESIDE = (SIGNATURE, CARD)  # what may lie in a model folder without being a part of the model: nothing reads it when scoring


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that a model is.

    :param weights: ``(n_buckets, n_frames)``, frames in the codebook's order.
    :param lexicon: concepts and patterns, see `narratives.features.lexicon`.
    :param biases: ``(n_frames,)``.
    :param heads: voice and sub-frames, with their weights side by side in ``details``, ``(VIEWS, N_ROWS, n_classes)``.
    :param novelty: which words the corpus has, to tell texts that are far from it.
    :param at_prevalence: the frames' calibrations at other prevalences than that of ``calibrations``.
    :param encoder: what is remembered of the encoder, see `narratives.encoders`; None for a model without one.
    :param dense: the frames' weights of its vectors, ``(dimension, n_frames)``.
    :param facts: how the model came about: corpus, learner, table of candidates, scores, versions.
    :param manifest_sha256: which model exactly: the digest in the manifest that it was loaded from; None for one not yet saved.
    """

    version: str
    codebook: Codebook
    settings: FeatureSettings
    languages: tuple[str, ...]
    weights: NDArray[np.float32]
    lexicon: Lexicon
    biases: tuple[float, ...]
    calibrations: tuple[Calibration, ...]
    heads: tuple[Head, ...]
    details: NDArray[np.float32]
    novelty: Novelty
    facts: Mapping[str, Any]
    at_prevalence: Mapping[float, tuple[Calibration, ...]] = field(default_factory=dict)
    encoder: Mapping[str, Any] | None = None
    dense: NDArray[np.float32] | None = None
    manifest_sha256: str | None = None

    @property
    def priors(self) -> tuple[float, ...]:
        """The prevalence of each frame at which ``calibrations`` hold: the stated one, or that of the corpus."""
        if isinstance(stated := self.facts.get("prevalence"), float):
            return (stated,) * len(self.codebook.frame_ids)
        corpus = self.facts.get("own") or self.facts.get("corpus") or {}
        counts, n = corpus.get("frames", {}), max(1, corpus.get("paragraphs", 1))
        return tuple(min(max(counts.get(frame, 0) / n, 1e-6), 1 - 1e-6) for frame in self.codebook.frame_ids)


def save(bundle: Bundle, folder: Path) -> None:
    """Write a bundle into a folder that exists and is empty; the caller makes it appear whole."""
    # Half precision: a third of the size, and the rounding is far below the spread of any score over folds.
    np.save(folder / WEIGHTS, bundle.weights.astype("<f2"), allow_pickle=False)
    np.save(folder / LEXICON, bundle.lexicon.packed.astype("<i8"), allow_pickle=False)
    np.save(folder / DETAILS, bundle.details.astype("<f2"), allow_pickle=False)
    np.save(folder / SEEN, bundle.novelty.seen, allow_pickle=False)
    parts: tuple[str, ...] = PARTS
    if bundle.encoder is not None and bundle.dense is not None:
        np.save(folder / DENSE, bundle.dense.astype("<f4"), allow_pickle=False)
        parts = (*PARTS, DENSE)
    manifest = {
        "format": FORMAT,
        "version": bundle.version,
        "features": bundle.settings.to_dict(),
        "languages": list(bundle.languages),
        "lexicon": {kind: list(getattr(bundle.lexicon, kind)) for kind in LEXICON_NAMES},
        "frames": {
            frame: {"bias": bias, **calibration.to_dict()}
            for frame, bias, calibration in zip(bundle.codebook.frame_ids, bundle.biases, bundle.calibrations, strict=True)
        },
        "at_prevalence": {f"{share:g}": [c.to_dict() for c in calibrations] for share, calibrations in bundle.at_prevalence.items()},
        "encoder": dict(bundle.encoder) if bundle.encoder is not None else None,
        "far_from": bundle.novelty.limit,
        "heads": [head.to_dict() for head in bundle.heads],
        **bundle.facts,
        "codebook": bundle.codebook.to_dict(),
        "sha256": {part: _sha256((folder / part).read_bytes()) for part in parts},
    }
    write_json(folder / MANIFEST, manifest | {"manifest_sha256": _manifest_digest(manifest)})


def load(folder: Path | str) -> Bundle:
    """Read a bundle, checking every part first.

    :param folder: a model folder.
    :raises ModelNotFoundError: when there is no model.
    :raises ModelDamagedError: when a part is missing, altered or truncated.
    :raises ModelFormatError: when it was written in a newer format.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    parts = {part: _read_part(folder, part, manifest) for part in PARTS}
    try:
        codebook = codebooks.from_dict(manifest["codebook"], source=str(folder / MANIFEST))
        settings = FeatureSettings.from_dict(manifest["features"])
        frames = [manifest["frames"][frame] for frame in codebook.frame_ids]
        calibrations = tuple(Calibration.from_dict(frame) for frame in frames)
        at = {float(share): tuple(map(Calibration.from_dict, each)) for share, each in manifest.get("at_prevalence", {}).items()}
        if any(not 0 < share < 1 or len(each) != len(frames) for share, each in at.items()):
            raise ValueError("at_prevalence holds no shares, or does not fit the frames")
        biases = tuple(float(frame["bias"]) for frame in frames)
        languages = tuple(map(str, manifest["languages"]))
        encoder: dict[str, Any] | None = None
        if (told := manifest.get("encoder")) is not None:
            encoder = {"name": str(told["name"]), "digest": str(told["digest"]), "dimension": int(told["dimension"])}
        limit = float(manifest["far_from"])
        heads = tuple(Head.from_dict(head) for head in manifest["heads"])
        names = {kind: tuple(map(str, manifest["lexicon"][kind])) for kind in LEXICON_NAMES}
    except ModelError:
        raise
    except Exception as error:  # whatever a stranger's manifest provokes becomes one typed error that says where
        raise _damaged(folder / MANIFEST, f"does not describe a model ({type(error).__name__}: {error})") from error
    weights = _array(folder, WEIGHTS, parts[WEIGHTS], "<f2", (settings.n_buckets, len(frames)))
    dense = None
    if encoder is not None:
        dense = as_float(_array(folder, DENSE, _read_part(folder, DENSE, manifest), "<f4", (encoder["dimension"], len(frames))))
    details = _array(folder, DETAILS, parts[DETAILS], "<f2", (VIEWS, N_ROWS, sum(len(head.classes) for head in heads)))
    novelty = Novelty(_array(folder, SEEN, parts[SEEN], "|u1", (1 << BITS >> 3,)), limit)
    try:
        lexicon = Lexicon(checked(_array(folder, LEXICON, parts[LEXICON], "<i8", None)), **names)
    except ValueError as error:
        raise _damaged(folder / LEXICON, f"is no packed lexicon ({error})") from error
    known = {
        "format",
        "version",
        "features",
        "languages",
        "lexicon",
        "frames",
        "at_prevalence",
        "heads",
        "codebook",
        "sha256",
        "manifest_sha256",
    }
    facts = {key: value for key, value in manifest.items() if key not in known}
    return Bundle(
        str(manifest["version"]),
        codebook,
        settings,
        languages,
        as_float(weights),
        lexicon,
        biases,
        calibrations,
        heads,
        as_float(details),
        novelty,
        facts,
        at,
        encoder,
        dense,
        str(manifest["manifest_sha256"]),
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check the manifest alone; raises as `load` does."""
    path = folder / MANIFEST
    if not folder.is_dir():
        raise ModelNotFoundError(f"{folder}: no such model folder; `narratives models` lists the models there are")
    if not path.is_file():
        raise ModelNotFoundError(f"{folder}: holds no {MANIFEST}, so it is no model folder")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, f"cannot be read as JSON ({error})") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise _damaged(path, "has no format number")
    if manifest["format"] > FORMAT:
        raise ModelFormatError(
            f"{path}: format {manifest['format']}, and this version reads up to {FORMAT}; upgrade the package (pip install -U narratives)"
        )
    content = {key: value for key, value in manifest.items() if key != "manifest_sha256"}
    if manifest.get("manifest_sha256") != _manifest_digest(content):
        raise _damaged(path, "was altered: its content does not match its own digest")
    return manifest


def strangers(folder: Path) -> list[str]:
    """Return the names of what lies in a model folder and is no part of the model; raises as `read_manifest` does."""
    known = {MANIFEST, *read_manifest(folder).get("sha256", {}), *BESIDE}
    return sorted(path.name for path in folder.iterdir() if path.name not in known or not path.is_file())


def _read_part(folder: Path, part: str, manifest: Mapping[str, Any]) -> bytes:
    path = folder / part
    if not path.is_file():
        raise _damaged(path, "is missing")
    if path.stat().st_size > LARGEST_PART:
        raise _damaged(path, f"has {path.stat().st_size} bytes, more than any model of ours")
    content = path.read_bytes()
    wanted = manifest.get("sha256", {}).get(part) if isinstance(manifest.get("sha256"), dict) else None
    if _sha256(content) != wanted:
        raise _damaged(path, f"was altered or truncated: sha256 {_sha256(content)[:12]}..., the manifest says {str(wanted)[:12]}...")
    return content


def _array(folder: Path, part: str, content: bytes, kind: str, shape: tuple[int, ...] | None) -> Any:
    from io import BytesIO

    try:
        array = np.load(BytesIO(content), allow_pickle=False)
    except Exception as error:  # numpy raises a dozen kinds on a bad header; the cause stays attached
        raise _damaged(folder / part, f"is not a plain array ({error})") from error
    if array.dtype != np.dtype(kind) or (array.ndim != 1 if shape is None else array.shape != shape):
        raise _damaged(folder / part, f"is {array.dtype} {array.shape}, wanted {kind} {shape or 'in one row'}")
    return np.ascontiguousarray(array)


def as_float(array: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return stored half-precision numbers as the kernel reads them."""
    return array.astype(np.float32)


def _damaged(path: Path, what: str) -> ModelDamagedError:
    return ModelDamagedError(f"{path}: {what}; restore the folder from version control or retrain (python train.py)")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _manifest_digest(manifest: Mapping[str, Any]) -> str:
    return _sha256(json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode())

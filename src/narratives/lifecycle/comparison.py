"""What changed from one model to another: what they were made of, and which answers flip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from narratives.errors import InputError
from narratives.heads import VOICE
from narratives.scorer import BATCH, Model

# Parts of a manifest, under the headings that people look for.
SECTIONS = {
    "settings": ("format", "features", "languages", "encoder", "learner", "prevalence", "seed", "folds", "far_from", "versions"),
    "codebook": ("codebook",),
    "corpus": ("corpus", "own"),
}
FRAME, SUBFRAME = "frame", "subframe"
GAINED, LOST = ("absent", "present"), ("present", "absent")


@dataclass(frozen=True, slots=True)
class Flip:
    """One answer that two models give differently.

    :param kind: ``frame`` (present or not), or ``voice`` or ``subframe`` where both say that the frame is present.
    :param answers: of the first model and the second, such as ``("absent", "present")``.
    :param probabilities: that the frame is present, by the first and the second.
    """

    row: int
    frame: str
    kind: str
    answers: tuple[str, str]
    probabilities: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        told = {"row": self.row, "frame": self.frame, "kind": self.kind}
        return told | {"answers": list(self.answers), "probabilities": [round(value, 6) for value in self.probabilities]}


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs between two manifests, as plain data: ``[name, first, second]`` for each setting, count and threshold.

    What only one of them has is None on the other side. Figures are cross-validated, each on the corpus of its own model.
    """
    changes: dict[str, Any] = {
        section: _changes({key: first.get(key) for key in keys}, {key: second.get(key) for key in keys})
        for section, keys in SECTIONS.items()
    }
    changes["lexicon"] = {
        kind: {"added": sorted({*second["lexicon"][kind]} - {*names}), "removed": sorted({*names} - {*second["lexicon"][kind]})}
        for kind, names in first["lexicon"].items()
        if sorted(names) != sorted(second["lexicon"].get(kind, ()))
    }
    changes["thresholds"] = _changes(*({frame: told["threshold"] for frame, told in each["frames"].items()} for each in (first, second)))
    one, other = (each.get("cross_validation", {}) for each in (first, second))
    changes["figures"] = [
        [name, one.get(name), other.get(name)] for name in dict.fromkeys([*one, *other]) if one.get(name) != other.get(name)
    ]
    return changes


def flips(first: Model, second: Model, texts: Sequence[str]) -> list[Flip]:
    """Return the answers that flip, those whose probability changes most before the others.

    :raises InputError: when the models have no frame in common.
    """
    if not set(first.codebook.frame_ids) & set(second.codebook.frame_ids):
        raise InputError(f"models {first.version} and {second.version} have no frame in common; no answer of one is one of the other")
    found: list[Flip] = []
    for start in range(0, len(texts), BATCH):
        found += _flips(first, second, texts[start : start + BATCH], start)
    return sorted(found, key=lambda flip: (flip.kind != FRAME, -abs(flip.probabilities[1] - flip.probabilities[0]), flip.row))


def presence(first: Model, second: Model, texts: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return for each frame in common in how many texts each of two models says that it is present."""
    counts = [model.decisions(texts)[1].sum(axis=0) for model in (first, second)]
    places = [{frame: k for k, frame in enumerate(model.codebook.frame_ids)} for model in (first, second)]
    return {frame: (int(counts[0][k]), int(counts[1][places[1][frame]])) for frame, k in places[0].items() if frame in places[1]}


def _flips(first: Model, second: Model, texts: Sequence[str], start: int) -> Iterator[Flip]:
    models, answers = (first, second), [model.columns(texts) for model in (first, second)]
    for frame in (frame for frame in first.codebook.frame_ids if frame in second.codebook.frame_ids):
        places = [model.codebook.frame_ids.index(frame) for model in models]
        present = np.stack([answer.present[:, k] for answer, k in zip(answers, places, strict=True)], axis=1)
        likely = np.stack([answer.probabilities[:, k] for answer, k in zip(answers, places, strict=True)], axis=1).tolist()
        for row in np.flatnonzero(present[:, 0] != present[:, 1]).tolist():
            yield Flip(start + row, frame, FRAME, GAINED if present[row, 1] else LOST, tuple(likely[row]))
        for row in np.flatnonzero(present.all(axis=1)).tolist():
            for kind in (VOICE, SUBFRAME):
                one, other = (_choice(model, answer, row, frame, kind) for model, answer in zip(models, answers, strict=True))
                if one and other and one != other:
                    yield Flip(start + row, frame, kind, (one, other), tuple(likely[row]))


def _choice(model: Model, answer: Any, row: int, frame: str, kind: str) -> str | None:
    """Return the likeliest voice or sub-frame of a frame that is present, None where the model tells none."""
    if kind == VOICE and answer.voices is not None:
        name, chances = VOICE, answer.voices[row, model.codebook.frame_ids.index(frame)]
    elif kind == SUBFRAME and frame in answer.subframes:
        name, chances = frame, answer.subframes[frame][row]
    else:
        return None
    head = next(head for head in model.bundle.heads if head.name == name)
    return str(head.classes[int(np.argmax(chances))])


def _changes(first: Any, second: Any) -> list[list[Any]]:
    one, other = dict(_leaves(first)), dict(_leaves(second))
    return [[name, one.get(name), other.get(name)] for name in dict.fromkeys([*one, *other]) if one.get(name) != other.get(name)]


def _leaves(content: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Go through plain data; what has an id is named by it, so that one more in a list is no change of those after it."""
    if isinstance(content, Mapping):
        parts = [(str(key), value) for key, value in content.items() if key != "id"]
    elif isinstance(content, list) and content and all(isinstance(item, Mapping) and "id" in item for item in content):
        parts = [(str(item["id"]), item) for item in content]
    else:
        yield name, content
        return
    for key, value in parts:
        yield from _leaves(value, f"{name}.{key}" if name else key)

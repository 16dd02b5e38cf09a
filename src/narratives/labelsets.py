"""Documents that carry a set of labels out of many: how such sets are chosen, and how they are measured.

Other taxonomies (SemEval-2025 Task 10: 22 narratives, 91 sub-narratives of whole documents) ask for the set whose F1 with the
true set is best, document by document. Given a probability for each label, that set is found among the likeliest ones.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.errors import DataError, InputError

LARGEST_SET = 10


@dataclass(frozen=True, slots=True)
class Document:
    """A document and its labels at each level; None where the labels of a level are not complete."""

    id: str
    lang: str
    text: str
    labels: dict[str, tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Documents with the classes of each level, in the order of their lists."""

    documents: tuple[Document, ...]
    classes: dict[str, tuple[str, ...]]


def read_semeval2025(folder: Path) -> Taxonomy:
    """Read the folder of SemEval-2025 Task 10, subtask 2: ``documents.jsonl``, ``narratives.txt``, ``subnarratives.txt``.

    A label outside the class list is dropped, as the task's measure does.

    :raises InputError: when a file is missing or cannot be read.
    :raises DataError: with every line that is not a document.
    """
    try:
        classes = {
            level: tuple((folder / f"{level}.txt").read_text(encoding="utf-8").split("\n")) for level in ("narratives", "subnarratives")
        }
        lines = (folder / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{folder}: not the folder of SemEval-2025 Task 10 ({error})") from error
    classes = {level: tuple(name.strip() for name in names if name.strip()) for level, names in classes.items()}
    documents, faults = [], []
    for number, line in enumerate(lines, start=1):
        try:
            content = json.loads(line)
            labels = {level: _known(content[level], names) for level, names in classes.items()}
            documents.append(Document(str(content["id"]), str(content["lang"]), str(content["text"]), labels))
        except (ValueError, KeyError, TypeError) as error:
            faults.append(
                f"{folder / 'documents.jsonl'}:{number}: {type(error).__name__} {error}; wanted id, lang, text and {', '.join(classes)}"
            )
    if faults:
        raise DataError(str(folder), faults)
    return Taxonomy(tuple(documents), classes)


def _known(labels: Any, classes: Sequence[str]) -> tuple[str, ...] | None:
    return None if labels is None else tuple(label for label in labels if label in classes)


def targets(documents: Sequence[Document], level: str, classes: Sequence[str]) -> NDArray[np.bool_]:
    """Return which labels each document has, ``(n_documents, n_classes)``."""
    return np.array([[name in (document.labels[level] or ()) for name in classes] for document in documents], dtype=bool)


def samples_f1(truth: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return for each document the F1 of the chosen set with the true one; 0 where both share nothing."""
    both = (truth & chosen).sum(axis=1)
    sizes = truth.sum(axis=1) + chosen.sum(axis=1)
    result: NDArray[np.float64] = 2 * both / np.maximum(sizes, 1)
    return result


def likeliest_sets(probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Choose for each document the set with the best expected F1, at least one label.

    For labels taken as independent the best set holds the likeliest ones (Lewis 1995), so only its size is open; the
    expectation of F1 is taken as the F1 of the expectations.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    size = min(LARGEST_SET, probabilities.shape[1])
    hits = np.cumsum(np.take_along_axis(probabilities, order[:, :size], axis=1), axis=1)
    expected = 2 * hits / (np.arange(1, size + 1) + probabilities.sum(axis=1, keepdims=True))
    best = expected.argmax(axis=1)
    chosen = np.zeros(probabilities.shape, dtype=bool)
    np.put_along_axis(chosen, order[:, :size], np.arange(size) <= best[:, None], axis=1)
    return chosen

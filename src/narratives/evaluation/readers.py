"""How far two readers of the set agree, in the model's own measures: the ceiling under which its figures stand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from narratives.codebook import Codebook
from narratives.errors import InputError
from narratives.evaluation.answers import answers_of_second_reader
from narratives.evaluation.slices import figures
from narratives.records import Record

SECOND_LABELS, STATED, UNKNOWN = "second labels", "stated", "unknown"


def agreement(records: Sequence[Record], codebook: Codebook, path: Path | None = None) -> dict[str, Any]:
    """Return what is known of the agreement of two readers of a set.

    :param path: of the labelled file; its sidecar, the same name with the ending ``.json``, may state an ``agreement``.
    :return: ``source``; with `SECOND_LABELS` the figures of the second reader against the first over the records that were read twice,
        with `STATED` what the sidecar says, with `UNKNOWN` nothing.
    :raises InputError: when there is a sidecar that is no JSON object.
    """
    answers = answers_of_second_reader(records, codebook)
    if answers.records:
        found = figures(answers, keys={})
        return {"source": SECOND_LABELS, "n": len(answers.records), "overall": found["overall"], "frames": found["frames"]}
    if path is not None and (stated := _sidecar(path.with_suffix(".json")).get("agreement")) is not None:
        return {"source": STATED, "file": path.with_suffix(".json").name, "agreement": stated}
    return {"source": UNKNOWN}


def _sidecar(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: {type(content).__name__}, wanted a JSON object that describes the file beside it")
    return content

"""One model against another on the same paragraphs: differences with paired intervals, and what changed hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import metrics
from narratives.errors import InputError
from narratives.evaluation.answers import Answers
from narratives.evaluation.slices import DRAWS, SLICE_DRAWS, SLICES, SMALLEST_SLICE, Rows
from narratives.heads import VOICE
from narratives.records import Record

OVERALL, ALL = "overall", "all"
MODEL, OTHER, DIFFERENCE = "model", "other", "difference"
MENDED, BROKEN = "mended", "broken"
TOO_FEW = "too few to tell"
FEWEST_POSITIVES = 10  # labels in a slice; with fewer, draws of the same few give an interval that is far too narrow
SHOWN = 20  # flips each way that a report quotes

Flags = NDArray[np.bool_]


def _crossed(record: Record) -> str | None:
    register = SLICES["register"](record)
    return None if register is None else f"{record.lang}, {register}"


COMPARED: Mapping[str, Callable[[Record], str | None]] = {OVERALL: lambda record: ALL, **SLICES, "language x register": _crossed}


def compare(name: str, against: str, ours: Answers, theirs: Answers) -> dict[str, Any]:
    """Compare two answers to the same records.

    Each row (all, or one value of a slice) holds ``n`` and for macro F1, micro F1 and the F1 of each frame what the model has, what
    the other has, and the difference with its 95 % interval from draws of whole groups that both answered. ``mended`` counts the
    answers that the model has right and the other wrong, ``broken`` the other way.

    :param name: of the data.
    :param against: what the other is.
    :raises InputError: when they have no frame in common.
    """
    shared = [frame for frame in ours.frame_ids if frame in theirs.frame_ids]
    if not shared:
        raise InputError(f"{against} knows none of the frames {', '.join(ours.frame_ids)}; there is nothing to compare")
    columns = [[answers.frame_ids.index(frame) for frame in shared] for answers in (ours, theirs)]
    truth, sides = ours.truth[:, columns[0]], (ours.present[:, columns[0]], theirs.present[:, columns[1]])
    groups = ours.groups
    slices = {}
    for title, key in COMPARED.items():
        rows_of: dict[str, list[int]] = {}
        for row, record in enumerate(ours.records):
            if (value := key(record)) is not None:
                rows_of.setdefault(value, []).append(row)
        slices[title] = {
            value: _row(truth, sides, groups, np.array(rows), shared, DRAWS if title == OVERALL else SLICE_DRAWS)
            for value, rows in sorted(rows_of.items())
            if len(rows) >= SMALLEST_SLICE or title == OVERALL
        }
    # A list of keywords counts them; one or more is as sure as it gets.
    probabilities = ours.probabilities[:, columns[0]], np.minimum(theirs.probabilities[:, columns[1]], 1.0)
    left_out = sorted({*ours.frame_ids, *theirs.frame_ids} - set(shared))
    result = {"data": name, "against": against, "n": len(ours.records), "frames": shared, "frames_left_out": left_out, "slices": slices}
    return result | {"voice": _voice(ours, theirs), "flips": _flips(ours.records, shared, truth, sides, probabilities)}


def _row(truth: Flags, sides: tuple[Flags, Flags], groups: list[str], rows: Rows, shared: list[str], draws: int) -> dict[str, Any]:
    truth, mine, theirs = truth[rows], sides[0][rows], sides[1][rows]
    of = [groups[row] for row in rows]

    def difference(measure: Callable[[Flags, Flags], float]) -> metrics.Measure:
        return lambda at: measure(truth[at], mine[at]) - measure(truth[at], theirs[at])

    def told(measure: Callable[[Flags, Flags], float]) -> dict[str, Any]:
        values = {MODEL: measure(truth, mine), OTHER: measure(truth, theirs)}
        return {key: None if value != value else round(value, 4) for key, value in values.items()}

    measures: dict[str, Callable[[Flags, Flags], float]] = {"macro_f1": metrics.macro_f1, "micro_f1": metrics.micro_f1}
    measures |= {f"f1/{frame}": partial(_f1_of, k) for k, frame in enumerate(shared)}
    differences = metrics.bootstrap_all({name: difference(measure) for name, measure in measures.items()}, of, draws)
    figures = {name: told(measure) | {DIFFERENCE: differences[name].to_dict()} for name, measure in measures.items()}
    by_frame = {frame: figures.pop(f"f1/{frame}") for frame in shared}
    counts = {
        "positives": int(truth.sum()),
        MENDED: int(((mine == truth) & (theirs != truth)).sum()),
        BROKEN: int(((mine != truth) & (theirs == truth)).sum()),
    }
    verdict = _verdict(figures["macro_f1"][DIFFERENCE], counts["positives"])
    return {"n": len(rows), **counts, "verdict": verdict, **figures, "frames": by_frame}


def _verdict(difference: Mapping[str, Any], positives: int) -> str:
    """Say what the interval of a difference says: better or worse where it leaves 0 out."""
    low, high = difference["low"], difference["high"]
    if positives < FEWEST_POSITIVES or low is None or high is None:
        return TOO_FEW
    return "better" if low > 0 else "worse" if high < 0 else "no clear difference"


def _f1_of(k: int, truth: Flags, present: Flags) -> float:
    return metrics.f1(truth[:, k], present[:, k])


def _voice(ours: Answers, theirs: Answers) -> dict[str, Any] | None:
    """Compare how often the voice is right, on the frames that both found rightly; None where one of them tells none."""
    right: list[tuple[bool, bool]] = []
    groups = []
    for frame in ours.frame_ids:
        guesses = [answers.choices.get((VOICE, frame)) for answers in (ours, theirs)]
        if guesses[0] is None or guesses[1] is None:
            continue
        k, j = ours.frame_ids.index(frame), theirs.frame_ids.index(frame)
        for row, record in enumerate(ours.records):
            true = next((label.voice for label in record.labels if label.frame == frame), None)
            if true is not None and ours.present[row, k] and theirs.present[row, j]:
                right.append((guesses[0][row] == true, guesses[1][row] == true))
                groups.append(record.group)
    if not right:
        return None
    both = np.array(right, dtype=float)
    figure = metrics.bootstrap(lambda at: float((both[at, 0] - both[at, 1]).mean()), groups, DRAWS)
    values = {side: round(float(both[:, i].mean()), 4) for i, side in enumerate((MODEL, OTHER))}
    return values | {DIFFERENCE: figure.to_dict()}


def _flips(
    records: tuple[Record, ...], shared: list[str], truth: Flags, sides: tuple[Flags, Flags], scores: tuple[Any, Any]
) -> dict[str, Any]:
    """Return what one has right and the other wrong, each way: how many by frame, and the widest apart with their text."""
    result: dict[str, Any] = {}
    for name, mine in ((MENDED, True), (BROKEN, False)):
        at = np.argwhere((sides[0] != sides[1]) & ((sides[0] == truth) == mine)).tolist()
        at.sort(key=lambda cell: (-abs(float(scores[0][*cell]) - float(scores[1][*cell])), cell))
        counts = {frame: sum(k == j for _, j in at) for k, frame in enumerate(shared)}
        examples = [
            {
                "id": records[row].id,
                "lang": records[row].lang,
                "register": records[row].fields.get("register"),
                "frame": shared[k],
                "labelled": bool(truth[row, k]),
                MODEL: round(float(scores[0][row, k]), 4),
                OTHER: round(float(scores[1][row, k]), 4),
                "text": records[row].text,
            }
            for row, k in at[:SHOWN]
        ]
        result[name] = {"n": len(at), "frames": counts, "examples": examples}
    return result

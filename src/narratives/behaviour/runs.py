"""Run behaviour tests on a model; what comes back is plain data for a report."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import frames, metrics
from narratives.behaviour.changes import split
from narratives.behaviour.suite import F1_LOSS, FAILURE_RATE, LOWER, TWINS, Case, Suite, Test
from narratives.codebook import Codebook
from narratives.heads import VOICE
from narratives.records import Record
from narratives.scorer import Model

SAMPLE = 1000  # paragraphs a test, one a group, so that they are independent
WORST = 5
DRAWS = 500
MINIMUM, INVARIANCE, DIRECTION = "minimum function", "invariance", "direction"
ALL = "all"
CASES = "cases"  # the name under which the minimum function tests stand beside the sets of paragraphs


@dataclass(frozen=True, slots=True)
class Pair:
    """A labelled paragraph, the text before and the text after a change, and the frame that is looked at (a direction's)."""

    record: Record
    before: str
    after: str
    frame: int = 0


def run_suite(model: Model, suite: Suite, data: Mapping[str, Sequence[Record]]) -> dict[str, Any]:
    """Run all tests: the cases once, the changes on each set of labelled paragraphs; results stand by the set's name."""
    found = {CASES: run_cases(model, suite)} if suite.cases else {}
    found |= {name: run_changes(model, suite, records) for name, records in data.items()}
    return {"sample": SAMPLE, "left_out": list(suite.left_out), "data": found}


def run_cases(model: Model, suite: Suite) -> dict[str, Any]:
    """Run the minimum function tests; one result a capability, and one for all of them."""
    if not suite.cases:
        return {}
    texts = [case.text for case in suite.cases]
    probabilities, present = model.decisions(texts)
    told = _voices(model, texts)
    faults = [_faults(case, model.codebook, present[i], None if told is None else told[i]) for i, case in enumerate(suite.cases)]
    found = {}
    for capability in (ALL, *dict.fromkeys(case.capability for case in suite.cases)):
        rows = [i for i, case in enumerate(suite.cases) if capability in (ALL, case.capability)]
        worst = [
            {
                "where": suite.cases[i].where,
                "lang": suite.cases[i].lang,
                "before": suite.cases[i].text,
                "what": "; ".join(faults[i]),
                "probabilities": {f: round(float(p), 4) for f, p in zip(model.codebook.frame_ids, probabilities[i], strict=True)},
            }
            for i in rows
            if faults[i]
        ]
        langs = [suite.cases[i].lang for i in rows]
        title = "all capabilities" if capability == ALL else capability.replace("_", " ")
        # Hand-written cases are few: all that fail are kept, once.
        kept = worst if capability != ALL else []
        found[capability] = _result(MINIMUM, title, {}, [bool(faults[i]) for i in rows], langs, kept)
    return found


def run_changes(model: Model, suite: Suite, records: Sequence[Record], sample: int = SAMPLE) -> dict[str, Any]:
    """Run invariances and directions on labelled paragraphs.

    A test that no paragraph is fit for (no word of its lists, no twins) has n 0 and undefined figures.

    :param sample: at most so many paragraphs a test; which ones hangs on their ids alone.
    """
    order = sorted(records, key=lambda record: hashlib.sha256(record.group.encode("utf-8", "surrogatepass")).digest())
    ones = list({record.group: record for record in order}.values())
    found = {}
    for test in suite.tests:
        pairs = _twins(test, model.codebook, order)[:sample] if test.kind == TWINS else _changed(test, model.codebook, ones, sample)
        found[test.id] = _direction(model, test, pairs) if test.expect else _invariance(model, test, pairs)
    return found


def _changed(test: Test, codebook: Codebook, records: Sequence[Record], sample: int) -> list[Pair]:
    pairs: list[Pair] = []
    for record in records:
        if len(pairs) == sample:
            break
        frame = _looked_at(test, codebook, record) if test.expect else 0
        if frame is None or (test.sentences is not None and len(split(record.text)) > test.sentences):
            continue
        after = test.change(record.text, record.lang, random.Random(f"{test.id}/{record.id}"))
        if after is not None:
            pairs.append(Pair(record, record.text, after, frame))
    return pairs


def _looked_at(test: Test, codebook: Codebook, record: Record) -> int | None:
    """Return the first labelled frame that a direction is about."""
    for label in record.labels:
        if test.frame in (None, label.frame) and test.voice in (None, label.voice):
            return codebook.frame_ids.index(label.frame)
    return None


def _twins(test: Test, codebook: Codebook, records: Sequence[Record]) -> list[Pair]:
    """Return pairs of records of one group: of equal frames for an invariance, else the one without a frame before the one with it."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.group, []).append(record)
    pairs = []
    for members in groups.values():
        for one, other in pairwise(members):
            if test.expect is None:
                pairs += [Pair(one, one.text, other.text)] if one.frames == other.frames else []
                continue
            differ = [
                frame for frame in codebook.frame_ids if (frame in one.frames) != (frame in other.frames) and test.frame in (None, frame)
            ]
            if differ:
                without, having = (one, other) if differ[0] in other.frames else (other, one)
                pairs.append(Pair(without, without.text, having.text, codebook.frame_ids.index(differ[0])))
    return pairs


def _invariance(model: Model, test: Test, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Count the paragraphs in which a frame appears or goes, and what F1 is lost."""
    probabilities, present = _both(model, pairs)
    flipped = present[0] != present[1]
    moved = np.abs(probabilities[1] - probabilities[0])
    order = sorted(np.argwhere(flipped).tolist(), key=lambda at: (-moved[at[0], at[1]], at[0]))
    worst = [_example(model, pairs[i], k, "appears" if present[1][i, k] else "goes", probabilities[:, i, k]) for i, k in order[:WORST]]
    result = _result(INVARIANCE, test.title, test.goal, flipped.any(axis=1).tolist(), [pair.record.lang for pair in pairs], worst)
    truth = frames.targets([pair.record.frames for pair in pairs], model.codebook.frame_ids)
    groups = [pair.record.group for pair in pairs]

    def loss(at: NDArray[np.int64]) -> float:
        return metrics.macro_f1(truth[at], present[0][at]) - metrics.macro_f1(truth[at], present[1][at])

    result["f1_before"] = metrics.Figure(metrics.macro_f1(truth, present[0]), n=len(pairs)).to_dict()
    result[F1_LOSS] = metrics.bootstrap(loss, groups, DRAWS).to_dict()
    result["frames"] = {
        frame: metrics.share(int(flipped[:, k].sum()), len(pairs)).to_dict() for k, frame in enumerate(model.codebook.frame_ids)
    }
    return result


def _direction(model: Model, test: Test, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Count the paragraphs in which the probability does not move the way that it must."""
    columns = [pair.frame for pair in pairs]
    rows = np.arange(len(pairs))
    if test.voice is None:
        values = _both(model, pairs)[0][:, rows, columns]
    else:
        before, after = (_voices(model, [getattr(pair, side) for pair in pairs]) for side in ("before", "after"))
        if before is None or after is None:  # a model that tells no voices, or nothing to tell them of
            pairs, columns, values = [], [], np.zeros((2, 0))
        else:
            voice = next(head for head in model.bundle.heads if head.name == VOICE).classes.index(test.voice)
            values = np.stack([before[rows, columns, voice], after[rows, columns, voice]])
    gain = values[1] - values[0] if test.expect != LOWER else values[0] - values[1]
    failed = gain <= 0
    order = sorted(np.flatnonzero(failed).tolist(), key=lambda i: (gain[i], i))
    what = f"{test.voice or 'the frame'} not {'higher' if test.expect != LOWER else LOWER}"
    worst = [_example(model, pairs[i], columns[i], what, values[:, i]) for i in order[:WORST]]
    return _result(DIRECTION, test.title, test.goal, failed.tolist(), [pair.record.lang for pair in pairs], worst)


def _both(model: Model, pairs: Sequence[Pair]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return probabilities and presence before and after, each ``(2, n, n_frames)``."""
    sides = [model.decisions([getattr(pair, side) for pair in pairs]) for side in ("before", "after")]
    return np.stack([side[0] for side in sides]), np.stack([side[1] for side in sides])


def _voices(model: Model, texts: Sequence[str]) -> NDArray[np.float64] | None:
    """Return the probabilities of the voices of every frame as if it were present, ``(n, n_frames, n_voices)``."""
    return model.choices(texts)[0] if texts else None


def _faults(case: Case, codebook: Codebook, present: NDArray[np.bool_], voices: NDArray[np.float64] | None) -> list[str]:
    """Return what a case demands and does not get."""
    found = []
    for k, frame in enumerate(codebook.frame_ids):
        if frame in case.present and not present[k]:
            found.append(f"{frame} is absent")
        elif frame in case.absent and present[k]:
            found.append(f"{frame} is present")
        elif frame in case.voices and voices is not None:
            told = codebook.voice_ids[int(voices[k].argmax())]
            if told != case.voices[frame]:
                found.append(f"{frame} is {told}, not {case.voices[frame]}")
    return found


def _example(model: Model, pair: Pair, frame: int, what: str, values: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "id": pair.record.id,
        "lang": pair.record.lang,
        "frame": model.codebook.frame_ids[frame],
        "what": what,
        "probabilities": [round(float(value), 4) for value in values],
        "before": pair.before,
        "after": pair.after,
    }


def _result(
    kind: str, title: str, goal: Any, failed: Sequence[bool], langs: Sequence[str], worst: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    outcome = np.array(failed, dtype=bool)
    of = {lang: outcome[[other == lang for other in langs]] for lang in sorted(set(langs))}
    by_language = {lang: metrics.share(int(part.sum()), len(part)).to_dict() for lang, part in of.items()}
    return {
        "kind": kind,
        "title": title,
        "n": len(outcome),
        "failures": int(outcome.sum()),
        FAILURE_RATE: metrics.share(int(outcome.sum()), len(outcome)).to_dict(),
        "goal": dict(goal),
        "languages": by_language,
        "worst": list(worst),
    }

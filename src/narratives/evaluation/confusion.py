"""What is taken for what: sets of frames, and voices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from narratives.evaluation.answers import Answers
from narratives.evaluation.choices import cases
from narratives.heads import VOICE

NONE, OTHER, TOGETHER = "none", "other sets", " + "
MOST_SETS = 10  # a codebook of ten frames has a thousand sets; those beyond the commonest are counted together


def frame_sets(answers: Answers) -> dict[str, Any]:
    """Return the confusion of the true set of frames with the set that was said, ``none`` for the empty one.

    :return: ``labels`` and ``counts``, rows the true set and columns what was said. Beyond the commonest sets they are counted as
        ``other sets``, where the diagonal does not mean that a set is right; ``exact`` says how many are.
    """
    true, said = ([_named(answers.frame_ids, row) for row in part.tolist()] for part in (answers.truth, answers.present))
    often = Counter([*true, *said])
    sizes = {name: (name != NONE, name.count(TOGETHER), place) for place, name in enumerate(answers.frame_ids)}
    names = sorted(often, key=lambda name: (-often[name], name))[:MOST_SETS]
    names.sort(key=lambda name: sizes.get(name, (name != NONE, name.count(TOGETHER), len(sizes))))
    labels = names + ([OTHER] if len(often) > len(names) else [])
    table = _table([(t if t in names else OTHER, s if s in names else OTHER) for t, s in zip(true, said, strict=True)], labels)
    return table | {"exact": sum(t == s for t, s in zip(true, said, strict=True))}


def voices(answers: Answers) -> dict[str, Any] | None:
    """Return the confusion of voices on frames that were rightly found: rows the true voice, columns the first guess."""
    told = [(case.true, case.guess) for case in cases(answers, VOICE, "voice") if case.found]
    return _table(told, sorted({name for pair in told for name in pair})) if told else None


def _named(frame_ids: Sequence[str], row: Sequence[bool]) -> str:
    return TOGETHER.join(frame for frame, there in zip(frame_ids, row, strict=True) if there) or NONE


def _table(pairs: Sequence[tuple[str, str]], labels: list[str]) -> dict[str, Any]:
    counts = Counter(pairs)
    return {"labels": labels, "counts": [[counts[one, other] for other in labels] for one in labels], "n": len(pairs)}

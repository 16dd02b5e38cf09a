"""How far two readers agree: Krippendorff's alpha from nltk, MASI distance for sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import nan
from typing import Any

from narratives.codebook import Codebook
from narratives.corpus.spread import by_language
from narratives.records import Label, Record

Two = tuple[Any, Any]


def agreement(records: Sequence[Record], codebook: Codebook) -> dict[str, Any]:
    """Return alpha over the paragraphs that were read twice: overall, by language, by frame and for voices.

    :return: for each part ``sets`` (frames of a paragraph, MASI), one value a frame (present or not), ``voice`` and
        ``subframe`` (of frames that both saw), each with its n. An alpha that is undefined, since both readers always
        said the same one thing, is None.
    """
    twice = [record for record in records if record.second is not None]
    parts = {"all": twice, **by_language(twice)}
    return {name: _part(part, codebook) for name, part in parts.items()}


def _part(records: Sequence[Record], codebook: Codebook) -> dict[str, Any]:
    from nltk.metrics.distance import binary_distance

    both = [(record.labels, record.second or ()) for record in records]
    result = {"sets": _figure([(_frames(one), _frames(two)) for one, two in both], masi)}
    for frame in codebook.frame_ids:
        result[frame] = _figure([(frame in _frames(one), frame in _frames(two)) for one, two in both], binary_distance)
    if codebook.voices:
        result["voice"] = _figure(_shared(both, "voice"), binary_distance)
    if any(frame.subframes for frame in codebook.frames):
        result["subframe"] = _figure(_shared(both, "subframe"), binary_distance)
    return result


def masi(one: frozenset[str], two: frozenset[str]) -> float:
    """Return the MASI distance of two sets, 0 to 1 (Passonneau 2006); two empty sets agree, which nltk does not define."""
    from nltk.metrics.distance import masi_distance

    return 0.0 if one == two else float(masi_distance(one, two))


def _figure(pairs: Sequence[Two], distance: Callable[[Any, Any], float]) -> dict[str, Any]:
    value = alpha(pairs, distance)
    same = sum(one == two for one, two in pairs) / len(pairs) if pairs else nan
    return {"alpha": None if value != value else round(value, 4), "same": None if same != same else round(same, 4), "n": len(pairs)}


def alpha(pairs: Sequence[Two], distance: Callable[[Any, Any], float]) -> float:
    """Return Krippendorff's alpha of two readers; nan where it is undefined."""
    from nltk.metrics.agreement import AnnotationTask

    if len({value for pair in pairs for value in pair}) < 2:
        return nan
    triples = [(reader, item, value) for item, pair in enumerate(pairs) for reader, value in zip("ab", pair, strict=True)]
    return float(AnnotationTask(data=triples, distance=distance).alpha())


def disputed(records: Iterable[Record]) -> list[Record]:
    """Return the records whose two readers saw different frames or voices."""
    return [r for r in records if r.second is not None and _seen(r.labels) != _seen(r.second)]


def _seen(labels: Iterable[Label]) -> frozenset[tuple[str, str | None]]:
    return frozenset((label.frame, label.voice) for label in labels)


def _frames(labels: Iterable[Label]) -> frozenset[str]:
    return frozenset(label.frame for label in labels)


def _shared(both: Iterable[tuple[Sequence[Label], Sequence[Label]]], key: str) -> list[Two]:
    """Return what both readers said of each frame that both saw; of several sub-frames the first."""
    pairs = []
    for one, two in both:
        ours, theirs = ({label.frame: getattr(label, key) for label in reversed(labels)} for labels in (one, two))
        pairs += [(f"{frame}/{ours[frame]}", f"{frame}/{theirs[frame]}") for frame in ours if frame in theirs]
    return pairs

"""Two sets of paragraphs held against each other, measure by measure.

Numbers (scores, lengths, shares of unknown words) by the two-sample Kolmogorov-Smirnov statistic, the largest gap between the two
cumulative distributions; mixes (languages, concepts) by the Jensen-Shannon distance to base 2 (Lin 1991; Endres and Schindelin
2003). Both lie between 0 and 1. Both are above 0 for two samples of the same text, the more the smaller the samples, so each comes
with the probability of such an effect by chance: Kolmogorov's for numbers, for mixes that of paragraphs dealt out anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.drift.limits import Limits
from narratives.errors import InputError
from narratives.novelty import FEWEST_WORDS
from narratives.scorer import BATCH, Model

DEALS = 200  # times that paragraphs are dealt out anew
DEALS_AT_ONCE = 20
NO_CONCEPT = "(none)"
MOVED = 12  # concepts named
KS, JS = "Kolmogorov-Smirnov", "Jensen-Shannon"


@dataclass(frozen=True, slots=True)
class Sample:
    """What is measured of one set of ``n`` paragraphs.

    :param scores: raw, ``(n, n_frames)``; ``present`` likewise.
    :param words: words of each, ``(n,)``.
    :param unknown: share of its different words that the training text never had, of paragraphs with enough words, ``(m,)``.
    :param languages: code of each, ``(n,)``.
    :param concepts: which of the lexicon's concepts it has, and last whether it has none, ``(n, n_concepts + 1)``.
    """

    scores: NDArray[np.float64]
    present: NDArray[np.bool_]
    words: NDArray[np.int64]
    unknown: NDArray[np.float64]
    languages: NDArray[np.str_]
    concepts: NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of paragraphs."""
        return len(self.words)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its effect, how likely that is by chance, and whether it is drift.

    :param reference: what stands for the reference, in a few words; ``new`` likewise.
    """

    name: str
    by: str
    effect: float
    chance: float
    limit: float
    drift: bool
    reference: str
    new: str
    details: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"effect": round(self.effect, 4), "chance": float(f"{self.chance:.3g}")}


def sample(model: Model, texts: Iterable[str], name: str = "the text") -> Sample:
    """Measure paragraphs, in batches.

    :param name: of what holds them, for the message.
    :raises InputError: when there are none.
    """
    parts = []
    iterator = iter(texts)
    while batch := list(islice(iterator, BATCH)):
        answers, concepts = model.columns(batch), model.concepts(batch)
        enough = answers.distinct >= FEWEST_WORDS
        unknown = 1 - answers.known[enough] / answers.distinct[enough]
        with_none = np.concatenate([concepts, ~concepts.any(axis=1, keepdims=True)], axis=1)
        parts.append((answers.scores, answers.present, answers.words, unknown, answers.languages, with_none))
    if not parts:
        raise InputError(f"{name}: holds no paragraphs; there is nothing to measure")
    return Sample(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def compare(model: Model, reference: Sample, new: Sample, limits: Limits, seed: int = 0) -> list[Measure]:
    """Hold new paragraphs against a reference.

    :param seed: of the dealing; same seed, same chances.
    :return: one measure a frame's score, then length, unknown words, languages and concepts.
    :raises InputError: when a side has fewer paragraphs than the limits want.
    """
    for name, part in (("the reference", reference), ("the new text", new)):
        if len(part) < limits.fewest:
            raise InputError(
                f"{name} has {len(part)} paragraphs, wanted {limits.fewest}; gather more, or lower `fewest` in a copy of the limits"
            )
    found = []
    for k, frame in enumerate(model.codebook.frame_ids):
        told = tuple(f"present {100 * part.present[:, k].mean():.1f} %" for part in (reference, new))
        found.append(_numbers(f"score {frame}", reference.scores[:, k], new.scores[:, k], limits.score, limits, told))
    told = tuple(f"median {np.median(part.words):g} words" for part in (reference, new))
    found.append(_numbers("length", reference.words, new.words, limits.length, limits, told))
    if min(len(reference.unknown), len(new.unknown)) >= limits.fewest:
        told = tuple(f"mean {100 * part.unknown.mean():.1f} %" for part in (reference, new))
        found.append(_numbers("unknown words", reference.unknown, new.unknown, limits.unknown_words, limits, told))
    codes = sorted({*reference.languages.tolist(), *new.languages.tolist()})
    ours, theirs = (part.languages[:, None] == np.array(codes) for part in (reference, new))
    found.append(_mix("language", codes, ours, theirs, limits.language, limits, seed))
    if model.bundle.lexicon.concepts:
        names = [*model.bundle.lexicon.concepts, NO_CONCEPT]
        found.append(_mix("concepts", names, reference.concepts, new.concepts, limits.concepts, limits, seed))
    return found


def _numbers(name: str, one: NDArray[Any], other: NDArray[Any], limit: float, limits: Limits, told: tuple[str, ...]) -> Measure:
    from scipy.stats import ks_2samp

    found = ks_2samp(one, other)
    effect, chance = float(found.statistic), float(found.pvalue)
    return Measure(name, KS, effect, chance, limit, effect >= limit and chance < limits.chance, told[0], told[1])


def _mix(
    name: str, names: Sequence[str], one: NDArray[np.bool_], other: NDArray[np.bool_], limit: float, limits: Limits, seed: int
) -> Measure:
    effect = float(_distance(one.sum(axis=0)[:, None], other.sum(axis=0)[:, None])[0])
    dealt = _dealt_anew(np.concatenate([one, other]), len(one), seed)
    chance = float((1 + (dealt >= effect).sum()) / (1 + DEALS))
    shares = one.mean(axis=0), other.mean(axis=0)
    order = np.argsort(-np.abs(_parts(*shares)), kind="stable")[:MOVED].tolist()
    details = [{"name": names[i], "reference": round(float(shares[0][i]), 4), "new": round(float(shares[1][i]), 4)} for i in order]
    shown = order[:3] if len(names) > MOVED else np.argsort(-(shares[0] + shares[1]), kind="stable")[:3].tolist()  # few kinds: the largest
    told = [", ".join(f"{names[i]} {100 * share[i]:.0f} %" for i in shown) for share in shares]
    return Measure(name, JS, effect, chance, limit, effect >= limit and chance < limits.chance, told[0], told[1], details)


def _parts(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each kind adds to the divergence of two mixes, with the sign of the change."""
    from scipy.special import rel_entr

    p, q = one / one.sum(), other / other.sum()
    middle = (p + q) / 2
    result: NDArray[np.float64] = (rel_entr(p, middle) + rel_entr(q, middle)) * np.sign(q - p)
    return result


def _distance(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.float64]:
    """Return the Jensen-Shannon distances of counts, ``(n_kinds, n_pairs)``."""
    from scipy.spatial.distance import jensenshannon

    result: NDArray[np.float64] = jensenshannon(one, other, base=2, axis=0)
    return np.nan_to_num(result)  # rounding may leave equal mixes at the root of less than 0


def _dealt_anew(rows: NDArray[np.bool_], n_first: int, seed: int) -> NDArray[np.float64]:
    """Return the distances of two sides of the same sizes that paragraphs are dealt to at random, ``(DEALS,)``."""
    from scipy.sparse import csr_matrix

    random = np.random.default_rng(seed)
    table, total = csr_matrix(rows.T.astype(np.float64)), rows.sum(axis=0)[:, None]
    found = []
    for _ in range(0, DEALS, DEALS_AT_ONCE):
        first = np.zeros((len(rows), DEALS_AT_ONCE))
        for column in first.T:
            column[random.permutation(len(rows))[:n_first]] = 1
        ours = table @ first
        found.append(_distance(ours, total - ours))
    return np.concatenate(found)

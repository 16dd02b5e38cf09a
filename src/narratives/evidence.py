"""Which words carried a score: exact shares, not an approximation.

The score is a sum over features and every feature knows its words, so each word gets what its features added. A
feature of two words gives half to each. The shares of all words and the bias add up to the raw score. The same sum is also
told by concepts: which of the lexicon's concepts, pairs and patterns stood in the text, by which words, and what they added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, compress

import numpy as np
from numpy.typing import NDArray

from narratives.bundle import Bundle
from narratives.features import Events, Extractor, kernel
from narratives.features.lexicon import Lexicon, name_hash
from narratives.readings import ConceptEvidence, Evidence
from narratives.text import Normalised, normalise

Array = NDArray[np.float32]
KINDS = {kernel.CONCEPTS: "concept", kernel.PATTERNS: "pattern"}


def explain(
    original: str,
    normalised: Normalised,
    events: Events,
    scales: Sequence[float],
    weights: Array,
    groups: int = kernel.ALL_GROUPS,
) -> list[tuple[Evidence, ...]]:
    """Return the evidence for each output.

    :param original: the text that came in; spans refer to it.
    :param normalised: its normalised form.
    :param events: the events of the normalised form.
    :param scales: the value of an event of each group.
    :param weights: ``(n_rows, n_outputs)``; a bucket's row is its remainder.
    :param groups: bit mask of the groups of features that count.
    :return: for each output one piece of evidence a word, in the text's order.
    """
    n_outputs = weights.shape[1]
    shares = _shares(events, scales, weights, groups)
    spans = [normalised.original_span(start, end) for start, end in events.words]
    return [
        tuple(Evidence(start, end, original[start:end], share[k]) for (start, end), share in zip(spans, shares, strict=True))
        for k in range(n_outputs)
    ]


def _shares(events: Events, scales: Sequence[float], weights: Array, groups: int) -> list[list[float]]:
    """Return what each word added to each output, ``(n_words, n_outputs)``."""
    shares = [[0.0] * weights.shape[1] for _ in events.words]
    begin = 0
    for group, end in enumerate(events.group_ends):
        rows = [bucket & (len(weights) - 1) for bucket in events.bucket[begin:end]] if groups >> group & 1 else []
        for e, row in enumerate(weights[rows].astype(float).tolist(), start=begin):
            for word in (events.first[e], events.last[e]):
                share = shares[word]
                for k, weight in enumerate(row):
                    share[k] += 0.5 * scales[group] * weight
        begin = end
    return shares


class Shown:
    """The evidence in one text: for the frames at once, for voices and sub-frames when asked."""

    def __init__(self, text: str, bundle: Bundle, extractor: Extractor, names: ConceptNames) -> None:
        """Work out what each word and each concept added to each frame.

        :param names: of the bundle's lexicon.
        """
        self._text, self._bundle, self._extractor = text, bundle, extractor
        self._form = normalise(text)
        self._events = extractor.events(self._form.text)
        known = (text, self._form, self._events, bundle.settings.scales, bundle.weights)
        self.words = explain(*known)
        self.concepts = names.explain(*known)

    def choice(self, column: int, low: int, high: int) -> tuple[Evidence, ...]:
        """Return what each word added to one class: by standing in the paragraph, and by standing in what carries the frame.

        :param column: of the class in the table of details.
        :param low: first of the sentences that carry the frame, ``high`` the last.
        """
        scales, (whole, carried) = self._bundle.settings.scales, self._bundle.details[:, :, [column]]
        pieces = explain(self._text, self._form, self._events, scales, whole, kernel.DETAIL_GROUPS)[0]
        again = explain(self._text, self._form, _within(self._events, low, high), scales, carried, kernel.DETAIL_GROUPS)[0]
        return tuple(replace(piece, weight=piece.weight + more.weight) for piece, more in zip(pieces, again, strict=True))


def _within(events: Events, low: int, high: int) -> Events:
    """Return the events that begin and end in some sentences."""
    of = events.sentences
    inside = [low <= of[first] and of[last] <= high for first, last in zip(events.first, events.last, strict=True)]
    counts = list(accumulate(inside, initial=0))
    kept = [list(compress(column, inside)) for column in (events.bucket, events.first, events.last)]
    return events._replace(bucket=kept[0], first=kept[1], last=kept[2], group_ends=[counts[end] for end in events.group_ends])


class ConceptNames:
    """Knows which concept, pair, scope or pattern a feature stands for, by the hash of its name."""

    def __init__(self, lexicon: Lexicon, n_buckets: int) -> None:
        """Prepare the names of one lexicon for a table of ``n_buckets``; ``concepts`` has them by bucket."""
        self._mask = n_buckets - 1
        self.concepts = {kernel.mix(kernel.CONCEPT_SEED ^ name_hash(name)) & self._mask: name for name in lexicon.concepts}
        self._patterns = {name_hash(name) & self._mask: name for name in lexicon.patterns}

    def explain(
        self, original: str, normalised: Normalised, events: Events, scales: Sequence[float], weights: Array
    ) -> list[tuple[ConceptEvidence, ...]]:
        """Return the concept evidence for each output, strongest for it first; parameters as for `explain`."""
        ends = events.group_ends
        found = [self.concepts.get(bucket, "") for bucket in events.bucket[ends[kernel.CHARACTERS] : ends[kernel.CONCEPTS]]]
        pairs = self._pairs(found)
        named: list[tuple[ConceptEvidence, list[float]]] = []
        for group, names in ((kernel.CONCEPTS, self.concepts), (kernel.CONCEPT_PAIRS, pairs), (kernel.PATTERNS, self._patterns)):
            for e in range(ends[group - 1], ends[group]):
                if name := names.get(events.bucket[e]):
                    first, last = events.words[events.first[e]], events.words[events.last[e]]
                    start, end = normalised.original_span(first[0], last[1])
                    kind, _, label = name.rpartition(":") if group == kernel.CONCEPT_PAIRS else (KINDS[group], "", name)
                    row = weights[events.bucket[e] & (len(weights) - 1)].astype(float) * scales[group]
                    named.append((ConceptEvidence(kind, label, start, end, original[start:end], 0.0), row.tolist()))
        return [
            tuple(sorted((replace(piece, weight=row[k]) for piece, row in named), key=lambda piece: (-piece.weight, piece.start)))
            for k in range(weights.shape[1])
        ]

    def _pairs(self, found: Sequence[str]) -> dict[int, str]:
        """Return the buckets of all pairs of concepts that were found, and of each denied or under a condition."""
        names = {}
        hashes = {name: name_hash(name) for name in found if name}
        for one, state in hashes.items():
            for scope, kind in ((kernel.NEGATES, "negated"), (kernel.CONDITIONS, "conditional")):
                spread = ((kernel.SCOPE_SEED ^ state) * kernel.PRIME) & kernel.MASK
                names[kernel.mix((spread + scope) & kernel.MASK) & self._mask] = f"{kind}:{one}"
            begun = kernel.mix(((kernel.CONCEPT_PAIR_SEED ^ state) * kernel.PRIME) & kernel.MASK)
            for other, state_of_other in hashes.items():
                names[kernel.mix(((begun ^ state_of_other) * kernel.PRIME) & kernel.MASK) & self._mask] = f"pair:{one} > {other}"
        return names

"""Which words carried a score: exact shares, not an approximation.

The score is a sum over features and every feature knows its words, so each word gets what its features added. A
feature of two words gives half to each. The shares of all words and the bias add up to the raw score.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from narratives.features import Events, kernel
from narratives.readings import Evidence
from narratives.text import Normalised

Array = NDArray[np.float32]


def explain(
    original: str,
    normalised: Normalised,
    events: Events,
    scales: Sequence[float],
    weights: Array,
    groups: int = kernel.ALL_GROUPS,
    shift: int = 0,
) -> list[tuple[Evidence, ...]]:
    """Return the evidence for each output.

    :param original: the text that came in; spans refer to it.
    :param normalised: its normalised form.
    :param events: the events of the normalised form.
    :param scales: the value of an event of each group.
    :param weights: ``(n_rows, n_outputs)``; a bucket's row is its remainder.
    :param groups: bit mask of the groups of features that count.
    :param shift: where the events' text begins in the normalised form.
    :return: for each output one piece of evidence a word, in the text's order.
    """
    n_outputs = weights.shape[1]
    shares = _shares(events, scales, weights, groups)
    spans = [normalised.original_span(start + shift, end + shift) for start, end in events.words]
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

"""Which sentences of a paragraph carry a frame: the one that scores highest for it, with its neighbours.

Who says an idea is told where the idea stands: "the minister accused" a sentence earlier, "there is no evidence" a sentence
later. A paragraph with two frames can so have two voices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from narratives.features import Extractor
from narratives.text import split_sentences

Span = tuple[int, int]


def carrier_spans(
    extractor: Extractor, texts: Sequence[str], wanted: Sequence[tuple[int, int]], weights: NDArray[np.float32]
) -> list[Span]:
    """Return the span that carries a frame, for each pair of a text and a frame.

    :param texts: normalised texts.
    :param wanted: pairs of an index into ``texts`` and a column of ``weights``.
    :param weights: the frames' weights, ``(n_buckets, n_frames)``.
    :return: spans of the normalised texts; the whole text where it has one sentence or none.
    """
    sentences = {i: split_sentences(texts[i]) for i in sorted({i for i, _ in wanted})}
    several = {i: spans for i, spans in sentences.items() if len(spans) > 1}
    pieces = [texts[i][start:end] for i, spans in several.items() for start, end in spans]
    scores = extractor.scores(pieces, weights) if pieces else np.zeros((0, weights.shape[1]))
    first = dict(zip(several, np.cumsum([0, *map(len, several.values())]).tolist(), strict=False))
    found = []
    for i, frame in wanted:
        if i not in several:
            found.append((0, len(texts[i])))
            continue
        spans = several[i]
        best = int(np.argmax(scores[first[i] : first[i] + len(spans), frame]))
        found.append((spans[max(0, best - 1)][0], spans[min(len(spans) - 1, best + 1)][1]))
    return found

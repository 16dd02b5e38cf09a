"""Is a text far from what the model was trained on: the share of its words that no training paragraph had.

Names and rare words are new in any text, so the limit is what nearly all paragraphs of the corpus stay under when the other
folds are all that is known. A text over the limit may be about anything; its answers are doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narratives.features import Extractor, FeatureSettings, kernel

BITS = 20  # so many slots for words that few meet by chance: a corpus has some 10^5 words
WORDS_ONLY = FeatureSettings(bits=BITS, pairs=False, longest=0, scales=(1.0,) + (0.0,) * (kernel.N_GROUPS - 1))
EXTRACTOR = Extractor(WORDS_ONLY)
WITHIN = 0.99  # share of the corpus that is not far from the rest of it
FEWEST_WORDS = 10  # distinct words below which the share says nothing


@dataclass(frozen=True)
class Novelty:
    """What the corpus has seen.

    :param seen: one bit for each slot, packed, ``(2 ** BITS / 8,)`` bytes.
    :param limit: share of new words above which a text is far.
    """

    seen: NDArray[np.uint8]
    limit: float

    def far(self, distinct: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which texts are far from the corpus.

        :param distinct: how many different words each text has, ``(n,)``; ``known`` how many of them the corpus had.
        """
        found: NDArray[np.bool_] = shares(distinct, known) > self.limit
        return found


def shares(distinct: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of different words that the corpus does not have, ``(n,)``; 0 for a text of too few words."""
    found: NDArray[np.float64] = np.where(distinct < FEWEST_WORDS, 0.0, 1.0 - known / np.maximum(distinct, 1))
    return found


def learn(texts: Sequence[str], folds: NDArray[np.int64]) -> Novelty:
    """Learn which words a corpus has, and the limit.

    :param texts: normalised.
    :param folds: fold of each text, ``(n_texts,)``.
    """
    table = EXTRACTOR.table(texts)
    counts = np.diff(table.ends[:, -1], prepend=0)  # words are all the events there are
    owner = np.repeat(np.arange(len(texts)), counts)
    unknown = np.zeros(len(texts))
    for fold in np.unique(folds):
        seen = np.zeros(WORDS_ONLY.n_buckets, bool)
        seen[table.bucket[folds[owner] != fold]] = True
        known = np.bincount(owner, seen[table.bucket], len(texts))
        unknown = np.where(folds == fold, shares(counts, known), unknown)
    ever = np.zeros(WORDS_ONLY.n_buckets, bool)
    ever[table.bucket] = True
    return Novelty(np.packbits(ever), round(float(np.quantile(unknown, WITHIN)), 4))

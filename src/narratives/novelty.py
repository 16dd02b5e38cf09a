"""Is a text far from what the model was trained on: the share of its words that no training paragraph had.

Names and rare words are new in any text, so the limit is what nearly all paragraphs of the corpus stay under when the other
folds are all that is known. A text over the limit may be about anything; its answers are doubtful.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.features import Extractor, FeatureSettings, kernel

BITS = 20  # so many slots for words that few meet by chance: a corpus has some 10^5 words
WORDS_ONLY = FeatureSettings(bits=BITS, pairs=False, longest=0, scales=(1.0,) + (0.0,) * (kernel.N_GROUPS - 1))
WORDS = 1 << kernel.WORDS
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

    def far(self, texts: Sequence[str]) -> list[bool]:
        """Return for each normalised text whether it is far from the corpus."""
        found: list[bool] = (_shares(texts, self._known) > self.limit).tolist()
        return found

    @cached_property
    def _known(self) -> NDArray[np.float32]:
        return _counting(np.unpackbits(self.seen))


def learn(texts: Sequence[str], folds: NDArray[np.int64]) -> Novelty:
    """Learn which words a corpus has, and the limit.

    :param texts: normalised.
    :param folds: fold of each text, ``(n_texts,)``.
    """
    table = EXTRACTOR.table(texts)
    owner = np.repeat(np.arange(len(texts)), np.diff(table.ends[:, -1], prepend=0))  # words are all the events there are
    buckets = table.bucket & (WORDS_ONLY.n_buckets - 1)
    shares = np.zeros(len(texts))
    for fold in np.unique(folds):
        seen = np.zeros(WORDS_ONLY.n_buckets, bool)
        seen[buckets[folds[owner] != fold]] = True
        held = np.flatnonzero(folds == fold)
        shares[held] = _shares([texts[i] for i in held.tolist()], _counting(seen))
    ever = np.zeros(WORDS_ONLY.n_buckets, bool)
    ever[buckets] = True
    return Novelty(np.packbits(ever), round(float(np.quantile(shares, WITHIN)), 4))


def _counting(seen: NDArray[Any]) -> NDArray[np.float32]:
    """Return weights that count the known words and all words, ``(n_buckets, 2)``."""
    return np.stack([seen, np.ones_like(seen)], axis=1).astype(np.float32)


def _shares(texts: Sequence[str], counting: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of distinct words that were not seen; 0 for a text of too few words."""
    known, n = EXTRACTOR.scores(texts, counting, WORDS).T
    shares: NDArray[np.float64] = np.where(n < FEWEST_WORDS, 0.0, 1.0 - known / np.maximum(n, 1.0))
    return shares

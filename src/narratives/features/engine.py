"""Runs the kernel with a model's weights: as plain Python on a paragraph or an article, compiled and in threads on more."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.features import kernel
from narratives.features.alphabet import arrays, tables
from narratives.features.extractor import FeatureSettings
from narratives.features.forms import Forms
from narratives.features.lexicon import NONE, Lexicon

CACHE_WORDS = 1 << 17  # different words kept a thread, in some 15 MB; a day's print in six languages has fewer
FEWEST_A_THREAD = 64  # paragraphs; fewer are done before a thread begins
ALWAYS = -math.inf  # the cut that every score reaches
NO_BITS = np.zeros(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Scored:
    """What the kernel says of paragraphs at once.

    :param scores: weighted sums without bias, ``(n, n_frames)``.
    :param remarks: counts of words, of different ones, of those known, and the mask of languages voted for, ``(n, 4)``.
    :param carriers: of each frame that reached its cut the first and the last sentence that carry it, and where in the normalised
        text these start and end, ``(n, n_frames, 4)``; zeros elsewhere.
    :param told: of these frames the sums of the details, ``(n, n_frames, n_details)``; zeros elsewhere.
    """

    scores: NDArray[np.float64]
    remarks: NDArray[np.int64]
    carriers: NDArray[np.int64]
    told: NDArray[np.float64]


class Engine:
    """One model's weights, ready to score."""

    def __init__(
        self,
        settings: FeatureSettings,
        lexicon: Lexicon = NONE,
        weights: NDArray[np.float32] | None = None,
        details: NDArray[np.float32] | None = None,
        known: NDArray[np.uint8] = NO_BITS,
        threads: int | None = None,
    ) -> None:
        """Keep the weights.

        :param weights: of the frames, ``(n_rows, n_frames)``; ``n_rows`` is a power of two, and a bucket's row is its remainder.
        :param details: of voices and sub-frames, ``(2, n_rows, n_details)``: for the paragraph, and for what carries the frame.
        :param known: one bit for each slot of the words that the corpus had.
        :param threads: how many at most; None for one a core.
        """
        self.settings = settings
        self.threads = threads or os.cpu_count() or 1
        self._lexicon = lexicon.packed
        weights = np.zeros((settings.n_buckets, 0), np.float32) if weights is None else weights
        details = np.zeros((2, 1, 0), np.float32) if details is None else details
        self.n_frames, self.n_details = weights.shape[1], details.shape[2]
        self._tables = tuple(map(_widened, (weights, *details)))
        self._widths = self._tables[0].shape[1], self._tables[1].shape[1]
        self._known = known
        self._local = threading.local()

    def score(self, forms: Forms, groups: int = kernel.ALL_GROUPS, cuts: Sequence[float] | None = None) -> Scored:
        """Return what there is to say of each text; equal to the bit however the texts are batched.

        :param groups: bit mask of the groups of features that count for the frames' scores.
        :param cuts: one a frame, the score without bias from which on more is said of it; None: never.
        """
        n, (n_frames, n_details) = len(forms), self._widths
        limits = [*(cuts or [np.inf] * self.n_frames), *[np.inf] * (n_frames - self.n_frames)]
        sizes = (n_frames, kernel.N_REMARKS, n_frames * kernel.N_PLACES, n_frames * n_details)
        if forms.compiled:
            from narratives.features import compiled

            out = [np.zeros((n, size), kind) for size, kind in zip(sizes, (float, np.int64, np.int64, float), strict=True)]
            scales, at_cuts = np.array(self.settings.scales), np.array(limits)

            def part(rows: slice) -> None:
                given = (*self._compiled[:4], scales, self._compiled[4], groups, *self._compiled[5:], at_cuts, self._cache(forms.longest))
                compiled.score_paragraphs(forms.codes, forms.begins[rows], forms.ends[rows], *given, *(o[rows].reshape(-1) for o in out))

            self._in_threads(part, n)
        else:
            plain: list[list[Any]] = [[zero] * (n * size) for size, zero in zip(sizes, (0.0, 0, 0, 0.0), strict=True)]
            cache = kernel.make_cache(forms.longest // 2 + 1, n_frames)
            given = (*self._plain[:4], self.settings.scales, self._plain[4], groups, *self._plain[5:], limits, cache)
            kernel.score_paragraphs(forms.codes, forms.begins, forms.ends, *given, *plain)
            out = [np.array(o).reshape(n, size) for o, size in zip(plain, sizes, strict=True)]
        scores, remarks, carriers, told = out
        return Scored(
            scores[:, : self.n_frames],
            remarks.astype(np.int64),
            carriers.reshape(n, n_frames, kernel.N_PLACES)[:, : self.n_frames].astype(np.int64),
            told.reshape(n, n_frames, n_details)[:, : self.n_frames, : self.n_details],
        )

    @cached_property
    def _plain(self) -> tuple[Any, ...]:
        """Tables, options, lexicon, known words, and the tables of weights, each with its number of outputs, as plain Python reads them."""
        own = (_flat(table, plain=True) for table in self._tables)
        return tables(), self.settings.options, self._lexicon.tolist(), self._known.tobytes(), *own

    @cached_property
    def _compiled(self) -> tuple[Any, ...]:
        """Return the same as the compiled kernel reads it."""
        options = np.array(self.settings.options, np.int64)
        return arrays(), options, self._lexicon, self._known, *(_flat(table) for table in self._tables)

    def _cache(self, longest: int) -> Any:
        """Return this thread's cache, made larger for a text of more words than it holds."""
        from narratives.features import compiled

        n_words = max(CACHE_WORDS, longest // 2 + 1)
        if getattr(self._local, "room", 0) < n_words:
            self._local.cache, self._local.room = compiled.make_cache(n_words, self._widths[0]), n_words
        return self._local.cache

    def _in_threads(self, part: Callable[[slice], None], n: int) -> None:
        """Do the rows in as many parts as threads are worth it."""
        n_parts = max(1, min(self.threads, n // FEWEST_A_THREAD))
        if n_parts == 1:
            part(slice(0, n))
            return
        ends = [n * k // n_parts for k in range(n_parts + 1)]
        slices = [slice(begin, end) for begin, end in pairwise(ends)]
        list(_pool(self.threads).map(part, slices))


@lru_cache(maxsize=4)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="narratives")


def _widened(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill the columns up to whole blocks, at least one."""
    return np.pad(table, ((0, 0), (0, kernel.BLOCK if not table.shape[1] else -table.shape[1] % kernel.BLOCK)))


def _flat(table: NDArray[np.float32], plain: bool = False) -> tuple[Any, int]:
    flat = np.ascontiguousarray(table).reshape(-1)
    return (flat.data if plain else flat), table.shape[1]  # a memoryview gives plain floats

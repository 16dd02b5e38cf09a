"""Runs the kernel with a model's weights: as plain Python on a paragraph or an article, compiled and in threads on more."""

from __future__ import annotations

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
NO_BITS = np.zeros(0, np.uint8)


@dataclass(frozen=True, slots=True)
class Scored:
    """What the kernel says of paragraphs at once.

    :param scores: weighted sums without bias, ``(n, n_outputs)``.
    :param remarks: counts of words, of different ones, of those known, and the mask of languages voted for, ``(n, 4)``.
    """

    scores: NDArray[np.float64]
    remarks: NDArray[np.int64]


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

    def score(self, forms: Forms, groups: int = kernel.ALL_GROUPS) -> Scored:
        """Return the frames' scores of each text, and remarks; equal to the bit however the texts are batched.

        :param groups: bit mask of the groups of features that count.
        """
        n, n_outputs = len(forms), self._widths[0]
        if not forms.compiled:
            scores, remarks = [0.0] * (n * n_outputs), [0] * (n * kernel.N_REMARKS)
            cache = kernel.make_cache(forms.longest // 2 + 1, n_outputs)
            tables_, known, scales, model = self._plain[0], self._plain[2], self.settings.scales, self._plain[3]
            common = (tables_, self.settings.options, self._plain[1], known, scales, model, groups, cache, scores, remarks)
            kernel.score_paragraphs(forms.codes, forms.begins, forms.ends, *common)
            return Scored(_matrix(scores, n, np.float64)[:, : self.n_frames], _matrix(remarks, n, np.int64))
        from narratives.features import compiled

        out, told = np.zeros((n, n_outputs)), np.zeros((n, kernel.N_REMARKS), np.int64)
        at_hand, scales_ = self._compiled, np.array(self.settings.scales)

        def part(rows: slice) -> None:
            begins, ends = forms.begins[rows], forms.ends[rows]
            common = (*at_hand[:2], at_hand[2], at_hand[3], scales_, at_hand[4], groups, self._cache(forms.longest))
            compiled.score_paragraphs(forms.codes, begins, ends, *common, out[rows].reshape(-1), told[rows].reshape(-1))

        self._in_threads(part, n)
        return Scored(out[:, : self.n_frames], told)

    def tell(self, forms: Forms, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return what carries each wanted frame, and the sums of its details.

        :param wanted: ``(n, n_frames)``.
        :return: spans of the normalised texts, ``(n, n_frames, 2)``, and sums, ``(n, n_frames, n_details)``; zeros where not wanted.
        """
        n = len(forms)
        n_frames, n_details = self._widths
        asked = np.zeros((n, n_frames), np.int64)
        asked[:, : self.n_frames] = wanted
        if not forms.compiled:
            spans, sums = [0] * (2 * n * n_frames), [0.0] * (n * n_frames * n_details)
            cache = kernel.make_cache(forms.longest // 2 + 1, n_frames)
            tables_, lexicon, known, model, whole, carried = self._plain
            common = (tables_, self.settings.options, lexicon, known, self.settings.scales, model, whole, carried, cache, spans, sums)
            kernel.tell_paragraphs(forms.codes, forms.begins, forms.ends, asked.reshape(-1).tolist(), *common)
            return self._cut(np.array(spans, np.int64).reshape(n, n_frames, 2), np.array(sums).reshape(n, n_frames, n_details))
        from narratives.features import compiled

        where, told = np.zeros((n, n_frames, 2), np.int64), np.zeros((n, n_frames, n_details))
        at_hand, scales = self._compiled, np.array(self.settings.scales)

        def part(rows: slice) -> None:
            common = (*at_hand[:4], scales, *at_hand[4:], self._cache(forms.longest))
            out = (where[rows].reshape(-1), told[rows].reshape(-1))
            compiled.tell_paragraphs(forms.codes, forms.begins[rows], forms.ends[rows], asked[rows].reshape(-1), *common, *out)

        self._in_threads(part, n)
        return self._cut(where, told)

    def _cut(self, spans: NDArray[np.int64], sums: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Leave out the outputs that only fill a block."""
        return spans[:, : self.n_frames], sums[:, : self.n_frames, : self.n_details]

    @cached_property
    def _plain(self) -> tuple[Any, ...]:
        """Tables, lexicon, known words, and the three tables of weights, each with its number of outputs, as plain Python reads them."""
        return tables(), self._lexicon.tolist(), self._known.tobytes(), *(_flat(table, plain=True) for table in self._tables)

    @cached_property
    def _compiled(self) -> tuple[Any, ...]:
        """Tables, options, lexicon, known words and the tables of weights as the compiled kernel reads them."""
        options = np.array(self.settings.options, np.int64)
        return arrays(), options, self._lexicon, self._known, *(_flat(table) for table in self._tables)

    def _cache(self, longest: int) -> Any:
        """Return this thread's cache, or a larger one for a text of more words than that holds."""
        from narratives.features import compiled

        n_words = longest // 2 + 1
        if n_words > CACHE_WORDS:
            return compiled.make_cache(n_words, self._widths[0])
        if not hasattr(self._local, "cache"):
            self._local.cache = compiled.make_cache(CACHE_WORDS, self._widths[0])
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


def _matrix(values: Sequence[Any], n: int, kind: Any) -> NDArray[Any]:
    return np.array(values, dtype=kind).reshape(n, -1) if n else np.zeros((0, 0), kind)

"""Runs the kernel: as plain Python on a paragraph or an article, compiled on more than that."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from narratives.errors import ModelFormatError
from narratives.features import kernel
from narratives.features.alphabet import UTF32, code_points, tables
from narratives.features.lexicon import NONE, Lexicon
from narratives.text import split_sentences

COMPILE_FROM = 40_000  # characters; below that, plain Python is done before numba is imported
COMPILED = "narratives.features.compiled"


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """Everything that decides which features a text has; a model keeps the settings it was trained with.

    :param bits: the table has ``2 ** bits`` buckets.
    :param pairs: whether neighbouring words form features.
    :param shortest: shortest character n-gram within a word and its boundaries.
    :param longest: longest one; 0 for none.
    :param scales: value of a feature in each group: words, word pairs, character n-grams, concepts, concept pairs with
        scopes, patterns. Chosen by
        cross-validation, leave-one-language-out and text the corpus was not written after.
    """

    bits: int = 18
    pairs: bool = True
    shortest: int = 3
    longest: int = 5
    scales: tuple[float, ...] = (0.05, 0.05, 0.02, 0.2, 0.17, 0.3)

    @property
    def n_buckets(self) -> int:
        """Size of the table."""
        return 1 << self.bits

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; `from_dict` reads it back."""
        return asdict(self) | {"scales": list(self.scales)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> FeatureSettings:
        """Read settings from plain data.

        :raises ModelFormatError: when keys or values are not what this version knows.
        """
        known = {key: type(value) for key, value in cls().to_dict().items()}
        if set(content) != set(known) or any(type(content[key]) is not kind for key, kind in known.items()):
            raise ModelFormatError(
                f"feature settings {dict(content)!r} are not of the form {cls().to_dict()!r}; the model needs another version"
            )
        settings = cls(**{**content, "scales": tuple(map(float, content["scales"]))})
        sound = 8 <= settings.bits <= 24 and 1 <= settings.shortest <= 16 and 0 <= settings.longest <= 16
        if not sound or len(settings.scales) != kernel.N_GROUPS:
            raise ModelFormatError(f"feature settings {dict(content)!r} are out of range")
        return settings


class Events(NamedTuple):
    """The events of one text: buckets, first and last word of each, where each group ends, and the words' spans."""

    bucket: Sequence[int]
    first: Sequence[int]
    last: Sequence[int]
    group_ends: Sequence[int]
    words: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class EventTable:
    """The buckets of many texts in a row.

    :param bucket: all events, ``(n_events,)``.
    :param ends: where each group of each text ends, ``(n_texts, n_groups)``.
    """

    bucket: NDArray[np.int64]
    ends: NDArray[np.int64]


class Extractor:
    """Turns normalised texts into events and, given weights, into scores."""

    def __init__(self, settings: FeatureSettings, lexicon: Lexicon = NONE) -> None:
        """Keep the settings and the lexicon; tables are made when first needed."""
        self.settings = settings
        self.lexicon = lexicon.packed

    @cached_property
    def _options(self) -> tuple[int, int, int, int]:
        chosen = self.settings
        return int(chosen.pairs), chosen.shortest, chosen.longest, chosen.n_buckets - 1

    @cached_property
    def _lexicon_list(self) -> list[int]:
        packed: list[int] = self.lexicon.tolist()
        return packed

    def events(self, text: str) -> Events:
        """Return the events of one normalised text."""
        fold, kinds = tables()
        breaks = sentence_starts(text)
        bucket, first, last, ends, starts, stops = kernel.extract_paragraph(
            code_points(text), 0, len(text), breaks, 0, len(breaks), fold, kinds, self._options, self._lexicon_list
        )
        return Events(bucket, first, last, ends, list(zip(starts, stops, strict=True)))

    def table(self, texts: Sequence[str]) -> EventTable:
        """Return the events of many normalised texts, for training."""
        from narratives.features import compiled

        codes, offsets, breaks, break_offsets = _join(texts)
        fold, kinds, options = self._arrays
        buckets, ends, done = [], np.zeros((len(texts), kernel.N_GROUPS), np.int64), 0
        for i in range(len(texts)):
            bucket, _, _, group_ends, _, _ = compiled.extract_paragraph(
                codes, offsets[i], offsets[i + 1], breaks, break_offsets[i], break_offsets[i + 1], fold, kinds, options, self.lexicon
            )
            buckets.append(bucket)
            ends[i] = group_ends + done
            done += len(bucket)
        return EventTable(np.concatenate(buckets) if buckets else np.zeros(0, np.int64), ends)

    def scores(self, texts: Sequence[str], weights: NDArray[np.float32], groups: int = kernel.ALL_GROUPS) -> NDArray[np.float64]:
        """Return weighted sums of the features of each text.

        :param texts: normalised texts.
        :param weights: ``(n_rows, n_outputs)``; a bucket's row is its remainder.
        :param groups: bit mask of the groups of features that count.
        :return: ``(n_texts, n_outputs)``, equal to the bit however the texts are batched.
        """
        if COMPILED in sys.modules or sum(map(len, texts)) >= COMPILE_FROM:
            return self._scores_compiled(texts, weights, groups)
        n_outputs = weights.shape[1]
        flat = weights.reshape(-1).data  # a view that gives plain floats
        out = [0.0] * (len(texts) * n_outputs)
        sums = [0.0] * n_outputs
        for row, text in enumerate(texts):
            events = self.events(text)
            kernel.add_scores(events.bucket, events.group_ends, self.settings.scales, flat, n_outputs, groups, sums, out, row)
        return np.array(out, dtype=np.float64).reshape(len(texts), n_outputs)

    def _scores_compiled(self, texts: Sequence[str], weights: NDArray[np.float32], groups: int = kernel.ALL_GROUPS) -> NDArray[np.float64]:
        from narratives.features import compiled

        codes, offsets, breaks, break_offsets = _join(texts)
        fold, kinds, options = self._arrays
        n_outputs = weights.shape[1]
        scales = np.array(self.settings.scales)
        out, sums = np.zeros(len(texts) * n_outputs, np.float64), np.zeros(n_outputs, np.float64)
        arrays = (codes, offsets, breaks, break_offsets, fold, kinds, options, self.lexicon, scales, weights.reshape(-1))
        compiled.score_paragraphs(*arrays, n_outputs, groups, sums, out)
        return out.reshape(len(texts), n_outputs)

    @cached_property
    def _arrays(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        fold, kinds = tables()
        return np.array(fold, np.int64), np.array(kinds, np.int64), np.array(self._options, np.int64)


def sentence_starts(text: str) -> list[int]:
    """Return where the sentences of a normalised text begin."""
    return [start for start, _ in split_sentences(text)]


def _join(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return all code points, where each text ends, all sentence starts, and where those of each text end."""
    codes = np.frombuffer("".join(texts).encode(UTF32), dtype=np.uint32).astype(np.int64)
    starts = [sentence_starts(text) for text in texts]
    breaks = np.array([start for part in starts for start in part], np.int64)
    return codes, _offsets(map(len, texts)), breaks, _offsets(map(len, starts))


def _offsets(lengths: Iterable[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *lengths], dtype=np.int64)

"""Which features a text has: the settings, and the events of a text one by one, for learning and for evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from narratives.errors import ModelFormatError
from narratives.features import kernel
from narratives.features.alphabet import UTF32, arrays, code_points, tables
from narratives.features.lexicon import NONE, Lexicon


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

    @property
    def options(self) -> tuple[int, int, int, int]:
        """What the kernel takes: pairs or none, shortest and longest n-gram, mask of the buckets."""
        return int(self.pairs), self.shortest, self.longest, self.n_buckets - 1

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
    """The events of one text: buckets, first and last word of each, where each group ends, the words' spans and their sentences."""

    bucket: Sequence[int]
    first: Sequence[int]
    last: Sequence[int]
    group_ends: Sequence[int]
    words: list[tuple[int, int]]
    sentences: Sequence[int]


@dataclass(frozen=True, slots=True)
class EventTable:
    """The buckets of many texts in a row.

    :param bucket: all events, ``(n_events,)``.
    :param ends: where each group of each text ends, ``(n_texts, n_groups)``.
    :param sentences: of the first and the last word of each event, counted from 0 in each text, ``(n_events, 2)``.
    """

    bucket: NDArray[np.int32]
    ends: NDArray[np.int64]
    sentences: NDArray[np.int32]

    def within(self, rows: NDArray[np.int64], sentences: NDArray[np.int64]) -> EventTable:
        """Return the events of some of the texts that stand in some of their sentences.

        :param rows: of the texts, ``(m,)``, any number of times.
        :param sentences: the first and the last of those wanted, ``(m, 2)``.
        """
        begins = np.concatenate([[0], self.ends[:-1, -1]])[rows]
        picked, ends, done = [], np.zeros((len(rows), self.ends.shape[1]), np.int64), 0
        for i, (row, begin, (low, high)) in enumerate(zip(rows, begins, sentences, strict=True)):
            own = self.sentences[begin : self.ends[row, -1]]
            inside = (own[:, 0] >= low) & (own[:, 1] <= high)
            picked.append(begin + np.flatnonzero(inside))
            ends[i] = done + np.concatenate([[0], np.cumsum(inside)])[self.ends[row] - begin]
            done = ends[i, -1]
        at = np.concatenate(picked) if picked else np.zeros(0, np.int64)
        return EventTable(self.bucket[at], ends, self.sentences[at])


class Extractor:
    """Turns normalised texts into events."""

    def __init__(self, settings: FeatureSettings, lexicon: Lexicon = NONE) -> None:
        """Keep the settings and the lexicon; tables are made when first needed."""
        self.settings = settings
        self.lexicon = lexicon.packed

    @cached_property
    def _lexicon_list(self) -> list[int]:
        packed: list[int] = self.lexicon.tolist()
        return packed

    def events(self, text: str) -> Events:
        """Return the events of one normalised text."""
        no_weights = ((), 0)
        bucket, first, last, ends, starts, stops, sentences = kernel.extract_paragraph(
            code_points(text), 0, len(text), tables(), self.settings.options, self._lexicon_list, no_weights
        )
        return Events(bucket, first, last, ends, list(zip(starts, stops, strict=True)), sentences)

    def table(self, texts: Sequence[str]) -> EventTable:
        """Return the events of many normalised texts, for training."""
        from narratives.features import compiled

        codes = np.frombuffer("".join(texts).encode(UTF32), np.uint32).astype(np.int32)
        offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        common = (arrays(), np.array(self.settings.options, np.int64), self.lexicon, (np.zeros(0, np.float32), 0))
        buckets, places, ends, done = [], [], np.zeros((len(texts), kernel.N_GROUPS), np.int64), 0
        for i in range(len(texts)):
            bucket, first, last, group_ends, _, _, sentence = compiled.extract_paragraph(codes, offsets[i], offsets[i + 1], *common)
            buckets.append(bucket.astype(np.int32))
            places.append(np.stack([sentence[first], sentence[last]], axis=1).astype(np.int32))
            ends[i] = group_ends + done
            done += len(bucket)
        if not texts:
            return EventTable(np.zeros(0, np.int32), ends, np.zeros((0, 2), np.int32))
        return EventTable(np.concatenate(buckets), ends, np.concatenate(places))

"""Many texts in their normalised form, side by side as the kernel reads them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narratives.features.alphabet import UTF32, code_points, forms
from narratives.text import Normalised, normalise

COMPILED = "narratives.features.compiled"
COMPILE_FROM = 40_000  # characters; below that, plain Python is done before numba is imported
Numbers = Sequence[int] | NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Forms:
    """The characters of text ``i`` are ``codes[begins[i]:ends[i]]``; lists for plain Python, arrays for the compiled kernel."""

    codes: Numbers
    begins: Numbers
    ends: Numbers

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.begins)

    @property
    def compiled(self) -> bool:
        """Whether they are for the compiled kernel."""
        return isinstance(self.codes, np.ndarray)

    @property
    def longest(self) -> int:
        """Characters of the longest text."""
        return max((int(end - begin) for begin, end in zip(self.begins, self.ends, strict=True)), default=0)


def worth_compiling(n_characters: int) -> bool:
    """Whether the compiled kernel is at hand already, or so much text pays for it."""
    return COMPILED in sys.modules or n_characters >= COMPILE_FROM


def of_normalised(texts: Sequence[str]) -> Forms:
    """Put normalised texts side by side."""
    ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    if worth_compiling(int(ends[-1])):
        codes = np.frombuffer("".join(texts).encode(UTF32), np.uint32).astype(np.int32)
        return Forms(codes, ends[:-1], ends[1:])
    return Forms(code_points("".join(texts)), ends[:-1].tolist(), ends[1:].tolist())


def of_maps(maps: Sequence[Normalised]) -> Forms:
    """Put texts side by side that were normalised with their maps."""
    return of_normalised([form.text for form in maps])


def of_texts(texts: Sequence[str]) -> Forms:
    """Normalise texts and put them side by side; the compiled way where that is worth it, with the same result."""
    if not worth_compiling(sum(map(len, texts))):
        return of_normalised([normalise(text).text for text in texts])
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return of_utf8(np.frombuffer(b"".join(encoded), np.uint8), offsets)


def of_utf8(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> Forms:
    """Normalise texts that stand side by side in UTF-8, as Arrow keeps them.

    What a table of characters cannot tell (one paragraph in some dozens of print) goes through `narratives.text.normalise`.

    :param data: all bytes.
    :param offsets: text ``i`` is ``data[offsets[i]:offsets[i + 1]]``.
    """
    from narratives.features import compiled

    codes, ends = np.zeros(len(data), np.int32), np.zeros(len(offsets) - 1, np.int64)
    compiled.simple_forms(data, offsets, forms(), codes, ends)
    begins = offsets[:-1].copy()
    hard = np.flatnonzero(ends < 0).tolist()
    if not hard:
        return Forms(codes, begins, ends)
    parts = [codes]
    at = len(codes)
    for i in hard:
        text = data[offsets[i] : offsets[i + 1]].tobytes().decode("utf-8", "surrogatepass")
        part = np.frombuffer(normalise(text).text.encode(UTF32), np.uint32).astype(np.int32)
        begins[i], ends[i] = at, at + len(part)
        at += len(part)
        parts.append(part)
    return Forms(np.concatenate(parts), begins, ends)

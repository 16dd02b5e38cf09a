"""Paragraphs into sentences, by rules that need no data and serve every language that ends a sentence with a mark."""

from __future__ import annotations

from narratives.features import kernel
from narratives.features.alphabet import code_points, tables


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Split a paragraph into sentences.

    :param text: a normalised paragraph.
    :return: spans ``(start, end)`` of the sentences, in order; together they cover all but the space between them.
    """
    most = len(text) // 2 + 1
    starts, ends = [0] * most, [0] * most
    n = kernel.find_sentences(code_points(text), 0, len(text), tables(), starts, ends)
    return list(zip(starts[:n], ends[:n], strict=True))

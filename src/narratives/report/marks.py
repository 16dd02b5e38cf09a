"""A mistake's text cut into pieces by what each word weighed, and what a page must never pass on from a stranger's text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# They reorder what stands around them, also outside the quoted text.
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text and what it added to the frame's score; 0 for what is no evidence."""

    text: str
    weight: float = 0.0


def pieces(mistake: Mapping[str, Any], longest: int) -> Iterator[Piece]:
    """Go through the text of a mistake, its first ``longest`` characters.

    :param mistake: with ``text`` and, where there is evidence, ``evidence`` as spans with weights, in order.
    """
    text = mistake["text"]
    shown, at = text[:longest], 0
    for span in mistake.get("evidence", ()):
        if at <= span["start"] < span["end"] <= len(shown):
            yield Piece(shown[at : span["start"]])
            yield Piece(shown[span["start"] : span["end"]], span["weight"])
            at = span["end"]
    yield Piece(cut(text, longest)[at:])


def cut(text: str, longest: int) -> str:
    """Return the first ``longest`` characters of a text, and dots where there are more."""
    return text if len(text) <= longest else text[:longest] + " ..."


def printable(text: str) -> str:
    """Return a text of the same length in which controls, halves of surrogate pairs and marks that reorder text are replaced."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _harmless(character) else REPLACEMENT for character in text)


def _harmless(character: str) -> bool:
    return character in "\t\n\r" or (unicodedata.category(character) not in ("Cc", "Cs", "Cn") and character not in BIDI)

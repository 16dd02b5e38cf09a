"""Two tables over the code points: what a character folds to, and whether it belongs to a word."""

from __future__ import annotations

import re
import sys
from functools import lru_cache

from narratives.features.kernel import APOSTROPHE, JOINING_LETTER, LETTER, OTHER

SIZE = 0x10000  # the basic plane; a character beyond it counts as a letter that folds to itself
_SURROGATES = range(0xD800, 0xE000)
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0962\u0963]")


@lru_cache(maxsize=1)
def tables() -> tuple[list[int], list[int]]:
    """Return ``fold`` and ``kinds``, each with one entry for every code point below `SIZE`.

    Folding lowers case one character to one, takes ё for е as Russian print does, and every digit for 0, since
    which number it is hardly ever carries a frame.
    """
    characters = ["\ufffd" if code in _SURROGATES else chr(code) for code in range(SIZE)]
    fold = [ord(lower) if len(lower := character.lower()) == 1 else ord(character) for character in characters]
    for code, character in enumerate(characters):
        if character.isdecimal():
            fold[code] = ord("0")
    fold[ord("Ё")] = fold[ord("ё")] = ord("е")
    kinds = [LETTER if character.isalnum() or _MARKS.match(character) else OTHER for character in characters]
    for code in range(0x0400, 0x0530):
        if kinds[code] == LETTER:
            kinds[code] = JOINING_LETTER
    kinds[ord("'")] = APOSTROPHE
    kinds[0xFFFD] = OTHER
    return fold, kinds


def code_points(text: str) -> list[int]:
    """Return the code points of a text."""
    return list(map(ord, text))


UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"

"""Tables over the code points for the kernel: what a character folds to, whether it belongs to a word, how it normalises."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.features import kernel
from narratives.text.normalise import INVISIBLE, TRANSLATION

SIZE = 0x10000  # the basic plane; a character beyond it counts as a letter that folds to itself
_SURROGATES = range(0xD800, 0xE000)
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0962\u0963]")
# Blocks of thousands of characters that are their own form; their vowels and finals that compose stand elsewhere.
_OWN_FORM = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xAC00, 0xD7A4))
_JAMO = (range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xD7B0, 0xD800))
UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"

# Words after which a full stop does not end the sentence, without their last stop. Titles, months, references; nl en de fr ru uk.
_ABBREVIATIONS = """
mr mrs ms dr prof gen lt col sgt capt st jr sr vs no vol inc ltd co corp fig approx dept est gov sen rep rev hon
jan feb mar apr jun jul aug sep sept oct nov dec
e.g i.e cf al a.m p.m u.s u.k d.c
dhr mevr mw ir drs ing mr nr blz bijv bv ca ed enz evt incl jl m.b.t m.a.w o.a o.l.v resp t.a.v t.o.v v.chr z.g d.w.z
hr fr bzw ca d.h dgl evtl ggf inkl mio mrd nr o.ä s sog str u.a usw vgl z.b z.t z.z abs art bd
m mm mme mlle me cf ex env p.ex éd av apr
г гг в вв т.е т.д т.п т.к т.н др пр см стр руб тыс млн млрд им ул пл обл рис ср напр проф акад ген полк
р рр ст т.зв і.о п.п тис грн вул обл напр див
"""
ABBREVIATIONS = tuple(_ABBREVIATIONS.split())

Tables = tuple[Any, Any, Any, Any]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Return ``fold``, ``kinds`` and ``classes``, each with one entry for every code point below `SIZE`, and the abbreviations.

    Folding lowers case one character to one, takes ё for е as Russian print does, and every digit for 0, since
    which number it is hardly ever carries a frame. The abbreviations are an open-addressing table of their hashes plus one.
    """
    characters = ["\ufffd" if code in _SURROGATES else chr(code) for code in range(SIZE)]
    fold = [ord(lower) if len(lower := character.lower()) == 1 else ord(character) for character in characters]
    for code, character in enumerate(characters):
        if character.isdecimal():
            fold[code] = ord("0")
    fold[ord("Ё")] = fold[ord("ё")] = ord("е")
    kinds = [kernel.LETTER if character.isalnum() or _MARKS.match(character) else kernel.OTHER for character in characters]
    for code in range(0x0400, 0x0530):
        if kinds[code] == kernel.LETTER:
            kinds[code] = kernel.JOINING_LETTER
    kinds[ord("'")] = kernel.APOSTROPHE
    kinds[0xFFFD] = kernel.OTHER
    classes = [
        kernel.ALPHANUMERIC | kernel.LOWER * c.islower() | kernel.UPPER * c.isupper() | kernel.DIGIT * c.isdigit() if c.isalnum() else 0
        for c in characters
    ]
    return fold, kinds, classes, _slots([fold_hash(word, fold) for word in ABBREVIATIONS])


def _slots(hashes: list[int]) -> list[int]:
    slots = [0] * kernel.power_above(2 * len(hashes))
    for state in set(hashes):
        slot = kernel.mix(state) & (len(slots) - 1)
        while slots[slot]:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = state + 1
    return slots


def fold_hash(word: str, fold: list[int]) -> int:
    """Return the hash that the kernel gives to a word."""
    state = kernel.WORD_SEED
    for code in code_points(word):
        state = ((state ^ (fold[code] if code < len(fold) else code)) * kernel.PRIME) & kernel.MASK
    return state


@lru_cache(maxsize=1)
def arrays() -> Tables:
    """Return `tables` as arrays, for the compiled kernel."""
    fold, kinds, classes, abbreviations = tables()
    return np.array(fold, np.int32), np.array(kinds, np.uint8), np.array(classes, np.uint8), np.array(abbreviations, np.int64)


@lru_cache(maxsize=1)
def forms() -> NDArray[np.int32]:
    """Return what each code point below `SIZE` becomes in the normalised form, where that does not hang on its neighbours.

    Values of `kernel`: DROP for what vanishes, below SEVERAL for what becomes several characters, DECLINE for what only
    `narratives.text.normalise` can tell. A test holds both to the same form.
    """
    table = np.full(SIZE, kernel.DECLINE, np.int32)
    for code in range(SIZE):
        if not (0x3400 <= code < 0xE000):
            table[code] = _form(code)
    for block in _OWN_FORM:
        table[block.start : block.stop] = block
    for block in _JAMO:
        table[block.start : block.stop] = kernel.DECLINE
    return table


def _form(code: int) -> int:
    character = chr(code)
    if INVISIBLE.match(character):
        return kernel.DROP
    new = unicodedata.normalize("NFKC", character).translate(TRANSLATION)
    # Scripts that meet are seen at the last character of a form alone, so its first must be of the same ("m2" is not).
    even = kernel.script_of(ord(new[:1] or " ")) == kernel.script_of(ord(new[-1:] or " "))
    if 1 < len(new) <= len(character.encode()) and new.isascii() and new.isprintable() and even and not set(new) & set(" @/"):
        return kernel.SEVERAL - sum(ord(letter) << 7 * i for i, letter in enumerate(new))
    if len(new) != 1 or INVISIBLE.match(new) or unicodedata.category(character)[0] == "M" or unicodedata.category(new)[0] == "M":
        return kernel.DECLINE
    return kernel.SPACE if new == "\t" else ord(new)


def code_points(text: str) -> list[int]:
    """Return the code points of a text."""
    return list(map(ord, text))

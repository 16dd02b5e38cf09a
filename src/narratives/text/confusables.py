"""Look-alike letters in words of mixed script, put back into the script of the word.

A Latin "o" inside a Russian word looks right to a reader and hides the word from a classifier. Only words that mix
scripts are touched, and only where every foreign letter has a twin in the script of the majority; so a brand name
or a formula stays as it is. The pairs are a hand-kept subset of Unicode's confusables (UTS #39), letters that look
alike in ordinary type.
"""

from __future__ import annotations

import re

_LATIN = "aceopxyisjhABCEHIKMOPTXYSJkmtgïëÏË"
_CYRILLIC = "асеорхуіѕјһАВСЕНІКМОРТХУЅЈкмтԍїёЇЁ"
_GREEK_TO_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρικαυ", "ABEZHIKMNOPTYXovpikau", strict=True))

LATIN_TO_CYRILLIC = dict(zip(_LATIN, _CYRILLIC, strict=True))
CYRILLIC_TO_LATIN = {cyrillic: latin for latin, cyrillic in LATIN_TO_CYRILLIC.items()}
GREEK_TO_CYRILLIC = {greek: LATIN_TO_CYRILLIC[latin] for greek, latin in _GREEK_TO_LATIN.items() if latin in LATIN_TO_CYRILLIC}

_L, _C, _G = "A-Za-z\u00c0-\u024f", "\u0400-\u052f", "\u0370-\u03ff"
_SEAM = re.compile(f"[{_L}][{_C}{_G}]|[{_C}][{_L}{_G}]|[{_G}][{_L}{_C}]")  # where two scripts meet in a word
_WORD = re.compile(r"[^\W\d_]+")
_IS_LATIN, _IS_CYRILLIC = re.compile(f"[{_L}]"), re.compile(f"[{_C}]")
_TO_LATIN = CYRILLIC_TO_LATIN | _GREEK_TO_LATIN
_TO_CYRILLIC = LATIN_TO_CYRILLIC | GREEK_TO_CYRILLIC


def unmix(text: str) -> str:
    """Return the text with each mixed-script word in one script where that is possible; the length never changes."""
    if _SEAM.search(text) is None:
        return text
    return _WORD.sub(lambda match: _unmix_word(match.group()) if _SEAM.search(match.group()) else match.group(), text)


def _unmix_word(word: str) -> str:
    latin, cyrillic = len(_IS_LATIN.findall(word)), len(_IS_CYRILLIC.findall(word))
    # Where both would do, the majority decides, and Cyrillic at a tie: its words are the ones that get disguised.
    directions = [(_TO_CYRILLIC, _IS_CYRILLIC), (_TO_LATIN, _IS_LATIN)]
    if latin > cyrillic:
        directions.reverse()
    for table, own in directions:
        new = "".join(letter if own.match(letter) else table.get(letter, "\0") for letter in word)
        if "\0" not in new:
            return new
    return word

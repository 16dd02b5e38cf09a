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
# A lunate sigma has become ς by then, its compatible form.
_GREEK_TO_LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρικαυχγς", "ABEZHIKMNOPTYXovpikauxyc", strict=True))
_ALIEN_TO_LATIN = dict(zip("ɑɡոսօՕ", "agnuoO", strict=True))  # phonetic and Armenian letters
_RARE_TO_LATIN = dict(zip("ӏԁԛԝүҮѵ", "ldqwyYv", strict=True))  # Cyrillic of other languages than ours, so one way only

LATIN_TO_CYRILLIC = dict(zip(_LATIN, _CYRILLIC, strict=True))
CYRILLIC_TO_LATIN = {cyrillic: latin for latin, cyrillic in LATIN_TO_CYRILLIC.items()}
OTHERS_TO_LATIN = _GREEK_TO_LATIN | _ALIEN_TO_LATIN
OTHERS_TO_CYRILLIC = {other: LATIN_TO_CYRILLIC[latin] for other, latin in OTHERS_TO_LATIN.items() if latin in LATIN_TO_CYRILLIC}

_L, _C, _G, _O = "A-Za-z\u00c0-\u024f", "\u0400-\u052f", "\u0370-\u03ff", "\u0250-\u02af\u0530-\u058f"
# Where two scripts meet in a word; `narratives.features.kernel.script_of` knows the same four.
# An apostrophe joins: what stands before it is often one letter, which is only known for foreign by its neighbours.
_SEAM = re.compile(f"[{_L}]'?[{_C}{_G}{_O}]|[{_C}]'?[{_L}{_G}{_O}]|[{_G}]'?[{_L}{_C}{_O}]|[{_O}]'?[{_L}{_C}{_G}]")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_IS_LATIN, _IS_CYRILLIC = re.compile(f"[{_L}]"), re.compile(f"[{_C}]")
_TO_LATIN = CYRILLIC_TO_LATIN | _RARE_TO_LATIN | OTHERS_TO_LATIN
_TO_CYRILLIC = LATIN_TO_CYRILLIC | OTHERS_TO_CYRILLIC | {"ĸ": "к"}


def unmix(text: str) -> str:
    """Return the text with each mixed-script word in one script where that is possible; the length never changes."""
    if _SEAM.search(text) is None:
        return text
    in_latin = len(_IS_LATIN.findall(text)) > len(_IS_CYRILLIC.findall(text))
    return _WORD.sub(lambda match: _unmix_word(match.group(), in_latin) if _SEAM.search(match.group()) else match.group(), text)


def _unmix_word(word: str, in_latin: bool) -> str:
    """Return the word in one script: that of its majority if it can be, that of the text where the word is divided evenly."""
    latin, cyrillic = len(_IS_LATIN.findall(word)), len(_IS_CYRILLIC.findall(word))
    directions = [(_TO_CYRILLIC, _IS_CYRILLIC), (_TO_LATIN, _IS_LATIN)]
    if latin > cyrillic or (latin == cyrillic and in_latin):
        directions.reverse()
    for table, own in directions:
        new = "".join(letter if letter == "'" or own.match(letter) else table.get(letter, "\0") for letter in word)
        if "\0" not in new:
            return new
    return word

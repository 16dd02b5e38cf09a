"""Paragraphs into sentences, by rules that need no data and serve every language that ends a sentence with a mark."""

from __future__ import annotations

import re

# Words after which a full stop does not end the sentence, without their last stop. Titles, months, references; nl en de fr ru uk.
_ABBREVIATIONS = """
mr mrs ms dr prof gen lt col sgt capt st jr sr vs no vol inc ltd co corp fig approx dept est gov sen rep rev hon
jan feb mar apr jun jul aug sep sept oct nov dec
e.g i.e cf al a.m p.m u.s u.k d.c
dhr mevr mw ir drs ing mr nr blz bijv bv ca ed enz evt incl jl m.b.t m.a.w o.a o.l.v resp t.a.v t.o.v v.chr z.g d.w.z
hr fr bzw ca d.h dgl evtl ggf inkl mio mrd nr o.ä s sog str u.a usw vgl z.b z.t z.z abs art bd
m mm mme mlle me cf ex env p.ex éd av apr
г гг в вв т.е т.д т.п т.к т.н др пр см стр руб тыс млн млрд им ул пл обл р-н рис ср напр проф акад ген полк
р рр ст т.зв і.о п.п тис грн вул обл напр див
"""
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
_CANDIDATE = re.compile(r"[.!?]+[\"')\]]*\s+(?=[\"'(\[¿¡-]*\s*[^\W_])")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Split a paragraph into sentences.

    :param text: a normalised paragraph.
    :return: spans ``(start, end)`` of the sentences, in order; together they cover all but the space between them.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _CANDIDATE.finditer(text):
        if _ends_sentence(text, match.start(), match.end()):
            spans.append((start, start + len(text[start : match.end()].rstrip())))
            start = match.end()
    if text[start:].strip():
        spans.append((start, start + len(text[start:].rstrip())))
    return spans


def _ends_sentence(text: str, mark: int, following: int) -> bool:
    opening = text[following:].lstrip("\"'([-¿¡ ")[:1]
    if text[mark] != "." or text[mark : mark + 2] == "..":
        return not opening.islower()
    if opening.islower():
        return False
    word = _word_before(text, mark)
    if word.isdigit():  # an ordinal ("24. Februar") goes on; a year or a sum ends
        return len(word) > 2
    return not (word.lower() in ABBREVIATIONS or (len(word) == 1 and word.isupper()))


def _word_before(text: str, mark: int) -> str:
    begin = mark
    while begin and (text[begin - 1].isalnum() or (text[begin - 1] == "." and begin - 1 > 0 and text[begin - 2].isalnum())):
        begin -= 1
        if mark - begin > 24:
            break
    return text[begin:mark]

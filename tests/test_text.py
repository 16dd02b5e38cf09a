"""Laws of the text path: one form, a true map back, and splits that lose nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from narratives.features import split_sentences
from narratives.text import normalise, split_article

TRICKY = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("aеоpсxАЕNн'’“”«»-–—…\u00ad\u200b\u200e\u0301\u0308\u00a0\n\r\t @.:/IіїйёЁß"),
        st.sampled_from("\ud800\udfff\u1100\u1161\u11a8가각ﬁ①½"),
    ),
    max_size=60,
)


@given(TRICKY)
@example("http://a\n-b @c")
@example("aа\u0301 eе\u0308")
@example("word-\nbreak \u00ad-\n x")
@settings(max_examples=400, deadline=None)
def test_normalising_twice_is_normalising_once(text):
    once = normalise(text).text
    assert normalise(once).text == once


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_composed_and_decomposed_text_has_one_form(text):
    forms = {normalise(unicodedata.normalize(form, text)).text for form in ("NFC", "NFD")}
    assert len(forms) == 1


@given(TRICKY)
@settings(max_examples=300, deadline=None)
def test_map_points_into_the_original(text):
    form = normalise(text)
    previous = 0
    for i in range(len(form.text)):
        start, end = form.original_span(i, i + 1)
        assert 0 <= start < end <= len(text)
        assert start >= previous
        previous = start


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("«Да» – “yes”", '"Да" - "yes"'),
        ("Пу\u00adтин", "Путин"),
        ("Ros\u200bsiya", "Rossiya"),
        ("НAТО", "НАТО"),  # a Latin A inside
        ("Рaris", "Paris"),  # a Cyrillic Р in front
        ("Роϲсия", "Россия"),  # a Greek lunate sigma inside
        ("ɑttɑcԛue", "attacque"),  # phonetic and rare Cyrillic letters inside
        ("sοvereigոty", "sovereignty"),  # a Greek o and an Armenian n inside
        ("to gо", "to go"),  # half and half: the text decides
        ("он сo мной", "он со мной"),
        ("la guerre ԁ’usure", "la guerre d'usure"),  # foreign by what stands behind the apostrophe
        ("για την Ουκρανία", "για την Ουκρανία"),  # Greek by itself stays
        ("за\u0301мок", "замок"),
        ("troepen-\nopbouw", "troepenopbouw"),
        ("Noord-\nAtlantische", "Noord-Atlantische"),
        ("see https://example.org/a?b=c now", "see now"),
        ("thanks @some_one !", "thanks !"),
        ("ﬁve  spaces\u00a0here", "five spaces here"),
        ("об\u2019єкт", "об'єкт"),
        ("\ud83d alone", "\ufffd alone"),
    ],
)
def test_known_forms(typed, form):
    assert normalise(typed).text == form


def test_span_of_a_mended_word_covers_what_was_typed():
    form = normalise("Der Truppen\u00adauf\u00admarsch beginnt")
    start = form.text.index("Truppenaufmarsch")
    span = form.original_span(start, start + len("Truppenaufmarsch"))
    assert "Der Truppen\u00adauf\u00admarsch beginnt"[slice(*span)] == "Truppen\u00adauf\u00admarsch"


@pytest.mark.parametrize(
    ("paragraph", "n"),
    [
        ("De minister zei dr. Jansen te kennen. Daarna vertrok hij.", 2),
        ("Am 24. Februar begann es. Zwei Tage später floh er nach Wien.", 2),
        ("С 24 февраля прошло 2 г. и 3 мес. Войска ушли.", 2),
        ('"Will it stop?" he asked. Nobody knew.', 2),
        ("M. Durand a répondu. Mme Petit s'est tue.", 2),
        ("Станом на 1 січня 2022 р. було 5 тис. осіб. Далі невідомо.", 2),
        ("The U.S. sent aid worth $3.5 billion. It arrived.", 2),
        ("He had met J. Smith in Kyiv. Nobody spoke.", 2),
        ("One sentence without an end", 1),
        ("", 0),
    ],
)
def test_sentences(paragraph, n):
    spans = split_sentences(paragraph)
    assert len(spans) == n, [paragraph[a:b] for a, b in spans]


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_sentences_lose_only_space(text):
    form = normalise(text).text
    covered = set()
    for start, end in split_sentences(form):
        assert start < end
        covered.update(range(start, end))
    assert all(form[i].isspace() for i in range(len(form)) if i not in covered)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\n\r. ")), max_size=300))
@settings(max_examples=200, deadline=None)
def test_paragraphs_lose_only_space(article):
    covered = set()
    for unit in split_article(article):
        assert article[unit.start : unit.end] == unit.text
        assert unit.text.strip() == unit.text != ""
        covered.update(range(unit.start, unit.end))
    assert all(article[i].isspace() for i in range(len(article)) if i not in covered)


def test_article_keeps_headline_caption_and_boilerplate_as_units():
    article = "Troops move up\n\nThe ministry said so.\n\nFoto: A. Visser / ANP\n\nLees ook: wat er gebeurde\n\nIt ended there."
    assert [unit.kind for unit in split_article(article)] == ["headline", "paragraph", "caption", "boilerplate", "paragraph"]


def test_hard_wrapped_lines_are_one_paragraph_and_lines_of_their_own_are_not():
    wrapped = (
        "The ministry said on Tuesday that the exercise would\ngo on until the end of the month and that no other\nunits would take part."
    )
    assert len(split_article(wrapped)) == 1
    assert len(split_article("First point of the day.\nSecond point, longer than the first one by far.\nThird.")) == 3

"""The kernel: one source, two ways to run it, equal bits; and scikit-learn as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives import frames
from narratives.features import ALWAYS, Engine, Extractor, FeatureSettings, Forms, kernel, of_utf8, split_sentences
from narratives.features import compiled as kernel_compiled
from narratives.features.alphabet import code_points, fold_hash, forms, tables
from narratives.features.lexicon import load_lexicon
from narratives.text import normalise
from tests.conftest import ROOT

SETTINGS = FeatureSettings(bits=12)
LEXICON = load_lexicon(ROOT / "data" / "lexicon")
TEXTS = [
    "De NAVO breidt uit, zei Moskou. De NAVO breidt uit.",
    "Об'єкт і l'OTAN d'abord: 175.000 man",
    "",
    "x",
    "a" * 300,
    "Слово за слово Слово",
    "𝒳 𐍈𐍈 emoji 🙂 end",
]


@pytest.fixture(scope="module")
def weights():
    random = np.random.default_rng(1)
    return random.normal(size=(SETTINGS.n_buckets, 3)).astype("f4")


DETAILS = np.random.default_rng(3).normal(size=(2, 1 << 10, 5)).astype("f4")
KNOWN = np.random.default_rng(4).integers(0, 256, 1 << 10).astype(np.uint8)


@pytest.fixture(scope="module")
def engine(weights):
    return Engine(SETTINGS, LEXICON, weights, DETAILS, KNOWN, 1)


def words_of(text):
    return [text[a:b] for a, b in Extractor(SETTINGS).events(text).words]


def plain(texts):
    """Forms for the kernel as plain Python, whatever was compiled before."""
    ends = np.cumsum([0, *map(len, texts)]).tolist()
    return Forms(code_points("".join(texts)), ends[:-1], ends[1:])


def compiled(texts):
    ends = np.cumsum([0, *map(len, texts)])
    return Forms(np.array(code_points("".join(texts)), np.int32), ends[:-1], ends[1:])


def test_words_of_different_scripts():
    assert words_of("Об'єкт і l'OTAN d'abord") == ["Об'єкт", "і", "l", "OTAN", "d", "abord"]
    assert words_of("U.S.-led 3,5 %") == ["U", "S", "led", "3", "5"]


def test_folding_ignores_case_digits_and_yo():
    events = [Extractor(SETTINGS).events(text).bucket for text in ("ЁЛКА 2014", "елка 1999")]
    assert events[0] == events[1]


PHRASES = st.lists(
    st.sampled_from(
        [
            "The",
            "NATO",
            "alliance",
            "threatens",
            "Россия",
            "не",
            "угрожает",
            "navo",
            "bedreigt",
            ".",
            "Das",
            "Bündnis",
            "l'OTAN",
            "military",
            "bloc",
        ]
    )
)


NORMALISED = st.one_of(st.text(max_size=80), PHRASES.map(" ".join)).map(lambda text: normalise(text).text)
EVERY = [ALWAYS] * 3


def parts(scored):
    return scored.scores, scored.remarks, scored.carriers, scored.told


@given(NORMALISED)
@settings(max_examples=150, deadline=None)
def test_compiled_equals_plain_to_the_bit(engine, text):
    pairs = zip(parts(engine.score(compiled([text]), cuts=EVERY)), parts(engine.score(plain([text]), cuts=EVERY)), strict=True)
    assert all((one == other).all() for one, other in pairs)
    extractor = Extractor(SETTINGS, LEXICON)
    assert extractor.table([text]).bucket.tolist() == list(extractor.events(text).bucket)


def test_any_batch_and_any_number_of_threads_gives_the_same_bits(weights):
    texts = [f"{text} {other}" for text in TEXTS for other in TEXTS] * 6
    reference = None
    for threads, order in ((1, 1), (4, 1), (3, -1)):
        engine = Engine(SETTINGS, LEXICON, weights, DETAILS, KNOWN, threads)
        found = [part[::order] for part in parts(engine.score(compiled(texts[::order]), cuts=[0.0, ALWAYS, 0.5]))]
        alone = engine.score(compiled([texts[0]]))
        assert (alone.scores[0] == found[0][0]).all()
        reference = reference or found
        assert all((a == b).all() for a, b in zip(found, reference, strict=True))


def test_a_full_cache_begins_anew_with_the_same_bits(weights, monkeypatch):
    texts = [" ".join(f"word{chr(97 + (i * j) % 26)}{chr(97 + j % 26)}" for j in range(30)) for i in range(60)]
    roomy = Engine(SETTINGS, LEXICON, weights, DETAILS, KNOWN, 1).score(compiled(texts))
    monkeypatch.setattr("narratives.features.engine.CACHE_WORDS", 200)
    tight = Engine(SETTINGS, LEXICON, weights, DETAILS, KNOWN, 1).score(compiled(texts))
    assert (roomy.scores == tight.scores).all()
    assert (roomy.remarks == tight.remarks).all()


def test_a_text_of_more_words_than_the_cache_makes_it_larger(weights, monkeypatch):
    monkeypatch.setattr("narratives.features.engine.CACHE_WORDS", 50)
    text = " ".join(f"word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(300))
    engine = Engine(SETTINGS, LEXICON, weights, DETAILS, KNOWN, 1)
    found = engine.score(compiled(["short text", text, "short text"]))
    assert (found.scores == engine.score(plain(["short text", text, "short text"])).scores).all()
    assert len(engine._local.cache[1]) >= kernel.N_FACTS * 300  # written past its end nothing would complain


def test_matrix_times_weights_is_the_score(engine, weights):
    events = Extractor(SETTINGS, LEXICON).table(TEXTS)
    product = frames.matrix(events, SETTINGS) @ weights.astype(float)
    np.testing.assert_allclose(product, engine.score(compiled(TEXTS)).scores, rtol=1e-12, atol=1e-12)


def test_details_are_told_of_the_paragraph_and_of_what_carries_the_frame(engine, weights):
    """The long way round: by the events of the paragraph, sentence by sentence."""
    text = "One stood here. The alliance threatens Russia. So it went on. Nobody came. All was quiet."
    scored = engine.score(compiled([text]))
    cuts = [ALWAYS, np.inf, float(scored.scores[0, 2])]
    scored = engine.score(compiled([text]), cuts=cuts)
    assert (scored.told[0, 1] == 0).all()
    events, ends = Extractor(SETTINGS, LEXICON).events(text), split_sentences(text)
    scale = np.repeat(SETTINGS.scales, np.diff(events.group_ends, prepend=0))
    sentence = np.array([[events.sentences[a], events.sentences[b]] for a, b in zip(events.first, events.last, strict=True)])
    detail = np.ones(len(scale), bool)
    detail[events.group_ends[kernel.PAIRS] : events.group_ends[kernel.CHARACTERS]] = False
    for k in (0, 2):
        added = scale * weights[np.array(events.bucket), k]
        best = int(np.argmax([added[sentence[:, 0] == s].sum() for s in range(len(ends))]))
        low, high = max(0, best - 1), min(len(ends) - 1, best + 1)
        assert scored.carriers[0, k].tolist() == [low, high, ends[low][0], ends[high][1]]
        inside = (sentence[:, 0] >= low) & (sentence[:, 1] <= high)
        rows = np.array(events.bucket) % DETAILS.shape[1]
        views = [(scale * chosen)[:, None] * table[rows] for chosen, table in zip((detail, detail & inside), DETAILS, strict=True)]
        np.testing.assert_allclose(scored.told[0, k], sum(view.sum(axis=0) for view in views), rtol=1e-9, atol=1e-9)


def test_events_within_some_sentences():
    text = "The alliance threatens Russia. Nobody came. The minister denies it."
    table = Extractor(SETTINGS, LEXICON).table(["x", text])
    some = table.within(np.array([1, 0, 1]), np.array([[0, 2], [0, 0], [2, 2]]))
    whole, last = Extractor(SETTINGS, LEXICON).table([text]), some.bucket[some.ends[1, -1] :]
    assert some.bucket[: some.ends[0, -1]].tolist() == whole.bucket.tolist()
    assert (some.ends[0] == whole.ends[0]).all()
    alone = Extractor(SETTINGS, LEXICON).table(["The minister denies it."]).bucket
    opening = Extractor(SETTINGS, LEXICON).table([text]).within(np.array([0]), np.array([[0, 0]])).bucket
    assert sorted(opening) == sorted(Extractor(SETTINGS, LEXICON).table(["The alliance threatens Russia."]).bucket)
    assert 0 < len(last) < len(alone)  # "the" stands in the first sentence already
    assert set(last.tolist()) < set(alone.tolist())


def test_remarks_count_words_and_tell_the_language(engine):
    text = "De NAVO en de grens: de minister zei dat het een dreiging is."
    remarks = engine.score(plain([text])).remarks[0].tolist()
    words = [word.lower() for word in words_of(text)]
    assert remarks[kernel.ALL_WORDS] == len(words) and remarks[kernel.DISTINCT_WORDS] == len(set(words))
    bits = [kernel.mix(fold_hash(word, tables()[0])) & (8 * len(KNOWN) - 1) for word in set(words)]
    assert remarks[kernel.KNOWN_WORDS] == sum(KNOWN[bit >> 3] >> (7 - bit % 8) & 1 for bit in bits)
    assert remarks[kernel.LANGUAGES] == 1 << LEXICON.languages.index("nl")


MESSY = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            ["NATO", " ", "  ", "\n", "-\n", "\t", "…", "www.", "WWW.a", "www…", "t.me/x", "https://x.y/z", "@name", "a/b", "e\u0301", "é"]
        ),
        st.sampled_from(
            [
                "“",
                "’",
                "—",
                "\u00ad",
                "\u200b",
                "№",
                "‼",
                "™",
                "㎞",
                "½",
                "🇯🇵",
                "ﬁ",
                "Россия",
                "Рoссия",
                "d’",
                "ԁ",
                "ո",
                "o",
                "о",
                "ο",
                "օ",
                "ɑ",
                "ɡ",
                "ĸ",
                "ϲ",
                "ӏ",
                "'",
                "m",
                "㎡",
                "㏇",
                "ŉ",
                "to gо",
                "он сo",
                "Ուկրաինա",
                "о́",
                "ї",
                "🙂",
                "\ud800",
                "\r\n",
                "\u00a0",
                "°",
                "Ⅳ",
            ]
        ),
    )
)


@given(MESSY.map("".join))
@settings(max_examples=400, deadline=None)
def test_what_a_table_normalises_is_the_normal_form(text):
    data = text.encode("utf-8", "surrogatepass")
    form = of_utf8(np.frombuffer(data, np.uint8), np.array([0, len(data)]))
    assert "".join(map(chr, form.codes[form.begins[0] : form.ends[0]])) == normalise(text).text


@pytest.mark.parametrize(
    "text",
    [
        "la guerre ԁ’usure",
        "ɑttaque",
        "ɡaz",
        "peոsion",
        "вօда",  # an Armenian letter inside a Cyrillic word
        "дɑча",
        "он сo мной",  # half and half: the text decides
        "to gо",
        "Роϲсия",
        "sοvereigոty",
        "д㎡",  # a letter of the form meets one of the word before it
        "дŉ",
    ],
)
def test_disguised_words_are_normalised_alike_in_both_ways(text):
    data = text.encode()
    form = of_utf8(np.frombuffer(data, np.uint8), np.array([0, len(data)]))
    assert "".join(map(chr, form.codes[form.begins[0] : form.ends[0]])) == normalise(text).text != text


def test_ordinary_print_is_normalised_by_the_table():
    texts = ["De “NAVO” – zei hij – is…  een blok.", "Россия «не будет»\nмолчать 🙂", "L’OTAN\xa0: l’élargissement"]
    data = [text.encode() for text in texts]
    ends = np.zeros(3, np.int64)
    offsets = np.cumsum([0, *map(len, data)])
    codes = np.zeros(offsets[-1], np.int32)
    kernel_compiled.simple_forms(np.frombuffer(b"".join(data), np.uint8), offsets, forms(), codes, ends)
    assert (ends > 0).all()


def test_character_ngrams_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import CountVectorizer

    text = "the troops move up to the border"
    events = Extractor(FeatureSettings(bits=22)).events(text)
    ours = events.group_ends[kernel.CHARACTERS] - events.group_ends[kernel.PAIRS]
    distinct_words = " ".join(dict.fromkeys(text.split()))
    counts = CountVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform([distinct_words])
    assert ours == counts.sum()


def test_word_groups_are_those_of_scikit_learn():
    from sklearn.feature_extraction.text import CountVectorizer

    text = "one two one two three"
    events = Extractor(FeatureSettings(bits=22)).events(text)
    counter = CountVectorizer(ngram_range=(2, 2), token_pattern=r"\w+").fit_transform([text])
    assert events.group_ends[kernel.WORDS] == 3
    assert events.group_ends[kernel.PAIRS] - events.group_ends[kernel.WORDS] == counter.sum()


def test_alphabet_folds_one_to_one():
    fold, kinds, *_ = tables()
    assert all(kinds[code] != kernel.OTHER for code in code_points("aZéßЯіїґ9"))
    assert all(kinds[code] == kernel.OTHER for code in code_points(' .,-"@\ufffd'))
    assert [chr(fold[code]) for code in code_points("ÀЯЇ7")] == list("àяї0")


def test_a_long_text_costs_in_proportion():
    """Counts events, not seconds: a word met again adds no character n-grams."""
    extractor = Extractor(SETTINGS)
    once, often = (len(extractor.events("alpha beta " * n).bucket) for n in (1, 1000))
    assert often < once + 2 * 2000

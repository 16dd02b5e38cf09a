"""The kernel: one source, two ways to run it, equal bits; and scikit-learn as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narratives import frames
from narratives.features import Extractor, FeatureSettings, kernel
from narratives.features.alphabet import code_points, tables
from narratives.features.lexicon import load_lexicon
from narratives.text import normalise
from tests.conftest import ROOT

SETTINGS = FeatureSettings(bits=12)
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


def words_of(text):
    return [text[a:b] for a, b in Extractor(SETTINGS).events(text).words]


def plain_scores(texts, table):
    """The kernel as plain Python, whatever was compiled before."""
    extractor = Extractor(SETTINGS, LEXICON)
    out, sums = [0.0] * (3 * len(texts)), [0.0] * 3
    for row, text in enumerate(texts):
        events = extractor.events(text)
        kernel.add_scores(events.bucket, events.group_ends, SETTINGS.scales, table.reshape(-1).data, 3, kernel.ALL_GROUPS, sums, out, row)
    return np.array(out).reshape(-1, 3)


def test_words_of_different_scripts():
    assert words_of("Об'єкт і l'OTAN d'abord") == ["Об'єкт", "і", "l", "OTAN", "d", "abord"]
    assert words_of("U.S.-led 3,5 %") == ["U", "S", "led", "3", "5"]


def test_folding_ignores_case_digits_and_yo():
    events = [Extractor(SETTINGS).events(text).bucket for text in ("ЁЛКА 2014", "елка 1999")]
    assert events[0] == events[1]


LEXICON = load_lexicon(ROOT / "data" / "lexicon")
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


@given(st.one_of(st.text(max_size=80), PHRASES.map(" ".join)).map(lambda text: normalise(text).text))
@settings(max_examples=150, deadline=None)
def test_compiled_equals_plain_to_the_bit(weights, text):
    extractor = Extractor(SETTINGS, LEXICON)
    assert (extractor._scores_compiled([text], weights) == plain_scores([text], weights)).all()
    events = extractor.events(text)
    compiled_table = extractor.table([text])
    assert compiled_table.bucket.tolist() == list(events.bucket)


def test_any_batch_gives_the_same_bits(weights):
    extractor = Extractor(SETTINGS, LEXICON)
    together = extractor._scores_compiled(TEXTS, weights)
    backwards = extractor._scores_compiled(TEXTS[::-1], weights)[::-1]
    alone = np.concatenate([extractor._scores_compiled([text], weights) for text in TEXTS])
    assert (together == backwards).all()
    assert (together == alone).all()


def test_matrix_times_weights_is_the_score(weights):
    extractor = Extractor(SETTINGS, LEXICON)
    events = extractor.table(TEXTS)
    product = frames.matrix(events, SETTINGS) @ weights.astype(float)
    np.testing.assert_allclose(product, extractor.scores(TEXTS, weights), rtol=1e-12, atol=1e-12)


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
    fold, kinds = tables()
    assert all(kinds[code] != kernel.OTHER for code in code_points("aZéßЯіїґ9"))
    assert all(kinds[code] == kernel.OTHER for code in code_points(' .,-"@\ufffd'))
    assert [chr(fold[code]) for code in code_points("ÀЯЇ7")] == list("àяї0")


def test_a_long_text_costs_in_proportion():
    """Counts events, not seconds: a word met again adds no character n-grams."""
    extractor = Extractor(SETTINGS)
    once, often = (len(extractor.events("alpha beta " * n).bucket) for n in (1, 1000))
    assert often < once + 2 * 2000

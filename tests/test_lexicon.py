"""The lexicon: what its files may hold, which concepts it finds, and that order and sentence matter."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from narratives.errors import DataError, InputError
from narratives.features import Extractor, FeatureSettings, kernel
from narratives.features.lexicon import NONE, Lexicon, checked, concept_names, load_lexicon, pack, read_lexicon
from narratives.text import normalise
from tests.conftest import ROOT

SETTINGS = FeatureSettings(bits=22)


@pytest.fixture(scope="module")
def released():
    lexicon = load_lexicon(ROOT / "data" / "lexicon")
    return lexicon.packed, list(lexicon.concepts)


def found(released, text):
    """The concepts of a text with the words that matched."""
    packed, names = released
    events = Extractor(SETTINGS, Lexicon(packed)).events(normalise(text).text)
    form = normalise(text).text
    by_bucket = {
        kernel.mix(kernel.CONCEPT_SEED ^ int(packed[packed[kernel.NAMES] + i])) & (SETTINGS.n_buckets - 1): n for i, n in enumerate(names)
    }
    begin, end = events.group_ends[kernel.CHARACTERS], events.group_ends[kernel.CONCEPTS]
    return {
        by_bucket[events.bucket[e]]: form[events.words[events.first[e]][0] : events.words[events.last[e]][1]] for e in range(begin, end)
    }


def pairs(released, text):
    events = Extractor(SETTINGS, Lexicon(released[0])).events(normalise(text).text)
    return set(events.bucket[events.group_ends[kernel.CONCEPTS] : events.group_ends[kernel.CONCEPT_PAIRS]])


@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("The alliance is encircling Russia.", {"nato": "The alliance", "encircle": "encircling", "russia": "Russia"}),
        ("De NAVO omsingelt Rusland niet.", {"nato": "NAVO", "encircle": "omsingelt", "russia": "Rusland"}),
        ("Das Bündnis kreist Russland ein, sie bedrohen uns.", {"nato": "Bündnis", "threaten": "bedrohen", "russia": "Russland"}),
        ("L'OTAN menace la Russie.", {"nato": "OTAN", "threaten": "menace", "russia": "Russie"}),
        ("Альянс угрожает России.", {"nato": "Альянс", "threaten": "угрожает", "russia": "России"}),
        ("Альянс погрожує Росії, і це не новина.", {"nato": "Альянс", "threaten": "погрожує", "russia": "Росії"}),
    ],
)
def test_the_same_concepts_in_every_language(released, text, concepts):
    assert concepts.items() <= found(released, text).items()


def test_who_threatens_whom_differs(released):
    one = pairs(released, "NATO threatens Russia.")
    other = pairs(released, "Russia threatens NATO.")
    assert one and other and one != other


def test_the_same_order_in_two_languages_gives_the_same_pairs(released):
    assert pairs(released, "NATO threatens Russia.") & pairs(released, "De NAVO bedreigt Rusland.")


def test_pairs_stay_within_a_sentence(released):
    together = pairs(released, "The alliance met and Russia watched.")
    apart = pairs(released, "The alliance met. Russia watched.")
    assert apart < together


def test_words_of_another_language_do_not_count(released):
    assert "war_conflict" in found(released, "The war is near and they know it.")
    assert "war_conflict" not in found(released, "Der Mann war nicht da und das ist gut.")


def test_phrases_do_not_cross_sentences(tmp_path):
    (tmp_path / "en.txt").write_text("bloc: military bloc\n_language: the\n")
    entries = read_lexicon(tmp_path)
    built = pack(entries), concept_names(entries)
    assert found(built, "the Military bloc met") == {"bloc": "Military bloc"}
    assert found(built, "the army is Military. Bloc parties won") == {}


def test_faults_are_all_listed_with_their_lines(tmp_path):
    (tmp_path / "en.txt").write_text(
        "# fine\nnato: nato, alli*\nNato: x\nnato: again\nno colon here\nx: a*b, one two three four five six seven\n"
    )
    with pytest.raises(DataError) as caught:
        read_lexicon(tmp_path)
    lines = [int(fault.split(":")[1]) for fault in caught.value.faults]
    assert lines == [3, 4, 5, 6, 6]
    with pytest.raises(InputError, match="holds no lexicon"):
        read_lexicon(tmp_path / "none")


def test_packed_form_is_the_same_whatever_the_order_of_reading(released, tmp_path):
    assert (load_lexicon(ROOT / "data" / "lexicon").packed == released[0]).all()
    assert (checked(NONE.packed) == NONE.packed).all()


PLACES = [0, 2, kernel.KEYS, kernel.OUTS, kernel.NAMES, kernel.N_PATTERNS, kernel.SCOPES, kernel.SLOTS, kernel.PATTERN_CODE]


@pytest.mark.parametrize("place", PLACES)
def test_a_packed_lexicon_that_points_outside_is_refused(released, place):
    harmed = released[0].copy()
    harmed[place] += 1
    with pytest.raises(ValueError):
        checked(harmed)
    for table, step in ((kernel.KEYS, 1), (kernel.ROOTS, 0), (kernel.STEPS, 1), (kernel.OUT_ENDS, 0), (kernel.OUTS, 0)):
        for value in (1 << 40, -1):  # an entry of each table points outside
            harmed = released[0].copy()
            harmed[harmed[table] + step] = value
            with pytest.raises(ValueError, match="outside"):
                checked(harmed)
    tables = ((kernel.SLOT_ENDS, 1), (kernel.SLOTS, 1), (kernel.ANCHOR_ENDS, 1), (kernel.PATTERN_STARTS, 1), (kernel.PATTERN_CODE, 1))
    for table, step in (*tables, (kernel.SLOT_ENDS, -1), (kernel.ANCHOR_ENDS, -1)):
        for value in (1 << 40, -1):
            harmed = released[0].copy()
            harmed[harmed[table] + step] = value
            with pytest.raises(ValueError, match="a pattern points outside"):
                checked(harmed)
    random = np.random.default_rng(place)
    for _ in range(50):  # whatever else is changed is refused or harmless: every place stays inside
        harmed = released[0].copy()
        harmed[random.integers(kernel.HEADER, len(harmed))] = 1 << 40
        with contextlib.suppress(ValueError):
            Extractor(SETTINGS, Lexicon(checked(harmed))).events("The alliance threatens Russia.")

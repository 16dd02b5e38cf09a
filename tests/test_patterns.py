"""Patterns over concepts: what their files may hold, what fits them, and that evidence calls them by name."""

from __future__ import annotations

import pytest

from narratives.errors import DataError
from narratives.features import Extractor, FeatureSettings, kernel, of_texts
from narratives.features.lexicon import checked, load_lexicon, name_hash
from narratives.features.patterns import read_patterns
from narratives.scorer import load
from narratives.text import normalise
from tests.conftest import ROOT

SETTINGS = FeatureSettings(bits=22)
WORDS = {
    "west": "nato, west*",
    "russia": "russia*, moscow",
    "arm": "arm*",
    "encircle": "encircl*",
    "border": "border*",
    "fear": "fear*",
    "never_not": "not, never",
    "if": "if",
    "bloc": "military bloc",
    "power": "bloc",
}


@pytest.fixture
def fits(tmp_path):
    """Return a function that tells which of the given patterns a text fits, with the words of the first chain."""

    def fits(patterns, text):
        (tmp_path / "en.txt").write_text("_language: the\n" + "".join(f"{name}: {words}\n" for name, words in WORDS.items()))
        (tmp_path / "patterns").mkdir(exist_ok=True)
        (tmp_path / "patterns" / "groups.txt").write_text("DEED: arm encircle\n")
        (tmp_path / "patterns" / "p.txt").write_text("".join(f"{name}: {body}\n" for name, body in patterns.items()))
        lexicon = load_lexicon(tmp_path)
        checked(lexicon.packed)
        form = normalise("the " + text).text
        events = Extractor(SETTINGS, lexicon).events(form)
        names = {name_hash(name) & (SETTINGS.n_buckets - 1): name for name in patterns}
        found = range(events.group_ends[kernel.CONCEPT_PAIRS], events.group_ends[kernel.PATTERNS])
        assert len(found) == len({events.bucket[e] for e in found})  # each once a paragraph
        return {names[events.bucket[e]]: form[events.words[events.first[e]][0] : events.words[events.last[e]][1]] for e in found}

    return fits


def test_order_matters_where_it_is_asked_for(fits):
    patterns = {"west_acts": "west > DEED > russia", "russia_acts": "russia > DEED > west", "together": "west & DEED & russia"}
    assert set(fits(patterns, "West arms against Russia")) == {"west_acts", "together"}
    assert set(fits(patterns, "Russia encircles the West")) == {"russia_acts", "together"}
    assert set(fits(patterns, "Encircled were Russia and the West")) == {"together"}
    assert fits(patterns, "West arms near Russia") == {"west_acts": "West arms near Russia", "together": "West"}


def test_a_pattern_stays_in_its_sentence_and_its_window(fits):
    patterns = {"p": "west > russia"}
    assert fits(patterns, "West met Russia.")
    assert not fits(patterns, "West met. Then Russia came.")
    assert fits(patterns, "West " + "so " * (kernel.PATTERN_WINDOW - 1) + "Russia")
    assert not fits(patterns, "West " + "so " * kernel.PATTERN_WINDOW + "Russia")


def test_what_is_barred_may_stand_nowhere_in_the_sentence(fits):
    patterns = {"p": "west > arm|encircle ! fear ! border"}
    assert fits(patterns, "West arms itself")
    assert not fits(patterns, "In fear the West arms itself")
    assert not fits(patterns, "West arms at the border")
    assert fits(patterns, "West arms itself. There is a border.")


def test_each_pattern_counts_once_a_paragraph(fits):
    assert len(fits({"p": "west > arm", "q": "russia"}, "West arms. West arms. Russia. Moscow.")) == 2


def test_words_of_one_match_are_not_those_of_the_next(fits):
    patterns = {"p": "bloc > power"}
    assert not fits(patterns, "a military bloc met")
    assert fits(patterns, "a military bloc met the bloc")


def test_several_chains_must_all_be_there(fits):
    patterns = {"p": "west > arm & fear > border"}
    assert fits(patterns, "West arms and they fear for the border")
    assert not fits(patterns, "West arms and the border is in fear")


def test_negation_and_condition_reach_a_few_words(tmp_path):
    (tmp_path / "en.txt").write_text("_language: the\n" + "".join(f"{name}: {words}\n" for name, words in WORDS.items()))
    extractor = Extractor(SETTINGS, load_lexicon(tmp_path))

    def scopes(text):
        events = extractor.events(normalise("the " + text).text)
        names = {}
        for name in WORDS:
            for scope in (kernel.NEGATES, kernel.CONDITIONS):
                state = ((kernel.SCOPE_SEED ^ name_hash(name)) * kernel.PRIME) & kernel.MASK
                names[kernel.mix((state + scope) & kernel.MASK) & (SETTINGS.n_buckets - 1)] = (scope, name)
        ends = events.group_ends
        return {names[b] for b in events.bucket[ends[kernel.CONCEPTS] : ends[kernel.CONCEPT_PAIRS]] if b in names}

    assert scopes("West did not arm") == {(kernel.NEGATES, "west"), (kernel.NEGATES, "arm")}
    assert scopes("West did not say so to its face and arms") == {(kernel.NEGATES, "west")}
    assert scopes("if the West arms") == {(kernel.CONDITIONS, "west"), (kernel.CONDITIONS, "arm")}
    assert scopes("the West arms. Not so.") == set()


def test_faults_are_all_listed_with_their_lines(tmp_path):
    (tmp_path / "groups.txt").write_text("WEST: west\nlower: west\n")
    (tmp_path / "p.txt").write_text("a: WEST > russia\nb: nobody > russia\nno colon\na: west\nc: west > \n")
    with pytest.raises(DataError) as caught:
        read_patterns(tmp_path, {"west", "russia"})
    assert [fault.split(": ")[0].rsplit("/", 1)[1] for fault in caught.value.faults] == [
        "groups.txt:2",
        "p.txt:2",
        "p.txt:3",
        "p.txt:4",
        "p.txt:5",
    ]


def test_the_released_patterns_differ_by_who_does_it_in_every_language():
    lexicon = load_lexicon(ROOT / "data" / "lexicon")
    assert len(lexicon.patterns) > 300
    extractor = Extractor(SETTINGS, lexicon)
    names = {name_hash(name) & (SETTINGS.n_buckets - 1): name for name in lexicon.patterns}

    def fitting(text):
        events = extractor.events(normalise(text).text)
        return {names[b] for b in events.bucket[events.group_ends[kernel.CONCEPT_PAIRS] :]}

    for text in (
        "The West wants to weaken Russia.",
        "Het Westen wil Rusland verzwakken.",
        "L'Occident veut affaiblir la Russie.",
        "Запад хочет ослабить Россию.",
        "Захід хоче послабити Росію, і це не новина.",
    ):
        assert {"weaken_russia", "west_harm_russia"} & fitting(text), text
    assert not {"weaken_russia", "west_harm_russia"} & fitting("Russia wants to weaken the West.")


def test_evidence_names_concepts_pairs_and_patterns():
    released = load()
    text = "Washington wants to prolong the war to weaken Russia and will not stop."
    told = {(piece.kind, piece.name): piece for piece in released.score(text).frames["western_threat"].concepts}
    assert told["concept", "weaken"].text == "weaken"
    assert told["pattern", "weaken_russia"].text.startswith("Washington") and told["pattern", "weaken_russia"].text.endswith("Russia")
    assert ("pair", "weaken > russia") in told
    assert any(kind == "negated" for kind, _ in told)
    assert all(text[piece.start : piece.end] == piece.text for piece in told.values())


def test_released_patterns_fit_the_examples_beside_the_data():
    """Examples are data (tests/data/patterns.txt): ``pattern | text``, with ``!`` in front where the text must not fit."""
    lexicon = load_lexicon(ROOT / "data" / "lexicon")
    extractor = Extractor(SETTINGS, lexicon)
    wrong = []
    for number, line in enumerate((ROOT / "tests" / "data" / "patterns.txt").read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, text = line.partition("|")
        barred, name = name.startswith("!"), name.strip("! ")
        assert name in lexicon.patterns, f"line {number}: no pattern {name!r}"
        events = extractor.events(normalise(text.strip()).text)
        fits = name_hash(name) & (SETTINGS.n_buckets - 1) in events.bucket[events.group_ends[kernel.CONCEPT_PAIRS] :]
        if fits == barred:
            wrong.append(f"line {number}: {line}")
    assert not wrong


def test_concept_evidence_adds_up_to_what_its_groups_add():
    released = load()
    text = "Washington wants to prolong the war to weaken Russia and will not stop."
    groups = 1 << kernel.CONCEPTS | 1 << kernel.CONCEPT_PAIRS | 1 << kernel.PATTERNS
    sums = released._engine.score(of_texts([text]), groups).scores[0]
    for frame, wanted in zip(released.codebook.frame_ids, sums.tolist(), strict=True):
        assert sum(piece.weight for piece in released.score(text).frames[frame].concepts) == pytest.approx(wanted, abs=1e-4)

"""What stands in a corpus too often: near-duplicates, stock openings and runs, words that give a label away."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from narratives.codebook import Codebook
from narratives.errors import InputError
from narratives.records import Record
from narratives.text import normalise

SIMILAR = 0.8  # near-duplicates are more alike than that
RUN = 8  # words in a row that two unpaired paragraphs must not share
KEY = 3  # words in a row that make two paragraphs worth comparing
COMMON = 30  # a run in more paragraphs than that is an idiom and compares nothing
DECISIVE, OFTEN = 0.95, 20  # a word of that precision and that use decides a frame by itself


def near_duplicates(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Return pairs of unpaired paragraphs that are over 0.8 alike or share a run of eight words.

    Only paragraphs with a run of three words in common are compared, so a pair that is alike in letters but in no three
    words is not found.

    :raises InputError: when rapidfuzz is not installed.
    """
    try:
        from rapidfuzz.fuzz import ratio
    except ImportError as error:
        raise InputError("comparing paragraphs needs rapidfuzz; install it with: pip install 'narratives[corpus]'") from error
    texts = [normalise(record.text).text for record in records]
    tokens = [words_of(text) for text in texts]
    runs = {(i, j) for i, j, _ in _sharing(records, tokens, RUN, len(records))}
    found = []
    for i, j, _ in _sharing(records, tokens, KEY, COMMON):
        alike = ratio(texts[i], texts[j], score_cutoff=100 * SIMILAR) / 100
        if alike > SIMILAR or (i, j) in runs:
            found.append({"one": records[i].id, "other": records[j].id, "alike": round(alike or ratio(texts[i], texts[j]) / 100, 3)})
    known = {(pair["one"], pair["other"]) for pair in found}
    found += [
        {"one": records[i].id, "other": records[j].id, "alike": round(ratio(texts[i], texts[j]) / 100, 3)}
        for i, j in sorted(runs)
        if (records[i].id, records[j].id) not in known
    ]
    return found


def _sharing(records: Sequence[Record], tokens: Sequence[Sequence[str]], n: int, common: int) -> list[tuple[int, int, int]]:
    """Return pairs of rows of different groups that share a run of ``n`` words, with how many runs they share."""
    rows_of: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, words in enumerate(tokens):
        for gram in set(_grams(words, n)):
            rows_of[gram].append(row)
    shared: Counter[tuple[int, int]] = Counter()
    for rows in rows_of.values():
        if 1 < len(rows) <= common:
            shared.update((i, j) for at, i in enumerate(rows) for j in rows[at + 1 :] if records[i].group != records[j].group)
    return sorted((i, j, count) for (i, j), count in shared.items())


def openings(records: Sequence[Record], n: int = 3, most: int = 15) -> list[tuple[str, int]]:
    """Return the commonest first ``n`` words, counted once a pair."""
    return _commonest(((record, [tuple(words_of(record.text)[:n])]) for record in records), most)


def runs(records: Sequence[Record], n: int = 4, most: int = 15) -> list[tuple[str, int]]:
    """Return the commonest runs of ``n`` words, counted once a pair."""
    return _commonest(((record, _grams(words_of(record.text), n)) for record in records), most)


def give_aways(records: Sequence[Record], codebook: Codebook) -> list[dict[str, Any]]:
    """Return the words that decide a frame by themselves: 20 uses or more, over 0.95 of them with the frame."""
    uses: Counter[str] = Counter()
    with_frame: Counter[tuple[str, str]] = Counter()
    for record in records:
        distinct = set(words_of(record.text))
        uses.update(distinct)
        with_frame.update((word, frame) for word in distinct for frame in record.frames)
    found = [
        {"word": word, "frame": frame, "precision": round(n / uses[word], 3), "uses": uses[word]}
        for (word, frame), n in with_frame.items()
        if uses[word] >= OFTEN and n / uses[word] > DECISIVE and frame in codebook.frame_ids
    ]
    return sorted(found, key=lambda item: (-item["precision"], -item["uses"], item["word"]))


def words_of(text: str) -> list[str]:
    """Return the lower-case words of a text, without marks."""
    cleaned = "".join(character if character.isalnum() else " " for character in normalise(text).text.lower())
    return cleaned.split()


def _grams(words: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def _commonest(grams_of: Iterable[tuple[Record, Iterable[tuple[str, ...]]]], most: int) -> list[tuple[str, int]]:
    groups: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for record, grams in grams_of:
        for gram in grams:
            groups[gram].add(record.group)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(" ".join(gram), len(members)) for gram, members in ranked[:most]]

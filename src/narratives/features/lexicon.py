"""The concept lexicon: words, stems and phrases of every language, mapped to concepts that belong to none.

One file a language, ``<lang>.txt``, one concept a line::

    encircle: encircl*, surround*, noose, on our doorstep

A star ends a stem; the words of a phrase follow one another. ``_language`` lists small words that tell the language.
Patterns over concepts stand in the folder ``patterns`` beside them (`narratives.features.patterns`).
Packed, the lexicon is one array of integers that the kernel reads and a model keeps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narratives.errors import DataError, InputError
from narratives.features import kernel
from narratives.features.alphabet import code_points, fold_hash, tables
from narratives.features.listing import named_lines
from narratives.features.patterns import Pattern, pack_patterns, read_patterns, sound_patterns
from narratives.text import normalise

VOTE = "_language"
PATTERNS = "patterns"
# Concepts that deny or open what stands in their reach; see `kernel.extract_scopes`.
NEGATIONS = ("never_not", "without_lacking")
CONDITIONS = ("if", "unless_aslongas", "may_could")
CONCEPT = re.compile(rf"[a-z][a-z0-9_]*|{VOTE}")
Packed = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A lexicon as the kernel reads it, and the names by which people know its concepts, patterns and languages."""

    packed: Packed = field(repr=False)
    concepts: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


NONE = Lexicon(np.zeros(kernel.HEADER, np.int64))


@dataclass(frozen=True, slots=True)
class Entry:
    """One word, stem or phrase of one language: its words, whether the last one is a stem, and what it stands for."""

    language: str
    concept: str
    words: tuple[str, ...]
    stem: bool


def read_lexicon(folder: Path) -> list[Entry]:
    """Read all files of a lexicon folder.

    :raises InputError: when there is none.
    :raises DataError: with every fault of every file, each with its line.
    """
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise InputError(f"{folder}: holds no lexicon; wanted one file a language, such as en.txt")
    faults: list[str] = []
    entries = [entry for file in files for entry in _read_file(file, faults)]
    if faults:
        raise DataError(str(folder), faults)
    return entries


def _read_file(path: Path, faults: list[str]) -> Iterable[Entry]:
    for where, concept, rest in named_lines(path, CONCEPT, "`concept: word, stem*, phrase of words`", faults):
        for item in rest.split(","):
            words = tuple(word.lower() for word in _words(item.strip().removesuffix("*")))
            if not words or len(words) > kernel.LONGEST_PHRASE or "*" in item.strip()[:-1]:
                faults.append(f"{where}: {item.strip()!r}, wanted 1 to {kernel.LONGEST_PHRASE} words and a star at the end only")
                continue
            yield Entry(path.stem, concept, words, item.strip().endswith("*"))


def _words(text: str) -> list[str]:
    """Cut a phrase as the kernel cuts a text."""
    form = normalise(text).text
    codes = code_points(form)
    starts, ends, hashes, keys = ([0] * (len(codes) + 1) for _ in range(4))
    n = kernel.tokenise(codes, 0, len(codes), tables(), starts, ends, hashes, keys)
    return [form[starts[i] : ends[i]] for i in range(n)]


def concept_names(entries: Iterable[Entry]) -> list[str]:
    """Return the concepts in the order of their numbers."""
    return sorted({entry.concept for entry in entries} - {VOTE})


def language_codes(entries: Iterable[Entry]) -> list[str]:
    """Return the languages in the order of their bits."""
    return sorted({entry.language for entry in entries})


def load_lexicon(folder: Path) -> Lexicon:
    """Read and pack a lexicon, and the patterns over its concepts that stand in its folder ``patterns``, if any."""
    entries = read_lexicon(folder)
    names = concept_names(entries)
    patterns = read_patterns(folder / PATTERNS, names) if (folder / PATTERNS).is_dir() else []
    return Lexicon(pack(entries, patterns), tuple(names), tuple(pattern.name for pattern in patterns), tuple(language_codes(entries)))


def pack(entries: Iterable[Entry], patterns: Sequence[Pattern] = ()) -> Packed:
    """Pack a lexicon, and patterns over its concepts, for the kernel.

    :return: a header of sizes and places, then: hash slots of terms, the languages each term votes for, each
        term's first node, hash slots of steps from node to node, where each node's outputs end, the outputs
        (concept, languages), a hash of each concept's name, what each concept does to those in its reach, and the
        parts of `narratives.features.patterns.pack_patterns`.
    """
    entries = list(entries)
    names = {name: number for number, name in enumerate(concept_names(entries))}
    languages = {language: number for number, language in enumerate(language_codes(entries))}
    terms: dict[tuple[str, int], int] = {}
    roots: dict[int, int] = {}
    steps: dict[tuple[int, int], int] = {}
    outputs: dict[int, dict[int, int]] = {0: {}}
    votes: dict[int, int] = {}
    for entry in entries:
        kinds = [kernel.EXACT] * (len(entry.words) - 1) + [kernel.STEM if entry.stem else kernel.EXACT]
        path = [terms.setdefault((word, kind), len(terms)) for word, kind in zip(entry.words, kinds, strict=True)]
        if entry.concept == VOTE:
            votes[path[0]] = votes.get(path[0], 0) | 1 << languages[entry.language]
            continue
        node = roots.setdefault(path[0], len(outputs))
        outputs.setdefault(node, {})
        for term in path[1:]:
            node = steps.setdefault((node, term), len(outputs))
            outputs.setdefault(node, {})
        concept = names[entry.concept]
        outputs[node][concept] = outputs[node].get(concept, 0) | 1 << languages[entry.language]

    n_slots, packed_patterns = pack_patterns(patterns, list(names), {pattern.name: name_hash(pattern.name) for pattern in patterns})
    n = len(terms)
    key_slots = _slots({_key(word, kind): number for (word, kind), number in terms.items()}, _key_slot)
    step_slots = _slots(
        {node * n + term + 1: following for (node, term), following in steps.items()}, lambda key: kernel.mix(key & kernel.MASK)
    )
    out_ends = np.cumsum([len(outputs[node]) for node in range(len(outputs))]).tolist()
    outs = [value for node in range(len(outputs)) for concept, mask in sorted(outputs[node].items()) for value in (concept, mask)]
    parts = [
        key_slots,
        [votes.get(term, 0) for term in range(n)],
        [roots.get(term, 0) for term in range(n)],
        step_slots,
        out_ends,
        outs,
        [name_hash(name) for name in names],
        [kernel.NEGATES * (name in NEGATIONS) + kernel.CONDITIONS * (name in CONDITIONS) for name in names],
        *packed_patterns,
    ]
    begins = (kernel.HEADER + np.cumsum([0, *map(len, parts[:-1])])).tolist()
    sizes = [n, len(names), len(key_slots) // 2, len(step_slots) // 2]
    # Lists of ends are read one place before one's own as well, hence the zero in front of them.
    header = [*sizes, *begins[:7], n_slots, len(patterns), begins[7], begins[8] + 1, begins[9], begins[10] + 1, *begins[11:]]
    return np.array([*header, *(value for part in parts for value in part)], dtype=np.int64)


def name_hash(word: str) -> int:
    """Return the hash that the kernel gives to a word, and by which it knows a concept or a pattern."""
    return fold_hash(word, tables()[0])


def _key(word: str, kind: int) -> int:
    return (name_hash(word) << 8 | min(len(word), 127) << 1 | kind) + 1


def _key_slot(key: int) -> int:
    return kernel.mix(((key - 1) >> 8) + ((key - 1) & 1))


def _slots(values: dict[int, int], slot_of: Callable[[int], int]) -> list[int]:
    """Return an open-addressing table of key and value, at most half full."""
    size = kernel.power_above(2 * len(values))
    table = [0] * (2 * size)
    for key, value in values.items():
        slot = slot_of(key) & (size - 1)
        while table[2 * slot] != 0:
            slot = (slot + 1) & (size - 1)
        table[2 * slot], table[2 * slot + 1] = key, value
    return table


def checked(packed: Packed) -> Packed:
    """Return a packed lexicon after checking that no place in it points outside, as the compiled kernel checks nothing.

    :raises ValueError: where one does.
    """
    size = len(packed)
    if size < kernel.HEADER:
        raise ValueError("shorter than its header")
    if not packed.any():
        return packed
    n_terms, n_concepts, key_slots, step_slots, keys, votes, roots, steps, out_ends, outs, names = packed[: kernel.N_SLOTS].tolist()
    n_slots, n_patterns, scopes, slot_ends, slots, anchors, starts, code, bits = packed[kernel.N_SLOTS : kernel.HEADER].tolist()
    places = [
        kernel.HEADER,
        keys,
        votes,
        roots,
        steps,
        out_ends,
        outs,
        names,
        scopes,
        slot_ends - 1,
        slots,
        anchors - 1,
        starts,
        code,
        bits,
        size,
    ]
    n_nodes, n_outs = outs - out_ends, (names - outs) // 2
    whole = (
        places == sorted(places)
        and all(slots & (slots - 1) == 0 < slots for slots in (key_slots, step_slots))
        and votes - keys == 2 * key_slots
        and roots - votes == steps - roots == n_terms > 0
        and out_ends - steps == 2 * step_slots
        and scopes - names == slot_ends - 1 - scopes == n_concepts > 0
        and code - starts == n_patterns >= 0
        and n_slots >= 0
    )
    if not whole:
        raise ValueError("the header does not fit the content")
    ends = packed[out_ends:outs]
    limits = [
        (packed[keys:votes][1::2], n_terms),
        (packed[roots:steps], n_nodes),
        (packed[steps:out_ends][1::2], n_nodes),
        (packed[outs:names][::2], n_concepts),
        (packed[scopes : slot_ends - 1], kernel.CONDITIONS + 1),
        (ends, n_outs + 1),
    ]
    if any(len(part) and (part.min() < 0 or part.max() >= limit) for part, limit in limits) or (np.diff(ends) < 0).any():
        raise ValueError("an entry points outside")
    if not (packed[keys:votes][::2] == 0).any() or not (packed[steps:out_ends][::2] == 0).any():
        raise ValueError("a table without a free slot")
    parts = (packed[begin:end].tolist() for begin, end in pairwise(places[9:]))
    if not sound_patterns((n_concepts, n_slots), *parts):
        raise ValueError("a pattern points outside")
    return packed

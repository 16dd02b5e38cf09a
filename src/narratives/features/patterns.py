"""Patterns over concepts: who does what to whom, in every language at once.

A folder of readable files. ``groups.txt`` names sets of concepts; every other file holds patterns, one a line::

    WEST: nato the_west usa                                    (groups.txt)
    west_weakens_russia: WEST > weaken|destroy > RUSSIA        (western_threat.txt)
    invasion_feared: FEAR & invade|attack ! past_history

``>`` wants concepts one after the other within `kernel.PATTERN_WINDOW` words, ``&`` wants them anywhere in the same
sentence, ``!`` nowhere in it; ``|`` stands between alternatives, each a concept or a group. A pattern says nothing about a
frame by itself: it is a feature, and the learner finds its weight.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from narratives.errors import DataError
from narratives.features import kernel
from narratives.features.listing import named_lines

GROUPS = "groups"
ORDER, TOGETHER, BARRED, OR = ">", "&", "!", "|"
NAME = re.compile(r"[a-z][a-z0-9_]*")
GROUP = re.compile(r"[A-Z][A-Z0-9_]*")
Slot = frozenset[str]  # the concepts that may stand there
Ints = Sequence[int]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern.

    :param chains: each a row of slots that are filled one after the other; all must be there.
    :param barred: concepts that may stand nowhere in the sentence, slot by slot.
    """

    name: str
    chains: tuple[tuple[Slot, ...], ...]
    barred: tuple[Slot, ...]


def read_patterns(folder: Path, concepts: Collection[str]) -> list[Pattern]:
    """Read all files of a pattern folder.

    :param concepts: names of the lexicon's concepts.
    :return: patterns in the order of files and lines; their names are unique.
    :raises InputError: when a file cannot be read.
    :raises DataError: with every fault of every file, each with its line.
    """
    faults: list[str] = []
    groups: dict[str, Slot] = {}
    for where, name, content in named_lines(folder / f"{GROUPS}.txt", GROUP, "`GROUP: concepts`", faults):
        groups[name] = _slot(content, groups, concepts, where, faults)
    found: dict[str, tuple[Path, Pattern]] = {}
    for path in sorted(folder.glob("*.txt")):
        if path.stem == GROUPS:
            continue
        for where, name, content in named_lines(path, NAME, "`name: slot > slot & slot ! slot`", faults):
            if name in found and found[name][0] != path:
                faults.append(f"{where}: pattern {name!r} stands in {found[name][0].name} too; names are unique")
            found[name] = path, _pattern(name, content, groups, concepts, where, faults)
    if faults:
        raise DataError(str(folder), faults)
    return [pattern for _, pattern in found.values()]


def _pattern(name: str, content: str, groups: Mapping[str, Slot], concepts: Collection[str], where: str, faults: list[str]) -> Pattern:
    wanted, *barred = content.split(BARRED)
    chains = tuple(tuple(_slot(slot, groups, concepts, where, faults) for slot in chain.split(ORDER)) for chain in wanted.split(TOGETHER))
    return Pattern(name, chains, tuple(_slot(slot, groups, concepts, where, faults) for slot in barred))


def _slot(text: str, groups: Mapping[str, Slot], concepts: Collection[str], where: str, faults: list[str]) -> Slot:
    found: set[str] = set()
    words = text.replace(OR, " ").split()
    if not words:
        faults.append(f"{where}: a slot without a concept")
    for word in words:
        if word in groups:
            found |= groups[word]
        elif word in concepts:
            found.add(word)
        else:
            faults.append(f"{where}: {word!r} is neither a concept of the lexicon nor a group above")
    return frozenset(found)


def pack_patterns(patterns: Sequence[Pattern], concepts: Sequence[str], hash_of: Mapping[str, int]) -> tuple[int, list[list[int]]]:
    """Pack patterns for the kernel.

    :param concepts: names in the order of their numbers.
    :param hash_of: what each pattern's feature is known by.
    :return: the number of slots, and the parts: where each concept's slots end (after a zero), those slots, where the patterns
        end that each slot anchors (after a zero), where each pattern begins, their code: hash, number of barred slots
        and of chains, the barred slots, each chain with its length; and for each concept its slots again as bits.
    """
    slots: dict[Slot, int] = {}
    for pattern in patterns:
        for slot in (*pattern.barred, *(slot for chain in pattern.chains for slot in chain)):
            slots.setdefault(slot, len(slots))
    anchor_of = {pattern: slots[min((slot for chain in pattern.chains for slot in chain), key=len)] for pattern in patterns}
    ordered = sorted(patterns, key=lambda pattern: anchor_of[pattern])
    starts: list[int] = []
    code: list[int] = []
    for pattern in ordered:
        code.append(hash_of[pattern.name])
        starts.append(len(code))
        code += [len(pattern.barred), len(pattern.chains), *(slots[slot] for slot in pattern.barred)]
        for chain in pattern.chains:
            code += [len(chain), *(slots[slot] for slot in chain)]
    of_concept = [[number for slot, number in slots.items() if concept in slot] for concept in concepts]
    anchored = [sum(anchor_of[pattern] == number for pattern in patterns) for number in range(len(slots))]
    ends = [list(accumulate(counts, initial=0)) for counts in (map(len, of_concept), anchored)]
    bits = [
        sum(1 << (number & (1 << kernel.WORD_BITS) - 1) for number in own if number >> kernel.WORD_BITS == word)
        for own in of_concept
        for word in range(kernel.bit_words(len(slots)))
    ]
    return len(slots), [ends[0], [number for own in of_concept for number in own], ends[1], starts, code, bits]


def sound_patterns(sizes: tuple[int, int], ends: Ints, slots: Ints, anchor_ends: Ints, starts: Ints, code: Ints, bits: Ints) -> bool:
    """Return whether every place in packed patterns stays inside.

    :param sizes: number of concepts and of slots; the other parameters are the parts of `pack_patterns`.
    """
    n_concepts, n_slots = sizes
    for part, n, last in ((ends, n_concepts, len(slots)), (anchor_ends, n_slots, len(starts))):
        if len(part) != n + 1 or part[0] != 0 or part[-1] != last or any(b < a for a, b in pairwise(part)):
            return False
    if any(not 0 <= slot < n_slots for slot in slots) or len(bits) != n_concepts * kernel.bit_words(n_slots):
        return False
    at = 0
    for start in starts:  # walk the code as the kernel does
        if start != at + 1 or at + 3 > len(code) or not 0 <= code[at] <= kernel.MASK:
            return False
        n_barred, n_chains = code[at + 1], code[at + 2]
        if not (0 <= n_barred <= len(code) and 1 <= n_chains <= len(code)):
            return False
        spans = [(at + 3, n_barred)]
        at += 3 + n_barred
        for _ in range(n_chains):
            if at >= len(code) or not 1 <= code[at] <= len(code):
                return False
            spans.append((at + 1, code[at]))
            at += 1 + code[at]
        if at > len(code) or any(not 0 <= slot < n_slots for begin, n in spans for slot in code[begin : begin + n]):
            return False
    return at == len(code)

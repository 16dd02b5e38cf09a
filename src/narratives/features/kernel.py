"""The one pass from characters to features to scores.

Plain functions over plain sequences, written in the part of Python that numba compiles. They run as they stand on
lists (a single paragraph does not wait for a compiler) and compiled on arrays (`narratives.features.compiled`), with
equal bits either way: hashes are 32 bits wide inside 64-bit integers, so nothing overflows, and sums run in one order
in double precision.

An *event* is one occurrence of a feature: a bucket, and the first and last word that it came from. Events come in
groups (words, word pairs, character n-grams), and each group has a norm of its own, so that a few hundred n-grams do
not drown a few dozen words.

A word counts once in a paragraph, and so do its n-grams; what two different words share adds up. That makes
everything within a word depend on the word alone.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

Ints = Any  # a list or an array of 64-bit integers
Floats = Any  # a list, a memoryview or an array of numbers

N_GROUPS = 3
WORDS, PAIRS, CHARACTERS = range(N_GROUPS)

OTHER, LETTER, JOINING_LETTER, APOSTROPHE = range(4)
MASK = 0xFFFFFFFF
PRIME = 0x01000193  # FNV-1a, one step per code point
WORD_SEED, PAIR_SEED, CHARACTER_SEED = 0x811C9DC5, 0x2B2AE35D, 0x7A5662D3
BOUNDARY = 32


def mix(state: int) -> int:
    """Spread a 32-bit state over all its bits, since the low ones choose the bucket."""
    state = (((state >> 16) ^ state) * 0x45D9F3B) & MASK
    state = (((state >> 16) ^ state) * 0x45D9F3B) & MASK
    return (state >> 16) ^ state


def tokenise(
    codes: Ints,
    begin: int,
    end: int,
    fold: Ints,
    kinds: Ints,
    word_start: Ints,
    word_end: Ints,
    word_hash: Ints,
) -> int:
    """Find the words of ``codes[begin:end]``; offsets count from ``begin``.

    A word is a run of letters, marks and digits. An apostrophe joins letters of the scripts in which it is one
    (Ukrainian об'єкт) and separates in the others (French l'OTAN).

    :return: the number of words written to the three outputs.
    """
    n_words = 0
    at = begin
    top = len(fold)
    while at < end:
        code = codes[at]
        kind = kinds[code] if code < top else LETTER
        if kind != LETTER and kind != JOINING_LETTER:
            at += 1
            continue
        start = at
        state = WORD_SEED
        while at < end:
            code = codes[at]
            kind = kinds[code] if code < top else LETTER
            if kind == APOSTROPHE:
                joins = at > start and at + 1 < end and codes[at - 1] < top and codes[at + 1] < top
                if not (joins and kinds[codes[at - 1]] == JOINING_LETTER and kinds[codes[at + 1]] == JOINING_LETTER):
                    break
            elif kind == OTHER:
                break
            folded = fold[code] if code < top else code
            state = ((state ^ folded) * PRIME) & MASK
            at += 1
        word_start[n_words] = start - begin
        word_end[n_words] = at - begin
        word_hash[n_words] = state
        n_words += 1
    return n_words


def extract(
    codes: Ints,
    begin: int,
    fold: Ints,
    n_words: int,
    word_start: Ints,
    word_end: Ints,
    word_hash: Ints,
    slots: Ints,
    use_pairs: int,
    shortest: int,
    longest: int,
    bucket_mask: int,
    bucket: Ints,
    first: Ints,
    last: Ints,
    group_ends: Ints,
) -> int:
    """Write the events of one paragraph, group after group.

    :param slots: zeros, a power of two and at least twice as many as words; left filled.
    :param use_pairs: 0 for no word pairs.
    :param shortest: shortest character n-gram.
    :param longest: longest character n-gram; 0 for none.
    :param group_ends: receives where each group ends.
    :return: the number of events.
    """
    slot_mask = len(slots) - 1
    n = 0
    for w in range(n_words):
        slot = mix(word_hash[w]) & slot_mask
        while slots[slot] != 0 and word_hash[slots[slot] - 1] != word_hash[w]:
            slot = (slot + 1) & slot_mask
        if slots[slot] == 0:
            slots[slot] = w + 1
            bucket[n] = mix(word_hash[w]) & bucket_mask
            first[n] = w
            last[n] = w
            n += 1
    group_ends[WORDS] = n
    n_distinct = n
    if use_pairs != 0:
        for w in range(n_words - 1):
            state = ((PAIR_SEED ^ word_hash[w]) * PRIME) & MASK
            state = ((mix(state) ^ word_hash[w + 1]) * PRIME) & MASK
            bucket[n] = mix(state) & bucket_mask
            first[n] = w
            last[n] = w + 1
            n += 1
    group_ends[PAIRS] = n
    if longest > 0:
        top = len(fold)
        for d in range(n_distinct):
            w = first[d]
            start = begin + word_start[w] - 1
            stop = begin + word_end[w] + 1
            for i in range(start, stop - shortest + 1):
                state = CHARACTER_SEED
                for j in range(i, min(i + longest, stop)):
                    if j == start or j == stop - 1:
                        code = BOUNDARY
                    else:
                        code = codes[j]
                        code = fold[code] if code < top else code
                    state = ((state ^ code) * PRIME) & MASK
                    if j - i + 1 >= shortest:
                        bucket[n] = mix(state) & bucket_mask
                        first[n] = w
                        last[n] = w
                        n += 1
    group_ends[CHARACTERS] = n
    return n


def event_limit(n_codes: int, n_words: int, use_pairs: int, shortest: int, longest: int) -> int:
    """Return a bound on the number of events, for sizing the outputs."""
    orders = longest - shortest + 1 if longest > 0 else 0
    return n_words * (2 if use_pairs != 0 else 1) + orders * (n_codes + 2 * n_words)


def add_scores(
    bucket: Ints,
    group_ends: Ints,
    rarity: Floats,
    weights: Floats,
    n_outputs: int,
    sums: Floats,
    scores: Floats,
    row: int,
) -> None:
    """Add the weighted events of one paragraph to ``scores[row * n_outputs :]``.

    A feature's value is its rarity over the root of the summed squares of its group.

    :param rarity: inverse document frequency of each bucket, ``(n_buckets,)``.
    :param weights: ``(n_buckets * n_outputs,)``, the outputs of one bucket side by side.
    :param sums: room for ``n_outputs`` numbers.
    """
    begin = 0
    for group in range(N_GROUPS):
        squares = 0.0
        for k in range(n_outputs):
            sums[k] = 0.0
        for e in range(begin, group_ends[group]):
            value = 1.0 * rarity[bucket[e]]  # in double precision, compiled or not
            squares += value * value
            place = bucket[e] * n_outputs
            for k in range(n_outputs):
                sums[k] += value * weights[place + k]
        if squares > 0.0:
            norm = sqrt(squares)
            for k in range(n_outputs):
                scores[row * n_outputs + k] += sums[k] / norm
        begin = group_ends[group]


def extract_paragraph(codes: Ints, begin: int, end: int, fold: Ints, kinds: Ints, options: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return buckets, first words, last words and group ends of one paragraph (compiled only)."""
    room = (end - begin) // 2 + 1
    word_start, word_end, word_hash = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    n_words = tokenise(codes, begin, end, fold, kinds, word_start, word_end, word_hash)
    n_slots = 4
    while n_slots < 2 * n_words:
        n_slots *= 2
    slots = np.zeros(n_slots, np.int64)
    use_pairs, shortest, longest, bucket_mask = options[0], options[1], options[2], options[3]
    limit = event_limit(end - begin, n_words, use_pairs, shortest, longest)
    bucket, first, last = np.empty(limit, np.int64), np.empty(limit, np.int64), np.empty(limit, np.int64)
    ends = np.zeros(N_GROUPS, np.int64)
    n = extract(
        codes,
        begin,
        fold,
        n_words,
        word_start,
        word_end,
        word_hash,
        slots,
        use_pairs,
        shortest,
        longest,
        bucket_mask,
        bucket,
        first,
        last,
        ends,
    )
    return bucket[:n], first[:n], last[:n], ends


def score_paragraphs(
    codes: Ints, offsets: Ints, fold: Ints, kinds: Ints, options: Ints, rarity: Floats, weights: Floats, n_outputs: int, scores: Floats
) -> None:
    """Add the scores of the paragraphs ``codes[offsets[i]:offsets[i + 1]]`` to ``scores``, ``(n_paragraphs * n_outputs,)``.

    Compiled only, as `extract_paragraph` is.
    """
    sums = np.empty(n_outputs, np.float64)
    for i in range(len(offsets) - 1):
        bucket, _, _, ends = extract_paragraph(codes, offsets[i], offsets[i + 1], fold, kinds, options)
        add_scores(bucket, ends, rarity, weights, n_outputs, sums, scores, i)

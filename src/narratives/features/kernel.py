"""The one pass from characters to features to scores.

Plain functions over plain sequences, written in the part of Python that numba compiles. They run as they stand on
lists (a single paragraph does not wait for a compiler) and compiled on arrays (`narratives.features.compiled`), with
equal bits either way: hashes are 32 bits wide inside 64-bit integers, so nothing overflows, and sums run in one order
in double precision.

An *event* is one occurrence of a feature: a bucket, and the first and last word that it came from. Events come in
groups (words, word pairs, character n-grams, concepts, concept pairs, patterns over concepts), and every event of a group
has the same value, its group's scale, so that a few hundred n-grams do not drown a few dozen words. Nothing is normed by
the length of the text: a frame that is stated once is no less stated in a long paragraph.

A word counts once in a paragraph, and so do its n-grams; what two different words share adds up. That makes
everything within a word depend on the word alone.
"""

from __future__ import annotations

from typing import Any

Ints = Any  # a list or an array of 64-bit integers
Floats = Any  # a list, a memoryview or an array of numbers
Matches = Any  # what `match_concepts` found: how many, and of each its concept, first and last word; then the sentence of each word
Room = Any  # where events go: buckets, first words, last words

N_GROUPS = 6
WORDS, PAIRS, CHARACTERS, CONCEPTS, CONCEPT_PAIRS, PATTERNS = range(N_GROUPS)

ALL_GROUPS = (1 << N_GROUPS) - 1
# Voices and sub-frames are told by fewer examples: whole words and concepts serve them, letters do not.
DETAIL_GROUPS = ALL_GROUPS & ~(1 << CHARACTERS)

OTHER, LETTER, JOINING_LETTER, APOSTROPHE = range(4)
MASK = 0xFFFFFFFF
PRIME = 0x01000193  # FNV-1a, one step per code point
WORD_SEED, PAIR_SEED, CHARACTER_SEED = 0x811C9DC5, 0x2B2AE35D, 0x7A5662D3
CONCEPT_SEED, CONCEPT_PAIR_SEED = 0x1B873593, 0x6C62272E
PATTERN_SEED, SCOPE_SEED = 0x3C6EF372, 0x510E527F
BOUNDARY = 32
STEM, EXACT = 0, 1
TERMS_A_WORD = 8  # more terms of the lexicon than that never fit one word
LONGEST_PHRASE = 6  # words
PAIR_WINDOW = 12  # words between the first words of two concepts that form a pair
PAIRS_A_CONCEPT = 16
PATTERN_WINDOW = 12  # words between the first words of the first and the last concept of a chain
NEGATION_REACH, NEGATION_REACH_BACK = 3, 2  # words after and before a negation that it may deny ("threatens Russia not")
CONDITION_REACH = 8  # words after an "if"
NEGATES, CONDITIONS = 1, 2  # what a concept does to those in its reach
# Where the parts of a packed lexicon begin, and its sizes; see `narratives.features.lexicon`.
(N_TERMS, N_CONCEPTS, KEY_SLOTS, STEP_SLOTS, KEYS, VOTES, ROOTS, STEPS, OUT_ENDS, OUTS, NAMES) = range(11)
(N_SLOTS, N_PATTERNS, SCOPES, SLOT_ENDS, SLOTS, ANCHOR_ENDS, PATTERN_STARTS, PATTERN_CODE) = range(11, 19)
HEADER = 19


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


def find_terms(codes: Ints, begin: int, end: int, fold: Ints, lexicon: Ints, terms: Ints, at: int) -> int:
    """Write the lexicon's terms that fit the word ``codes[begin:end]`` to ``terms[at:]``; return how many.

    A term is a whole word or a stem; both are found by the hash of what has been read so far.
    """
    top = len(fold)
    slot_mask = lexicon[KEY_SLOTS] - 1
    keys = lexicon[KEYS]
    state = WORD_SEED
    n = 0
    for i in range(begin, end):
        code = codes[i]
        folded = fold[code] if code < top else code
        state = ((state ^ folded) * PRIME) & MASK
        for kind in range(2 if i == end - 1 else 1):
            key = (state << 8 | min(i - begin + 1, 127) << 1 | kind) + 1
            slot = mix(state + kind) & slot_mask
            while lexicon[keys + 2 * slot] != 0 and lexicon[keys + 2 * slot] != key:
                slot = (slot + 1) & slot_mask
            if lexicon[keys + 2 * slot] == key and n < TERMS_A_WORD:
                terms[at + n] = lexicon[keys + 2 * slot + 1]
                n += 1
    return n


def next_node(lexicon: Ints, node: int, term: int) -> int:
    """Return the node that a phrase goes on to with one more word, or 0."""
    key = node * lexicon[N_TERMS] + term + 1
    steps = lexicon[STEPS]
    slot_mask = lexicon[STEP_SLOTS] - 1
    slot = mix(key & MASK) & slot_mask
    while lexicon[steps + 2 * slot] != 0 and lexicon[steps + 2 * slot] != key:
        slot = (slot + 1) & slot_mask
    return lexicon[steps + 2 * slot + 1] if lexicon[steps + 2 * slot] == key else 0


def vote(lexicon: Ints, n_words: int, terms: Ints, counts: Ints) -> int:
    """Return whose entries count, as a mask of languages: the function words decide, and a tie lets all of the tied ones in."""
    most = 0
    allowed = 0
    for language in range(16):
        votes = 0
        for w in range(n_words):
            for p in range(counts[w]):
                if lexicon[lexicon[VOTES] + terms[w * TERMS_A_WORD + p]] >> language & 1 == 1:
                    votes += 1
                    break
        if votes > most:
            most = votes
            allowed = 0
        if votes == most:
            allowed |= 1 << language
    return allowed


def match_concepts(
    lexicon: Ints, n_words: int, terms: Ints, counts: Ints, sentence: Ints, concept: Ints, first: Ints, last: Ints, limit: int
) -> int:
    """Find the concepts of a paragraph, by the words, stems and phrases of the language that it votes for.

    :param terms: ``(n_words * TERMS_A_WORD,)``, and ``counts`` how many each word has.
    :param sentence: number of the sentence of each word; a phrase does not cross into the next.
    :param concept: receives the concept of each match, ``first`` and ``last`` its words.
    :return: the number of matches, at most ``limit``.
    """
    allowed = vote(lexicon, n_words, terms, counts)
    n = 0
    outs, out_ends = lexicon[OUTS], lexicon[OUT_ENDS]
    for w in range(n_words):
        for p in range(counts[w]):
            node = lexicon[lexicon[ROOTS] + terms[w * TERMS_A_WORD + p]]
            at = w
            while node != 0:
                for out in range(lexicon[out_ends + node - 1], lexicon[out_ends + node]):
                    if lexicon[outs + 2 * out + 1] & allowed != 0 and n < limit:
                        concept[n] = lexicon[outs + 2 * out]
                        first[n] = w
                        last[n] = at
                        n += 1
                at += 1
                if at >= n_words or at - w >= LONGEST_PHRASE or sentence[at] != sentence[w]:
                    break
                following = 0
                for q in range(counts[at]):
                    if following == 0:
                        following = next_node(lexicon, node, terms[at * TERMS_A_WORD + q])
                node = following
    return n


def extract_concepts(
    lexicon: Ints, matches: Matches, seen: Ints, slots: Ints, bucket_mask: int, n: int, room: Room, group_ends: Ints
) -> int:
    """Write the events of concepts, and of pairs of concepts in the order of a sentence, each once a paragraph.

    :param seen: zeros, one for each concept.
    :param slots: zeros, a power of two, at least ``2 * PAIRS_A_CONCEPT`` times as many as matches.
    :param n: events already written.
    """
    n_matches, concept, match_first, match_last, sentence = matches
    bucket, first, last = room
    names = lexicon[NAMES]
    for m in range(n_matches):
        if seen[concept[m]] == 0:
            seen[concept[m]] = 1
            bucket[n] = mix(CONCEPT_SEED ^ lexicon[names + concept[m]]) & bucket_mask
            first[n] = match_first[m]
            last[n] = match_last[m]
            n += 1
    group_ends[CONCEPTS] = n
    slot_mask = len(slots) - 1
    for m in range(n_matches):
        written = 0
        for other in range(m + 1, n_matches):
            if sentence[match_first[other]] != sentence[match_first[m]] or match_first[other] - match_first[m] > PAIR_WINDOW:
                break
            if match_first[other] <= match_last[m] or concept[other] == concept[m]:
                continue
            key = concept[m] * lexicon[N_CONCEPTS] + concept[other] + 1
            slot = mix(key) & slot_mask
            while slots[slot] != 0 and slots[slot] != key:
                slot = (slot + 1) & slot_mask
            if slots[slot] == 0:
                slots[slot] = key
                state = mix(((CONCEPT_PAIR_SEED ^ lexicon[names + concept[m]]) * PRIME) & MASK)
                bucket[n] = mix(((state ^ lexicon[names + concept[other]]) * PRIME) & MASK) & bucket_mask
                first[n] = match_first[m]
                last[n] = match_first[other]
                n += 1
                written += 1
                if written == PAIRS_A_CONCEPT:
                    break
    return n


def extract_scopes(lexicon: Ints, matches: Matches, seen: Ints, bucket_mask: int, n: int, room: Room) -> int:
    """Write an event for each concept that a negation denies or a condition makes open, each once a paragraph.

    :param seen: zeros, four for each concept.
    """
    n_matches, concept, match_first, match_last, sentence = matches
    bucket, first, last = room
    for m in range(n_matches):
        scope = lexicon[lexicon[SCOPES] + concept[m]]
        if scope == 0:
            continue
        reach = NEGATION_REACH if scope == NEGATES else CONDITION_REACH
        back = NEGATION_REACH_BACK if scope == NEGATES else 0
        for step in (-1, 1):
            other = m + step
            while 0 <= other < n_matches and sentence[match_first[other]] == sentence[match_first[m]]:
                distance = match_first[other] - match_last[m] if step == 1 else match_first[m] - match_last[other]
                if distance > (reach if step == 1 else back):
                    break
                place = 4 * concept[other] + scope
                if distance > 0 and seen[place] == 0 and lexicon[lexicon[SCOPES] + concept[other]] == 0:
                    seen[place] = 1
                    state = ((SCOPE_SEED ^ lexicon[lexicon[NAMES] + concept[other]]) * PRIME) & MASK
                    bucket[n] = mix((state + scope) & MASK) & bucket_mask
                    first[n] = min(match_first[m], match_first[other])
                    last[n] = max(match_first[m], match_first[other])
                    n += 1
                other += step
    return n


def fills(lexicon: Ints, concept: int, slot: int) -> bool:
    """Return whether a concept may stand in a slot of a pattern."""
    ends = lexicon[SLOT_ENDS]
    for place in range(lexicon[ends + concept - 1], lexicon[ends + concept]):  # noqa: SIM110 (numba compiles no generators)
        if lexicon[lexicon[SLOTS] + place] == slot:
            return True
    return False


def find_chain(lexicon: Ints, at: int, length: int, begin: int, end: int, matches: Matches) -> tuple[int, int]:
    """Find the slots ``PATTERN_CODE + at ...`` filled one after the other by the matches ``begin:end``.

    :return: the first matches of its beginning and its end, or -1 twice.
    """
    _, concept, match_first, match_last, _ = matches
    code = lexicon[PATTERN_CODE] + at
    for m in range(begin, end):
        if not fills(lexicon, concept[m], lexicon[code]):
            continue
        previous = m
        done = 1
        for other in range(m + 1, end):
            if done == length or match_first[other] - match_first[m] > PATTERN_WINDOW:
                break
            if match_first[other] > match_last[previous] and fills(lexicon, concept[other], lexicon[code + done]):
                previous = other
                done += 1
        if done == length:
            return m, previous
    return -1, -1


def fit_pattern(lexicon: Ints, pattern: int, begin: int, end: int, marks: Ints, mark: int, matches: Matches) -> tuple[int, int]:
    """Return the first and the last match of the pattern's first chain in one sentence, or -1 twice.

    :param marks: ``marks[slot] == mark`` where a match of the sentence fills the slot.
    """
    code = lexicon[PATTERN_CODE]
    at = lexicon[lexicon[PATTERN_STARTS] + pattern]
    n_barred, n_chains = lexicon[code + at], lexicon[code + at + 1]
    at += 2
    for place in range(at, at + n_barred):
        if marks[lexicon[code + place]] == mark:
            return -1, -1
    at += n_barred
    found = (-1, -1)
    for chain in range(n_chains):
        length = lexicon[code + at]
        for place in range(at + 1, at + 1 + length):
            if marks[lexicon[code + place]] != mark:
                return -1, -1
        if chain == 0 or length > 1:
            ends = find_chain(lexicon, at + 1, length, begin, end, matches)
            if ends[0] < 0:
                return -1, -1
            if chain == 0:
                found = ends
        at += 1 + length
    return found


def extract_patterns(lexicon: Ints, matches: Matches, marks: Ints, filled: Ints, seen: Ints, bucket_mask: int, n: int, room: Room) -> int:
    """Write an event for each pattern that a sentence fits, each once a paragraph.

    A pattern is looked at only where its anchor, the slot that the fewest concepts fill, is filled.

    :param marks: zeros, one for each slot.
    :param filled: room for as many.
    :param seen: zeros, one for each pattern.
    """
    n_matches, concept, match_first, _, sentence = matches
    bucket, first, last = room
    code, anchors = lexicon[PATTERN_CODE], lexicon[ANCHOR_ENDS]
    begin = 0
    while begin < n_matches:
        end = begin
        mark = begin + 1
        n_filled = 0
        while end < n_matches and sentence[match_first[end]] == sentence[match_first[begin]]:
            slot_ends = lexicon[SLOT_ENDS] + concept[end]
            for place in range(lexicon[slot_ends - 1], lexicon[slot_ends]):
                slot = lexicon[lexicon[SLOTS] + place]
                if marks[slot] != mark:
                    marks[slot] = mark
                    filled[n_filled] = slot
                    n_filled += 1
            end += 1
        for k in range(n_filled):
            slot = filled[k]
            for pattern in range(lexicon[anchors + slot - 1], lexicon[anchors + slot]):
                if seen[pattern] != 0:
                    continue
                ends = fit_pattern(lexicon, pattern, begin, end, marks, mark, matches)
                if ends[0] >= 0:
                    seen[pattern] = 1
                    bucket[n] = lexicon[code + lexicon[lexicon[PATTERN_STARTS] + pattern] - 1] & bucket_mask
                    first[n] = match_first[ends[0]]
                    last[n] = match_first[ends[1]]
                    n += 1
        begin = end
    return n


def event_limit(n_codes: int, n_words: int, use_pairs: int, shortest: int, longest: int) -> int:
    """Return a bound on the number of events, for sizing the outputs."""
    orders = longest - shortest + 1 if longest > 0 else 0
    return n_words * (2 if use_pairs != 0 else 1) + orders * (n_codes + 2 * n_words)


def add_scores(
    bucket: Ints,
    group_ends: Ints,
    scales: Floats,
    weights: Floats,
    n_outputs: int,
    groups: int,
    sums: Floats,
    scores: Floats,
    row: int,
) -> None:
    """Add the weighted events of one paragraph to ``scores[row * n_outputs :]``.

    :param scales: the value of an event of each group, ``(N_GROUPS,)``.
    :param weights: ``(n_rows * n_outputs,)``, the outputs of one row side by side; ``n_rows`` is a power of two, and a
        bucket's row is its remainder.
    :param groups: bit mask of the groups that count.
    :param sums: room for ``n_outputs`` numbers.
    """
    begin = 0
    row_mask = len(weights) // n_outputs - 1
    for group in range(N_GROUPS):
        if groups >> group & 1 == 1:
            for k in range(n_outputs):
                sums[k] = 0.0
            for e in range(begin, group_ends[group]):
                place = (bucket[e] & row_mask) * n_outputs
                for k in range(n_outputs):
                    sums[k] += weights[place + k]
            for k in range(n_outputs):
                scores[row * n_outputs + k] += scales[group] * sums[k]
        begin = group_ends[group]


def extract_paragraph(
    codes: Ints, begin: int, end: int, breaks: Ints, break_begin: int, break_end: int, fold: Ints, kinds: Ints, options: Ints, lexicon: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    """Return buckets, first words, last words, group ends, and the words' starts and ends of one paragraph.

    :param breaks: where sentences begin, counted from ``begin``; those of this paragraph are ``breaks[break_begin:break_end]``.
    :param options: `narratives.features.extractor.FeatureSettings` as integers.
    :param lexicon: packed; a header of zeros stands for none.
    """
    most = (end - begin) // 2 + 1  # words
    word_start, word_end, word_hash = zeros(most), zeros(most), zeros(most)
    n_words = tokenise(codes, begin, end, fold, kinds, word_start, word_end, word_hash)
    use_pairs, shortest, longest, bucket_mask = options[0], options[1], options[2], options[3]
    n_matches = 0
    concept, match_first, match_last, sentence = zeros(0), zeros(0), zeros(0), zeros(n_words)
    if lexicon[N_TERMS] > 0:
        terms, counts = zeros(n_words * TERMS_A_WORD), zeros(n_words)
        at = break_begin
        for w in range(n_words):
            while at < break_end and breaks[at] <= word_start[w]:
                at += 1
            sentence[w] = at
            counts[w] = find_terms(codes, begin + word_start[w], begin + word_end[w], fold, lexicon, terms, w * TERMS_A_WORD)
        limit = 4 * n_words
        concept, match_first, match_last = zeros(limit), zeros(limit), zeros(limit)
        n_matches = match_concepts(lexicon, n_words, terms, counts, sentence, concept, match_first, match_last, limit)
    limit = event_limit(end - begin, n_words, use_pairs, shortest, longest) + n_matches * (3 + PAIRS_A_CONCEPT) + lexicon[N_PATTERNS]
    bucket, first, last, ends = zeros(limit), zeros(limit), zeros(limit), zeros(N_GROUPS)
    slots = zeros(power_above(2 * n_words))
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
    matches, room = (n_matches, concept, match_first, match_last, sentence), (bucket, first, last)
    slots = zeros(power_above(2 * PAIRS_A_CONCEPT * n_matches))
    n = extract_concepts(lexicon, matches, zeros(lexicon[N_CONCEPTS]), slots, bucket_mask, n, room, ends)
    n = extract_scopes(lexicon, matches, zeros(4 * lexicon[N_CONCEPTS]), bucket_mask, n, room)
    ends[CONCEPT_PAIRS] = n
    n_slots = lexicon[N_SLOTS]
    n = extract_patterns(lexicon, matches, zeros(n_slots), zeros(n_slots), zeros(lexicon[N_PATTERNS]), bucket_mask, n, room)
    ends[PATTERNS] = n
    return bucket[:n], first[:n], last[:n], ends, word_start[:n_words], word_end[:n_words]


def zeros(n: int) -> Ints:
    """Return ``n`` zeros: a list here, an array where compiled."""
    return [0] * n


def power_above(n: int) -> int:
    """Return the smallest power of two above ``n``, at least 4."""
    power = 4
    while power <= n:
        power *= 2
    return power


def score_paragraphs(
    codes: Ints,
    offsets: Ints,
    breaks: Ints,
    break_offsets: Ints,
    fold: Ints,
    kinds: Ints,
    options: Ints,
    lexicon: Ints,
    scales: Floats,
    weights: Floats,
    n_outputs: int,
    groups: int,
    sums: Floats,
    scores: Floats,
) -> None:
    """Add the scores of the paragraphs ``codes[offsets[i]:offsets[i + 1]]`` to ``scores``, ``(n_paragraphs * n_outputs,)``."""
    for i in range(len(offsets) - 1):
        bucket, _, _, ends, _, _ = extract_paragraph(
            codes, offsets[i], offsets[i + 1], breaks, break_offsets[i], break_offsets[i + 1], fold, kinds, options, lexicon
        )
        add_scores(bucket, ends, scales, weights, n_outputs, groups, sums, scores, i)

"""The one pass from bytes to features to scores.

Plain functions over plain sequences, written in the part of Python that numba compiles. They run as they stand on
lists (a single paragraph does not wait for a compiler) and compiled on arrays (`narratives.features.compiled`), with
equal bits either way: hashes are 32 bits wide inside 64-bit integers, so nothing overflows, and sums run in one order
in double precision.

An *event* is one occurrence of a feature: a bucket, and the first and last word that it came from. Events come in
groups (words, word pairs, character n-grams, concepts, concept pairs, patterns over concepts), and every event of a group
has the same value, its group's scale, so that a few hundred n-grams do not drown a few dozen words. Nothing is normed by
the length of the text: a frame that is stated once is no less stated in a long paragraph.

A word counts once in a paragraph, and so do its n-grams; what two different words share adds up. That makes
everything within a word depend on the word alone, so it is worked out once and kept in a cache: what its n-grams add to each
score, the lexicon's terms that fit it, the languages it votes for, whether the corpus knew it. A word is known by 62 bits of
two hashes.

The tuples that the functions share, lists in plain Python and arrays where compiled:

- ``tables``: fold, kinds, classes, abbreviations (`narratives.features.alphabet`);
- ``room``: where one paragraph is worked out (`make_room`); ``cache``: what is kept between paragraphs (`make_cache`);
- ``words``: their first and last offsets, hashes, keys and entries of the cache, and sentences; then the entries of the different ones;
- ``matches``: how many, and of each its concept, first and last word, then the sentence of each word;
- ``events``: buckets, first words, last words.
"""

from __future__ import annotations

from typing import Any

Ints = Any  # a list or an array of integers
Floats = Any  # a list, a memoryview or an array of numbers
Tables = Any  # tuples of the above; see the top
Room = Any
Cache = Any
Matches = Any
Events = Any

N_GROUPS = 6
WORDS, PAIRS, CHARACTERS, CONCEPTS, CONCEPT_PAIRS, PATTERNS = range(N_GROUPS)

ALL_GROUPS = (1 << N_GROUPS) - 1
# Voices and sub-frames are told by fewer examples: whole words and concepts serve them, letters do not.
DETAIL_GROUPS = ALL_GROUPS & ~(1 << CHARACTERS)

OTHER, LETTER, JOINING_LETTER, APOSTROPHE = range(4)  # kinds, for finding words
ALPHANUMERIC, LOWER, UPPER, DIGIT = 1, 2, 4, 8  # classes, for finding sentences
DECLINE, DROP, SEVERAL = -1, -2, -3  # forms of characters that are not simply one other character; below SEVERAL: see `expand`
MASK = 0xFFFFFFFF
PRIME = 0x01000193  # FNV-1a, one step per code point
WORD_SEED, PAIR_SEED, CHARACTER_SEED = 0x811C9DC5, 0x2B2AE35D, 0x7A5662D3
CHECK_PRIME = 0x9E3779B1
CONCEPT_SEED, CONCEPT_PAIR_SEED = 0x1B873593, 0x6C62272E
PATTERN_SEED, SCOPE_SEED = 0x3C6EF372, 0x510E527F
SPACE, NEWLINE, QUOTE, TICK, HYPHEN, STOP, SLASH, COLON, AT = 32, 10, 34, 39, 45, 46, 47, 58, 64
BOUNDARY = SPACE
STEM, EXACT = 0, 1
TERMS_A_WORD = 8  # more terms of the lexicon than that never fit one word
LONGEST_PHRASE = 6  # words
LONGEST_ABBREVIATION = 24
PAIR_WINDOW = 12  # words between the first words of two concepts that form a pair
PAIRS_A_CONCEPT = 16
PATTERN_WINDOW = 12  # words between the first words of the first and the last concept of a chain
NEGATION_REACH, NEGATION_REACH_BACK = 3, 2  # words after and before a negation that it may deny ("threatens Russia not")
CONDITION_REACH = 8  # words after an "if"
NEGATES, CONDITIONS = 1, 2  # what a concept does to those in its reach
# Where the parts of a packed lexicon begin, and its sizes; see `narratives.features.lexicon`.
(N_TERMS, N_CONCEPTS, KEY_SLOTS, STEP_SLOTS, KEYS, VOTES, ROOTS, STEPS, OUT_ENDS, OUTS, NAMES) = range(11)
(N_SLOTS, N_PATTERNS, SCOPES, SLOT_ENDS, SLOTS, ANCHOR_ENDS, PATTERN_STARTS, PATTERN_CODE, SLOT_BITS) = range(11, 20)
HEADER = 20
WORD_BITS = 5  # two to that power bits of a set of slots stand in one integer
# What the cache holds of a word, and what is said of a paragraph beside its scores.
N_FACTS = 5
TERMS_BEGIN, TERMS_COUNT, WORD_VOTES, WORD_KNOWN, WORD_SEEN = range(N_FACTS)
BLOCK = 4  # outputs are summed four at a time; tables of weights are widened to that
N_PLACES = 4
FIRST_SENTENCE, LAST_SENTENCE, STARTS, ENDS = range(N_PLACES)
N_REMARKS = 4
ALL_WORDS, DISTINCT_WORDS, KNOWN_WORDS, LANGUAGES = range(N_REMARKS)


def mix(state: int) -> int:
    """Spread a 32-bit state over all its bits, since the low ones choose the bucket."""
    state = (((state >> 16) ^ state) * 0x45D9F3B) & MASK
    state = (((state >> 16) ^ state) * 0x45D9F3B) & MASK
    return (state >> 16) ^ state


def zeros(n: int) -> Ints:
    """Return ``n`` zeros: a list here, an array where compiled."""
    return [0] * n


def float_zeros(n: int) -> Floats:
    """Return ``n`` zeros in double precision."""
    return [0.0] * n


def power_above(n: int) -> int:
    """Return the smallest power of two above ``n``, at least 4."""
    power = 4
    while power <= n:
        power *= 2
    return power


def make_room(n_codes: int, lexicon: Ints, options: Ints, spell: int) -> Room:
    """Return room for a paragraph of up to ``n_codes`` characters.

    :param spell: 1 where character n-grams are written out as events.
    """
    most = n_codes // 2 + 1  # words
    n_pairs = pair_limit(most)
    orders = max(0, options[2] - options[1] + 1)
    n_events = 2 * most + 3 * match_limit(most) + n_pairs + lexicon[N_PATTERNS]
    # All n-grams beside the other events, or those of one word before there are any.
    n_events = n_events + orders * (n_codes + 2 * most) if spell != 0 else max(n_events, orders * (n_codes + 2))
    words = (zeros(most), zeros(most), zeros(most), zeros(most), zeros(most), zeros(most), zeros(most))
    matches = (zeros(match_limit(most)), zeros(match_limit(most)), zeros(match_limit(most)))
    events = (zeros(n_events), zeros(n_events), zeros(n_events))
    slots = power_above(2 * n_pairs)
    once = (zeros(lexicon[N_CONCEPTS]), zeros(4 * lexicon[N_CONCEPTS]), zeros(lexicon[N_PATTERNS]), zeros(slots), zeros(slots))
    marks = (zeros(lexicon[N_SLOTS]), zeros(lexicon[N_SLOTS]))
    return words, (zeros(most), zeros(most), zeros(1)), matches, events, once, marks, zeros(N_GROUPS), zeros(16), zeros(1)


def match_limit(n_words: int) -> int:
    """Return how many concepts are looked for in a paragraph at most."""
    return 2 * n_words + 16


def pair_limit(n_words: int) -> int:
    """Return how many pairs of concepts are written at most."""
    return 8 * n_words + 64


def make_cache(n_words: int, n_outputs: int) -> Cache:
    """Return a cache with room for ``n_words`` different words.

    :return: hash slots of key and entry; then, side by side in the order of their coming, so that common words stay together: the
        entries' facts, what their n-grams add to each output, and their terms; at last how many entries and terms there are, and
        the stamp of the paragraph.
    """
    slots = 2 * power_above(2 * n_words)
    return zeros(slots), zeros(N_FACTS * n_words), float_zeros(n_outputs * n_words), zeros(n_words * TERMS_A_WORD), zeros(3)


def simple_form(data: Ints, begin: int, end: int, forms: Ints, codes: Ints, at: int) -> int:
    """Write the normalised form of a text to ``codes[at:]``, where a table of characters can tell it.

    :param data: the text is ``data[begin:end]`` in UTF-8.
    :param forms: what each character becomes; `narratives.features.alphabet.forms`.
    :return: how many characters, or -1 where it takes `narratives.text.normalise`: marks to compose, scripts mixed in a word,
        addresses, words broken over lines.
    """
    n = at
    previous_script = 0
    while begin < end:
        code, begin = next_character(data, begin, end)
        code = forms[code] if code < len(forms) else code if is_picture(code) else DECLINE
        if code == DROP:
            continue
        if code == DECLINE or code == AT:
            return -1
        if code == NEWLINE and ends_in_hyphen(codes, at, n):
            return -1
        if code == SPACE or code == NEWLINE:
            previous_script = 0
            if n > at and codes[n - 1] != SPACE:
                codes[n] = SPACE
                n += 1
            continue
        if code < SEVERAL:
            if n > at and codes[n - 1] | 32 == 119:  # "www…" begins an address
                return -1
            n, code = expand(code, codes, n)
        script = script_of(code)
        if script * previous_script != 0 and script != previous_script:
            return -1
        previous_script = script if code != TICK else previous_script  # what an apostrophe joins is one word
        codes[n] = code
        n += 1
        if (code == SLASH or code == STOP) and begins_address(codes, at, n):
            return -1
    if n > at and codes[n - 1] == SPACE:
        n -= 1
    return n - at


def is_picture(code: int) -> bool:
    """Whether a character beyond the basic plane is a picture or half a flag, which stay as they are."""
    return 0x1F300 <= code < 0x1FB00 or 0x1F1E6 <= code < 0x1F200


def expand(form: int, codes: Ints, n: int) -> tuple[int, int]:
    """Write all but the last character of a form of several to ``codes[n:]``; return the new ``n``, and the last.

    :param form: `SEVERAL` minus the characters, 7 bits each, the first one lowest.
    """
    left = SEVERAL - form
    while left >> 7 != 0:
        codes[n] = left & 0x7F
        n += 1
        left >>= 7
    return n, left


def next_character(data: Ints, begin: int, end: int) -> tuple[int, int]:
    """Return the character at ``data[begin]`` in UTF-8 and where the next one begins; what is cut off is the replacement character."""
    code = data[begin]
    if code < 0x80:
        return code, begin + 1
    size = 2 if code < 0xE0 else 3 if code < 0xF0 else 4
    if begin + size > end:
        return 0xFFFD, end
    code &= 0x7F >> size
    for i in range(begin + 1, begin + size):
        code = code << 6 | (data[i] & 0x3F)
    return code, begin + size


def ends_in_hyphen(codes: Ints, at: int, n: int) -> bool:
    """Whether the last character of ``codes[at:n]`` but a space is a hyphen, so that a line may have broken a word."""
    last = n - 1 if n == at or codes[n - 1] != SPACE else n - 2
    return last >= at and codes[last] == HYPHEN


def simple_forms(data: Ints, offsets: Ints, forms: Ints, codes: Ints, ends: Ints) -> None:
    """Write the simple form of each text ``data[offsets[i]:offsets[i + 1]]`` to ``codes[offsets[i]:ends[i]]``.

    :param codes: as long as ``data``: no form has more characters than bytes.
    :param ends: receives where each form ends, or -1 where there is no simple one.
    """
    for i in range(len(offsets) - 1):
        n = simple_form(data, offsets[i], offsets[i + 1], forms, codes, offsets[i])
        ends[i] = offsets[i] + n if n >= 0 else -1


def script_of(code: int) -> int:
    """Return 1 for Latin, 2 for Greek, 3 for Cyrillic, 4 for other letters whose look-alikes are put right, and 0 for the rest."""
    if code < 0x80:
        return 1 if 65 <= code <= 90 or 97 <= code <= 122 else 0
    if 0xC0 <= code < 0x250:
        return 1
    if code < 0x2B0 or 0x530 <= code < 0x590:  # phonetic letters, Armenian
        return 4 if code >= 0x250 else 0
    if 0x370 <= code < 0x400:
        return 2
    return 3 if 0x400 <= code < 0x530 else 0


def begins_address(codes: Ints, at: int, n: int) -> bool:
    """Whether ``codes[at:n]`` ends in what may begin an address: ``://``, ``www.`` or ``t.me/``."""
    if codes[n - 1] == STOP:
        return n - at > 3 and codes[n - 2] | 32 == 119 and codes[n - 3] | 32 == 119 and codes[n - 4] | 32 == 119
    if n - at > 2 and codes[n - 2] == SLASH and codes[n - 3] == COLON:
        return True
    return n - at > 4 and codes[n - 2] == 101 and codes[n - 3] == 109 and codes[n - 4] == STOP and codes[n - 5] == 116


def class_of(tables: Tables, code: int) -> int:
    """Return the class of a character; beyond the basic plane there are no sentences to find."""
    classes = tables[2]
    return classes[code] if code < len(classes) else 0


def find_sentences(codes: Ints, begin: int, end: int, tables: Tables, starts: Ints, ends: Ints) -> int:
    """Write where the sentences of the normalised ``codes[begin:end]`` start and end, counted from ``begin``; return how many."""
    n = 0
    start = at = begin
    while at < end:
        if not stops(codes[at]):
            at += 1
            continue
        mark = at
        while at < end and stops(codes[at]):
            at += 1
        while at < end and closes(codes[at]):
            at += 1
        after = at
        at = after_spaces(codes, at, end)
        if at == after:
            continue
        opening = at
        while opening < end and opens(codes[opening]):
            opening += 1
        opening = after_spaces(codes, opening, end)
        kind = class_of(tables, codes[opening]) if opening < end else 0
        if kind & ALPHANUMERIC != 0 and ends_sentence(codes, begin, mark, kind, tables):
            starts[n] = start - begin
            ends[n] = after - begin
            n += 1
            start = at
    while end > start and codes[end - 1] == SPACE:
        end -= 1
    if end > start:
        starts[n] = start - begin
        ends[n] = end - begin
        n += 1
    return n


def after_spaces(codes: Ints, at: int, end: int) -> int:
    """Return the first place from ``at`` on that holds no space."""
    while at < end and codes[at] == SPACE:
        at += 1
    return at


def stops(code: int) -> bool:
    """Whether a mark may end a sentence: . ! ?"""  # noqa: D400
    return code == STOP or code == 33 or code == 63


def closes(code: int) -> bool:
    """Whether a mark may follow the one that ends a sentence: quotes and closing brackets."""
    return code == QUOTE or code == TICK or code == 41 or code == 93


def opens(code: int) -> bool:
    """Whether a mark may stand before the first letter of a sentence: quotes, opening brackets, a dash, marks turned upside down."""
    return code == QUOTE or code == TICK or code == 40 or code == 91 or code == HYPHEN or code == 0xBF or code == 0xA1


def ends_sentence(codes: Ints, begin: int, mark: int, opening: int, tables: Tables) -> bool:
    """Whether the mark at ``codes[mark]`` ends a sentence, if the next one would begin with a letter of class ``opening``."""
    if opening & LOWER != 0:
        return False
    if codes[mark] != STOP or codes[mark + 1] == STOP:
        return True
    first = mark
    digits = 0
    state = WORD_SEED
    while first > begin and mark - first <= LONGEST_ABBREVIATION:
        kind = class_of(tables, codes[first - 1])
        if kind & ALPHANUMERIC == 0:
            inner = codes[first - 1] == STOP and first - 1 > begin and class_of(tables, codes[first - 2]) & ALPHANUMERIC != 0
            if not inner:
                break
        if kind & DIGIT != 0:
            digits += 1
        first -= 1
    length = mark - first
    if length > 0 and digits == length:  # an ordinal ("24. Februar") goes on; a year or a sum ends
        return length > 2
    if length == 1 and class_of(tables, codes[first]) & UPPER != 0:
        return False
    fold, abbreviations = tables[0], tables[3]
    for i in range(first, mark):
        folded = fold[codes[i]] if codes[i] < len(fold) else codes[i]
        state = ((state ^ folded) * PRIME) & MASK
    slot = mix(state) & (len(abbreviations) - 1)
    while abbreviations[slot] != 0:
        if abbreviations[slot] == state + 1:
            return False
        slot = (slot + 1) & (len(abbreviations) - 1)
    return True


def tokenise(codes: Ints, begin: int, end: int, tables: Tables, start: Ints, stop: Ints, hashes: Ints, keys: Ints) -> int:
    """Find the words of ``codes[begin:end]``; offsets count from ``begin``.

    A word is a run of letters, marks and digits. An apostrophe joins letters of the scripts in which it is one
    (Ukrainian об'єкт) and separates in the others (French l'OTAN).

    :param hashes: receives the hash of each word, ``keys`` the 62 bits by which it is known in a cache, never 0.
    :return: the number of words.
    """
    fold, kinds = tables[0], tables[1]
    n_words = 0
    at = begin
    top = len(fold)
    while at < end:
        code = codes[at]
        kind = kinds[code] if code < top else LETTER
        if kind != LETTER and kind != JOINING_LETTER:
            at += 1
            continue
        first = at
        state = check = WORD_SEED
        while at < end:
            code = codes[at]
            kind = kinds[code] if code < top else LETTER
            if kind == APOSTROPHE:
                joins = at > first and at + 1 < end and codes[at - 1] < top and codes[at + 1] < top
                if not (joins and kinds[codes[at - 1]] == JOINING_LETTER and kinds[codes[at + 1]] == JOINING_LETTER):
                    break
            elif kind == OTHER:
                break
            folded = fold[code] if code < top else code
            state = ((state ^ folded) * PRIME) & MASK
            check = ((check + folded) * CHECK_PRIME) & MASK
            at += 1
        start[n_words] = first - begin
        stop[n_words] = at - begin
        hashes[n_words] = state
        keys[n_words] = (state << 30 | check >> 2) + 1
        n_words += 1
    return n_words


def spell_word(codes: Ints, first: int, last: int, fold: Ints, options: Ints, bucket: Ints, n: int) -> int:
    """Write the buckets of the n-grams of the word ``codes[first:last]`` and its boundaries to ``bucket[n:]``; return where they end."""
    top = len(fold)
    shortest, longest, bucket_mask = options[1], options[2], options[3]
    for i in range(first - 1, last + 2 - shortest):
        state = CHARACTER_SEED
        for j in range(i, min(i + longest, last + 1)):
            code = BOUNDARY
            if first <= j < last:
                code = codes[j]
                code = fold[code] if code < top else code
            state = ((state ^ code) * PRIME) & MASK
            if j - i + 1 >= shortest:
                bucket[n] = mix(state) & bucket_mask
                n += 1
    return n


def add_rows(places: Ints, begin: int, end: int, row_mask: int, rows: Floats, n_outputs: int, k: int) -> Any:
    """Return the sums of columns ``k`` to ``k + 3`` of the rows ``places[begin:end]``, each taken modulo the number of rows."""
    a = b = c = d = 0.0
    for e in range(begin, end):
        place = (places[e] & row_mask) * n_outputs + k
        a += rows[place]
        b += rows[place + 1]
        c += rows[place + 2]
        d += rows[place + 3]
    return a, b, c, d


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


def enter_words(
    codes: Ints, begin: int, n_words: int, room: Room, cache: Cache, tables: Tables, options: Ints, lexicon: Ints, known: Ints, model: Any
) -> None:
    """Find the words of a paragraph in the cache, and work out those that are not there yet; writes each word's entry.

    :param known: one bit for each slot of the words that the corpus had, packed from the high bit on; may be empty.
    :param model: weights and number of outputs; 0 outputs where no sums are wanted.
    """
    start, stop, hashes, keys, entry, _, _ = room[0]
    grams = room[3][0]  # no event of the paragraph stands there yet
    slots, facts, sums, pool, used = cache
    weights, n_outputs = model
    slot_mask = len(slots) // 2 - 1
    if N_FACTS * (used[0] + n_words) > len(facts):  # full: begin anew
        used[0] = used[1] = 0
        for slot in range(len(slots)):
            slots[slot] = 0
    for w in range(n_words):
        key = keys[w]
        slot = mix(hashes[w]) & slot_mask
        while slots[2 * slot] != 0 and slots[2 * slot] != key:
            slot = (slot + 1) & slot_mask
        if slots[2 * slot] == key:
            entry[w] = slots[2 * slot + 1]
            continue
        slots[2 * slot] = key
        slots[2 * slot + 1] = entry[w] = used[0]
        used[0] += 1
        fact = N_FACTS * entry[w]
        facts[fact + WORD_SEEN] = 0
        first, last = begin + start[w], begin + stop[w]
        n = find_terms(codes, first, last, tables[0], lexicon, pool, used[1]) if lexicon[N_TERMS] > 0 else 0
        votes = 0
        for p in range(n):
            votes |= lexicon[lexicon[VOTES] + pool[used[1] + p]]
        facts[fact + TERMS_BEGIN], facts[fact + TERMS_COUNT], facts[fact + WORD_VOTES] = used[1], n, votes
        used[1] += n
        facts[fact + WORD_KNOWN] = 0
        if len(known) > 0:
            bit = mix(hashes[w]) & (8 * len(known) - 1)
            facts[fact + WORD_KNOWN] = known[bit >> 3] >> (7 - (bit & 7)) & 1
        n = spell_word(codes, first, last, tables[0], options, grams, 0) if n_outputs > 0 and options[2] > 0 else 0
        for k in range(0, n_outputs, BLOCK):
            at = n_outputs * entry[w] + k
            sums[at], sums[at + 1], sums[at + 2], sums[at + 3] = add_rows(grams, 0, n, len(weights) // n_outputs - 1, weights, n_outputs, k)


def next_node(lexicon: Ints, node: int, term: int) -> int:
    """Return the node that a phrase goes on to with one more word, or 0."""
    key = node * lexicon[N_TERMS] + term + 1
    steps = lexicon[STEPS]
    slot_mask = lexicon[STEP_SLOTS] - 1
    slot = mix(key & MASK) & slot_mask
    while lexicon[steps + 2 * slot] != 0 and lexicon[steps + 2 * slot] != key:
        slot = (slot + 1) & slot_mask
    return lexicon[steps + 2 * slot + 1] if lexicon[steps + 2 * slot] == key else 0


def vote(n_words: int, entry: Ints, facts: Ints, counts: Ints) -> int:
    """Return whose entries count, as a mask of languages: the function words decide, and a tie lets all of the tied ones in.

    :param counts: room for 16.
    """
    for language in range(16):
        counts[language] = 0
    for w in range(n_words):
        votes = facts[N_FACTS * entry[w] + WORD_VOTES]
        language = 0
        while votes != 0:
            counts[language] += votes & 1
            votes >>= 1
            language += 1
    most = 0
    allowed = 0
    for language in range(16):
        if counts[language] > most:
            most = counts[language]
            allowed = 0
        if counts[language] == most:
            allowed |= 1 << language
    return allowed


def match_concepts(lexicon: Ints, n_words: int, words: Any, matches: Any, cache: Cache, allowed: int) -> int:
    """Find the concepts of a paragraph, by the words, stems and phrases of the languages ``allowed``.

    A phrase does not cross into the next sentence.

    :return: the number of matches, at most `match_limit`.
    """
    entry, sentence = words[4], words[5]
    concept, first, last = matches
    _, facts, _, terms, _ = cache
    limit = match_limit(n_words)
    n = 0
    outs, out_ends, roots = lexicon[OUTS], lexicon[OUT_ENDS], lexicon[ROOTS]
    for w in range(n_words):
        fact = N_FACTS * entry[w]
        for p in range(facts[fact + TERMS_BEGIN], facts[fact + TERMS_BEGIN] + facts[fact + TERMS_COUNT]):
            node = lexicon[roots + terms[p]]
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
                fact_at = N_FACTS * entry[at]
                following = 0
                for q in range(facts[fact_at + TERMS_BEGIN], facts[fact_at + TERMS_BEGIN] + facts[fact_at + TERMS_COUNT]):
                    if following == 0:
                        following = next_node(lexicon, node, terms[q])
                node = following
    return n


def extract_words(n_words: int, room: Room, cache: Cache, stamp: int, use_pairs: int, bucket_mask: int, remarks: Ints, at: int) -> int:
    """Write the events of words, each once a paragraph, and of pairs of neighbours; count words in ``remarks[at:]``."""
    _, _, hashes, _, entry, _, distinct = room[0]
    bucket, first, last = room[3]
    group_ends = room[6]
    facts = cache[1]
    n = known = 0
    for w in range(n_words):
        fact = N_FACTS * entry[w]
        if facts[fact + WORD_SEEN] != stamp:
            facts[fact + WORD_SEEN] = stamp
            known += facts[fact + WORD_KNOWN]
            bucket[n] = mix(hashes[w]) & bucket_mask
            first[n] = w
            last[n] = w
            distinct[n] = entry[w]
            n += 1
    group_ends[WORDS] = n
    remarks[at + ALL_WORDS], remarks[at + DISTINCT_WORDS], remarks[at + KNOWN_WORDS] = n_words, n, known
    if use_pairs != 0:
        for w in range(n_words - 1):
            state = ((PAIR_SEED ^ hashes[w]) * PRIME) & MASK
            state = ((mix(state) ^ hashes[w + 1]) * PRIME) & MASK
            bucket[n] = mix(state) & bucket_mask
            first[n] = w
            last[n] = w + 1
            n += 1
    group_ends[PAIRS] = n
    return n


def extract_concepts(
    lexicon: Ints, n_words: int, matches: Matches, once: Any, stamp: int, bucket_mask: int, n: int, events: Events, group_ends: Ints
) -> int:
    """Write the events of concepts, and of pairs of concepts in the order of a sentence, each once a paragraph.

    :param once: what has been seen, by the stamp of the paragraph.
    :param n: events already written.
    """
    n_matches, concept, match_first, match_last, sentence = matches
    bucket, first, last = events
    seen, _, _, pair_keys, pair_stamps = once
    names = lexicon[NAMES]
    for m in range(n_matches):
        if seen[concept[m]] != stamp:
            seen[concept[m]] = stamp
            bucket[n] = mix(CONCEPT_SEED ^ lexicon[names + concept[m]]) & bucket_mask
            first[n] = match_first[m]
            last[n] = match_last[m]
            n += 1
    group_ends[CONCEPTS] = n
    slot_mask = min(len(pair_keys), power_above(2 * PAIRS_A_CONCEPT * n_matches)) - 1
    left = pair_limit(n_words)
    for m in range(n_matches):
        written = 0
        for other in range(m + 1, n_matches):
            if sentence[match_first[other]] != sentence[match_first[m]] or match_first[other] - match_first[m] > PAIR_WINDOW:
                break
            if match_first[other] <= match_last[m] or concept[other] == concept[m]:
                continue
            key = concept[m] * lexicon[N_CONCEPTS] + concept[other]
            slot = mix(key) & slot_mask
            while pair_stamps[slot] == stamp and pair_keys[slot] != key:
                slot = (slot + 1) & slot_mask
            if pair_stamps[slot] != stamp and left > 0:
                pair_stamps[slot] = stamp
                pair_keys[slot] = key
                state = mix(((CONCEPT_PAIR_SEED ^ lexicon[names + concept[m]]) * PRIME) & MASK)
                bucket[n] = mix(((state ^ lexicon[names + concept[other]]) * PRIME) & MASK) & bucket_mask
                first[n] = match_first[m]
                last[n] = match_first[other]
                n += 1
                left -= 1
                written += 1
                if written == PAIRS_A_CONCEPT:
                    break
    return n


def extract_scopes(lexicon: Ints, matches: Matches, seen: Ints, stamp: int, bucket_mask: int, n: int, events: Events) -> int:
    """Write an event for each concept that a negation denies or a condition makes open, each once a paragraph."""
    n_matches, concept, match_first, match_last, sentence = matches
    bucket, first, last = events
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
                if distance > 0 and seen[place] != stamp and lexicon[lexicon[SCOPES] + concept[other]] == 0:
                    seen[place] = stamp
                    state = ((SCOPE_SEED ^ lexicon[lexicon[NAMES] + concept[other]]) * PRIME) & MASK
                    bucket[n] = mix((state + scope) & MASK) & bucket_mask
                    first[n] = min(match_first[m], match_first[other])
                    last[n] = max(match_first[m], match_first[other])
                    n += 1
                other += step
    return n


def bit_words(n_slots: int) -> int:
    """Return how many integers hold one bit for each slot."""
    return (n_slots >> WORD_BITS) + 1


def fills(lexicon: Ints, bits: int, width: int, concept: int, slot: int) -> bool:
    """Return whether a concept may stand in a slot of a pattern; ``bits`` and ``width`` are where the sets begin and how long each is."""
    bit = lexicon[bits + concept * width + (slot >> WORD_BITS)] >> (slot & ((1 << WORD_BITS) - 1)) & 1
    return bool(bit == 1)


def find_chain(lexicon: Ints, at: int, length: int, begin: int, end: int, matches: Matches) -> tuple[int, int]:
    """Find the slots ``PATTERN_CODE + at ...`` filled one after the other by the matches ``begin:end``.

    :return: the first matches of its beginning and its end, or -1 twice.
    """
    _, concept, match_first, match_last, _ = matches
    code, bits, width = lexicon[PATTERN_CODE] + at, lexicon[SLOT_BITS], bit_words(lexicon[N_SLOTS])
    for m in range(begin, end):
        if not fills(lexicon, bits, width, concept[m], lexicon[code]):
            continue
        previous = m
        done = 1
        for other in range(m + 1, end):
            if done == length or match_first[other] - match_first[m] > PATTERN_WINDOW:
                break
            if match_first[other] > match_last[previous] and fills(lexicon, bits, width, concept[other], lexicon[code + done]):
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


def extract_patterns(lexicon: Ints, matches: Matches, room: Room, stamp: int, bucket_mask: int, n: int) -> int:
    """Write an event for each pattern that a sentence fits, each once a paragraph.

    A pattern is looked at only where its anchor, the slot that the fewest concepts fill, is filled.
    """
    n_matches, concept, match_first, _, sentence = matches
    bucket, first, last = room[3]
    seen = room[4][2]
    marks, filled = room[5]
    ticks = room[8]
    code, anchors, ends_at, slots_at = lexicon[PATTERN_CODE], lexicon[ANCHOR_ENDS], lexicon[SLOT_ENDS], lexicon[SLOTS]
    begin = 0
    while begin < n_matches:
        end = begin
        ticks[0] += 1
        mark = ticks[0]
        n_filled = 0
        while end < n_matches and sentence[match_first[end]] == sentence[match_first[begin]]:
            slot_ends = ends_at + concept[end]
            for place in range(lexicon[slot_ends - 1], lexicon[slot_ends]):
                slot = lexicon[slots_at + place]
                if marks[slot] != mark:
                    marks[slot] = mark
                    filled[n_filled] = slot
                    n_filled += 1
            end += 1
        for k in range(n_filled):
            slot = filled[k]
            for pattern in range(lexicon[anchors + slot - 1], lexicon[anchors + slot]):
                if seen[pattern] == stamp:
                    continue
                ends = fit_pattern(lexicon, pattern, begin, end, marks, mark, matches)
                if ends[0] >= 0:
                    seen[pattern] = stamp
                    bucket[n] = lexicon[code + lexicon[lexicon[PATTERN_STARTS] + pattern] - 1] & bucket_mask
                    first[n] = match_first[ends[0]]
                    last[n] = match_first[ends[1]]
                    n += 1
        begin = end
    return n


def read_paragraph(
    codes: Ints,
    begin: int,
    end: int,
    tables: Tables,
    options: Ints,
    lexicon: Ints,
    known: Ints,
    model: Any,
    room: Room,
    cache: Cache,
    spell: int,
    remarks: Ints,
    at: int,
) -> int:
    """Work out the normalised paragraph ``codes[begin:end]`` in its room: words, their entries in the cache, and events.

    :param options: `narratives.features.extractor.FeatureSettings` as integers: pairs, shortest, longest, mask of buckets.
    :param lexicon: packed; a header of zeros stands for none.
    :param spell: 1 to write character n-grams as events; else they are only summed, in the cache.
    :param remarks: receives `N_REMARKS` numbers from ``at`` on.
    :return: the number of words; ``room[6]`` holds where each group of events ends.
    """
    words, breaks, found, events, once, _, group_ends, counts, ticks = room
    starts, stops, hashes, keys, entry, sentence, _ = words
    use_pairs, bucket_mask = options[0], options[3]
    n_words = tokenise(codes, begin, end, tables, starts, stops, hashes, keys)
    enter_words(codes, begin, n_words, room, cache, tables, options, lexicon, known, model)
    ticks[0] += 1
    cache[4][2] += 1
    stamp = ticks[0]
    n = extract_words(n_words, room, cache, cache[4][2], use_pairs, bucket_mask, remarks, at)
    if spell != 0 and options[2] > 0:
        for d in range(group_ends[WORDS]):
            w = events[1][d]
            spelt = spell_word(codes, begin + starts[w], begin + stops[w], tables[0], options, events[0], n)
            for e in range(n, spelt):
                events[1][e] = events[2][e] = w
            n = spelt
    group_ends[CHARACTERS] = n
    allowed = vote(n_words, entry, cache[1], counts)
    remarks[at + LANGUAGES] = allowed
    n_sentences = find_sentences(codes, begin, end, tables, breaks[0], breaks[1])
    breaks[2][0] = n_sentences
    current = 0
    for w in range(n_words):
        while current + 1 < n_sentences and breaks[0][current + 1] <= starts[w]:
            current += 1
        sentence[w] = current
    n_matches = match_concepts(lexicon, n_words, words, found, cache, allowed) if lexicon[N_TERMS] > 0 else 0
    matches = (n_matches, found[0], found[1], found[2], sentence)
    n = extract_concepts(lexicon, n_words, matches, once, stamp, bucket_mask, n, events, group_ends)
    n = extract_scopes(lexicon, matches, once[1], stamp, bucket_mask, n, events)
    group_ends[CONCEPT_PAIRS] = n
    group_ends[PATTERNS] = extract_patterns(lexicon, matches, room, stamp, bucket_mask, n)
    return n_words


def add_events_within(room: Room, begin: int, end: int, low: int, high: int, row_mask: int, rows: Floats, n_outputs: int, k: int) -> Any:
    """Return the sums of `add_rows` over the events ``begin:end`` that begin and end in the sentences ``low`` to ``high``."""
    bucket, first, last = room[3]
    sentence = room[0][5]
    a = b = c = d = 0.0
    for e in range(begin, end):
        if sentence[first[e]] < low or sentence[last[e]] > high:
            continue
        place = (bucket[e] & row_mask) * n_outputs + k
        a += rows[place]
        b += rows[place + 1]
        c += rows[place + 2]
        d += rows[place + 3]
    return a, b, c, d


def add_scores(room: Room, cache: Cache, scales: Floats, model: Any, groups: int, scores: Floats, at: int) -> None:
    """Add the weighted events of a paragraph that was read to ``scores[at:]``.

    :param scales: the value of an event of each group, ``(N_GROUPS,)``.
    :param model: weights ``(n_rows * n_outputs,)``, the outputs of one row side by side, and ``n_outputs``, a multiple of `BLOCK`;
        ``n_rows`` is a power of two, and a bucket's row is its remainder. The n-grams' sums stand in the cache.
    :param groups: bit mask of the groups that count.
    """
    weights, n_outputs = model
    bucket, distinct, group_ends = room[3][0], room[0][6], room[6]
    row_mask = len(weights) // n_outputs - 1
    begin = 0
    for group in range(N_GROUPS):
        if groups >> group & 1 == 1:
            for k in range(0, n_outputs, BLOCK):
                if group == CHARACTERS:
                    added = add_rows(distinct, 0, group_ends[WORDS], MASK, cache[2], n_outputs, k)
                else:
                    added = add_rows(bucket, begin, group_ends[group], row_mask, weights, n_outputs, k)
                for j in range(BLOCK):
                    scores[at + k + j] += scales[group] * added[j]
        begin = group_ends[group]


def find_carriers(room: Room, cache: Cache, scales: Floats, model: Any, sums: Floats, lows: Ints, highs: Ints) -> None:
    """Find which sentences carry each frame: the one whose features add up to most, and its neighbours.

    A feature counts in the sentence in which it stands first.

    :param sums: room for the outputs of every sentence.
    :param lows: receives the first of the sentences for each output, ``highs`` the last.
    """
    weights, n_outputs = model
    bucket, first, _ = room[3]
    sentence, distinct, group_ends, n = room[0][5], room[0][6], room[6], room[1][2][0]
    for place in range(n * n_outputs if n > 2 else 0):
        sums[place] = 0.0
    row_mask = len(weights) // n_outputs - 1
    begin = 0
    for group in range(N_GROUPS if n > 2 else 0):
        end = group_ends[WORDS] if group == CHARACTERS else group_ends[group]
        for e in range(0 if group == CHARACTERS else begin, end):
            to = sentence[first[e]] * n_outputs
            for k in range(n_outputs):
                if group == CHARACTERS:
                    sums[to + k] += scales[group] * cache[2][distinct[e] * n_outputs + k]
                else:
                    sums[to + k] += scales[group] * weights[(bucket[e] & row_mask) * n_outputs + k]
        begin = group_ends[group]
    for k in range(n_outputs):
        best = 0
        for s in range(1, n if n > 2 else 0):
            if sums[s * n_outputs + k] > sums[best * n_outputs + k]:
                best = s
        lows[k] = max(0, best - 1) if n > 2 else 0  # of two sentences each is the other's neighbour
        highs[k] = min(n - 1, best + 1) if n > 2 else max(0, n - 1)


def tell(room: Room, scales: Floats, whole: Any, carried: Any, low: int, high: int, told: Floats, at: int) -> None:
    """Write the sums of the details to ``told[at:]``: by the whole paragraph, and once more by the sentences ``low`` to ``high``.

    :param whole: weights of the details and how many, as ``model`` above; ``carried`` those of the second view.
    """
    group_ends = room[6]
    rows, n_details = whole
    again = carried[0]
    row_mask = len(rows) // n_details - 1
    begin = 0
    for group in range(N_GROUPS):
        end = group_ends[group]
        for k in range(0, n_details if DETAIL_GROUPS >> group & 1 == 1 else 0, BLOCK):
            added = add_rows(room[3][0], begin, end, row_mask, rows, n_details, k)
            more = add_events_within(room, begin, end, low, high, row_mask, again, n_details, k)
            for j in range(BLOCK):
                told[at + k + j] += scales[group] * (added[j] + more[j])
        begin = end


def extract_paragraph(
    codes: Ints, begin: int, end: int, tables: Tables, options: Ints, lexicon: Ints, model: Any
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """Return buckets, first words, last words, group ends, and the words' starts, ends and sentences of one paragraph.

    :param model: no weights and 0 outputs.
    """
    room = make_room(end - begin, lexicon, options, 1)
    cache = make_cache((end - begin) // 2 + 1, 0)
    n_words = read_paragraph(codes, begin, end, tables, options, lexicon, zeros(0), model, room, cache, 1, zeros(N_REMARKS), 0)
    n = room[6][PATTERNS]
    bucket, first, last = room[3]
    starts, stops, _, _, _, sentence, _ = room[0]
    return bucket[:n], first[:n], last[:n], room[6], starts[:n_words], stops[:n_words], sentence[:n_words]


def score_paragraphs(
    codes: Ints,
    begins: Ints,
    ends: Ints,
    tables: Tables,
    options: Ints,
    lexicon: Ints,
    known: Ints,
    scales: Floats,
    model: Any,
    groups: int,
    whole: Any,
    carried: Any,
    cuts: Floats,
    cache: Cache,
    scores: Floats,
    remarks: Ints,
    carriers: Ints,
    told: Floats,
) -> None:
    """Add the scores of the normalised paragraphs ``codes[begins[i]:ends[i]]`` to ``scores``, and say more of frames that reach their cut.

    :param cuts: ``(n_outputs,)``; from that score on it is told what carries the frame, and the details.
    :param scores: ``(n_paragraphs * n_outputs,)``.
    :param remarks: ``(n_paragraphs * N_REMARKS,)``.
    :param carriers: ``(n_paragraphs * n_outputs * N_PLACES,)``: of the sentences that carry a frame the first and the last, and where
        they start and end, counted from the paragraph's beginning.
    :param told: zeros, ``(n_paragraphs * n_outputs * n_details,)``.
    """
    n_outputs, n_details = model[1], whole[1]
    longest = 0
    for i in range(len(begins)):
        longest = max(longest, ends[i] - begins[i])
    room = make_room(longest, lexicon, options, 0)
    sums, lows, highs = float_zeros((longest // 2 + 1) * n_outputs), zeros(n_outputs), zeros(n_outputs)
    starts, stops, n_sentences = room[1]
    for i in range(len(begins)):
        read_paragraph(codes, begins[i], ends[i], tables, options, lexicon, known, model, room, cache, 0, remarks, i * N_REMARKS)
        at = i * n_outputs
        add_scores(room, cache, scales, model, groups, scores, at)
        found = 0
        for k in range(n_outputs):
            if scores[at + k] >= cuts[k]:
                if found == 0:
                    find_carriers(room, cache, scales, model, sums, lows, highs)
                    found = 1
                place = (at + k) * N_PLACES
                carriers[place], carriers[place + 1] = lows[k], highs[k]
                if n_sentences[0] > 0:
                    carriers[place + 2], carriers[place + 3] = starts[lows[k]], stops[highs[k]]
                tell(room, scales, whole, carried, lows[k], highs[k], told, (at + k) * n_details)

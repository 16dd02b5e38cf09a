"""Paragraphs as long as print has them, put together from the corpus' own sentences, so that words are as frequent as in the corpus."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from narratives.codebook import read_codebook
from narratives.features import split_sentences
from narratives.records import read_corpus
from narratives.text import normalise

ROOT = Path(__file__).resolve().parent.parent
MEAN = 637  # bytes of a paragraph of print


def paragraphs(n: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Give ``n`` paragraphs with their language."""
    by_language: dict[str, list[str]] = {}
    lengths = []
    for record in read_corpus([ROOT / "data" / "corpus"], read_codebook(ROOT / "data" / "codebook.toml")):
        form = normalise(record.text).text
        by_language.setdefault(record.lang, []).extend(form[start:end] for start, end in split_sentences(form))
        lengths.append(len(form.encode()))
    longer = MEAN / (sum(lengths) / len(lengths))
    rng = random.Random(seed)
    for _ in range(n):
        language = rng.choice(sorted(by_language))
        wanted = rng.choice(lengths) * longer
        chosen: list[str] = []
        while sum(len(sentence.encode()) for sentence in chosen) < wanted * 0.9:
            chosen.append(rng.choice(by_language[language]))
        yield language, " ".join(chosen)

"""What a model is compared with: another model, or a baseline by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from narratives.codebook import Codebook
from narratives.errors import InputError, did_you_mean
from narratives.evaluation.answers import (
    Answers,
    answers_of_constant,
    answers_of_cross_validation,
    answers_of_keywords,
    answers_of_model,
)
from narratives.evaluation.tfidf import Tfidf
from narratives.records import Record
from narratives.scorer import Model

PREFIX = "baseline:"
BASELINES = TFIDF, KEYWORDS, CONSTANT = "tfidf", "keywords", "constant"


def baseline_of(against: str) -> str | None:
    """Return the baseline that ``baseline:NAME`` names, None where a model is meant.

    :raises InputError: when there is no such baseline.
    """
    if not against.startswith(PREFIX):
        return None
    name = against.removeprefix(PREFIX)
    if name not in BASELINES:
        raise InputError(f"--against {against!r}: no such baseline{did_you_mean(name, BASELINES)} Known: {', '.join(BASELINES)}")
    return name


def answers_of_opponent(
    opponent: Model | Tfidf | str, model: Model, records: Sequence[Record], out_of_fold: bool = False, jobs: int = 1
) -> Answers:
    """Let a model or a baseline answer the records that the evaluated model answered.

    :param opponent: a model, the baseline that learns, or the name of one that does not.
    :param out_of_fold: whether the records are the corpus itself, on which nothing may answer what it has seen.
    """
    if isinstance(opponent, Model):
        known = [_known(record, opponent.codebook) for record in records]
        return answers_of_cross_validation(opponent, known, jobs) if out_of_fold else answers_of_model(opponent, known)
    if isinstance(opponent, Tfidf):
        return opponent.out_of_fold() if out_of_fold else opponent.answers(records)
    return {CONSTANT: answers_of_constant, KEYWORDS: answers_of_keywords}[opponent](records, model.codebook)


def _known(record: Record, codebook: Codebook) -> Record:
    """Return the record with the labels that an older or newer codebook knows."""
    labels = tuple(
        replace(
            label,
            subframe=label.subframe if label.subframe in codebook.frame(label.frame).subframe_ids else None,
            voice=label.voice if label.voice in codebook.voice_ids else None,
        )
        for label in record.labels
        if label.frame in codebook.frame_ids
    )
    return record if labels == record.labels else replace(record, labels=labels)

"""What a model is compared with: another model, or a baseline by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from narratives.evaluation.baselines import answers_of_tfidf
from narratives.records import Record
from narratives.scorer import Model

PREFIX = "baseline:"
BASELINES = ("tfidf", "keywords", "constant")


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
    opponent: Model | str, model: Model, records: Sequence[Record], corpus: Callable[[], Sequence[Record]] | None, jobs: int = 1
) -> Answers:
    """Let a model or a baseline answer the records that the evaluated model answered.

    :param opponent: a model, or the name of a baseline.
    :param corpus: gives what a baseline that learns is trained on; None where the records are the corpus itself, which is then
        answered out of fold.
    """
    if isinstance(opponent, Model):
        known = [_known(record, opponent.codebook) for record in records]
        return answers_of_cross_validation(opponent, known, jobs) if corpus is None else answers_of_model(opponent, known)
    if opponent == "constant":
        return answers_of_constant(records, model.codebook)
    if opponent == "keywords":
        return answers_of_keywords(records, model.codebook)
    prevalence = model.bundle.facts.get("prevalence")
    return answers_of_tfidf(records, model.codebook, records if corpus is None else corpus(), prevalence, jobs)


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

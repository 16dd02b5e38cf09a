"""Answers to labelled records, from whatever gave them: a model, cross-validation, a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from narratives import frames
from narratives.codebook import Codebook
from narratives.errors import InputError
from narratives.frames import Learner
from narratives.heads import VOICE
from narratives.records import Record
from narratives.scorer import Model
from narratives.training import Training, TrainingSettings


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered and what is true, for the same records in the same order.

    :param probabilities: ``(n, n_frames)``, or any score that ranks.
    :param present: ``(n, n_frames)``.
    :param truth: ``(n, n_frames)``.
    :param choices: for each head (the voice, the sub-frames of a frame) and frame the first guess for each record, or None.
    """

    records: tuple[Record, ...]
    frame_ids: tuple[str, ...]
    probabilities: NDArray[np.float64]
    present: NDArray[np.bool_]
    truth: NDArray[np.bool_]
    choices: Mapping[tuple[str, str], Sequence[str | None]] = field(default_factory=dict)

    @property
    def groups(self) -> list[str]:
        """The group of each record: twins together."""
        return [record.group for record in self.records]


def answers_of_model(model: Model, records: Sequence[Record]) -> Answers:
    """Let a model read labelled records."""
    texts = [record.text for record in records]
    probabilities, present = model.decisions(texts)
    voices, subframes = model.choices(texts)
    choices = {}
    for head in model.bundle.heads:
        for k, frame in enumerate(model.codebook.frame_ids):
            chances = voices[:, k] if head.name == VOICE and voices is not None else subframes[frame] if head.name == frame else None
            if chances is not None:
                choices[head.name, frame] = [head.classes[best] for best in chances.argmax(axis=1).tolist()]
    return answers_from(records, model.codebook, probabilities, present, choices)


def answers_of_cross_validation(model: Model, records: Sequence[Record], jobs: int = 1) -> Answers:
    """Retrain the model's learner on the other folds, for each record; thresholds too.

    :raises InputError: when the model does not say how it was trained.
    """
    facts = model.bundle.facts
    if "own" in facts:
        raise InputError(f"model {model.version} was adapted to own paragraphs, which are not at hand; give labelled files with --data")
    try:
        learner = Learner(**facts["learner"])
        settings = TrainingSettings(
            features=model.bundle.settings,
            lexicon=model.bundle.lexicon,
            encoder=model.encoder,
            prevalence=facts["prevalence"],
            seed=facts["seed"],
            jobs=jobs,
        )
    except (KeyError, TypeError) as error:
        raise InputError(
            f"model {model.version} does not say how it was trained ({error}); give labelled files with --data instead"
        ) from error
    training = Training(records, model.codebook, settings)
    answers = training.out_of_fold(learner)
    choices: dict[tuple[str, str], list[str | None]] = {}
    for examples, learnt in zip(training.examples(), training.heads(training.frame_weights(learner)[0]), strict=True):
        for row, frame, probabilities in zip(examples.rows, examples.frames, learnt.probabilities, strict=True):
            guesses = choices.setdefault((examples.name, model.codebook.frame_ids[frame]), [None] * len(records))
            guesses[row] = examples.classes[int(np.argmax(probabilities))]
    return answers_from(records, model.codebook, answers.probabilities, answers.present, choices)


def answers_of_constant(records: Sequence[Record], codebook: Codebook) -> Answers:
    """Say that every frame is always present: the F1 that a coin with two heads gets."""
    shape = (len(records), len(codebook.frame_ids))
    return answers_from(records, codebook, np.ones(shape), np.ones(shape, dtype=bool))


def answers_of_keywords(records: Sequence[Record], codebook: Codebook) -> Answers:
    """Say that a frame is present where one of the codebook's keywords stands in the text."""
    found = np.zeros((len(records), len(codebook.frame_ids)))
    for i, record in enumerate(records):
        text = record.text.casefold()
        for k, frame in enumerate(codebook.frames):
            found[i, k] = sum(keyword.casefold() in text for keyword in frame.keywords)
    return answers_from(records, codebook, found, found > 0)


def answers_of_second_reader(records: Sequence[Record], codebook: Codebook) -> Answers:
    """Take what the second reader saw as answers to what the first saw, in the records that were read twice."""
    twice = [record for record in records if record.second is not None]
    seen = frames.targets([frozenset(label.frame for label in record.second or ()) for record in twice], codebook.frame_ids)
    return answers_from(twice, codebook, seen.astype(float), seen)


def answers_from(
    records: Sequence[Record],
    codebook: Codebook,
    probabilities: NDArray[np.float64],
    present: NDArray[np.bool_],
    choices: Mapping[tuple[str, str], Sequence[str | None]] | None = None,
) -> Answers:
    """Put answers beside what is true; arrays as in `Answers`."""
    truth = frames.targets([record.frames for record in records], codebook.frame_ids)
    return Answers(tuple(records), codebook.frame_ids, probabilities, present, truth, choices or {})

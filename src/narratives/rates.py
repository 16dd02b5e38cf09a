"""What a model's answers are worth, counted on labelled paragraphs: out of fold when it is trained, or on a user's own file.

A model keeps the counts of each of its calibrations in its manifest, under ``error_rates``, since another threshold has other rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.bundle import Bundle
from narratives.calibrate import decide, nearest_prevalence
from narratives.codebook import Codebook
from narratives.columns import details
from narratives.errors import InputError
from narratives.features import ALWAYS, Engine, of_normalised
from narratives.heads import VOICE, Learnt
from narratives.quantify import Rates, count
from narratives.records import Record

FACT = "error_rates"
OWN = "own"  # of the calibration that the model uses unless told otherwise


def out_of_fold(bundle: Bundle, learnt: Sequence[Learnt], records: Sequence[Record], texts: Sequence[str], scores: Any) -> dict[str, Any]:
    """Return the rates of each frame at each calibration that a new model keeps, as plain data.

    Presence is judged by scores from folds that did not see the paragraph. So is the voice where a paragraph has the frame; the
    voice of a false alarm is told by the finished head, which never learnt that frame from that paragraph.

    :param bundle: the model, but for these rates.
    :param texts: the records' texts, normalised.
    :param scores: raw out-of-fold scores of the last of the records, ``(n, n_frames)``.
    """
    first = len(records) - len(scores)
    records, texts = records[first:], texts[first:]
    kept = {OWN: bundle.calibrations} | {f"{share:g}": calibrations for share, calibrations in bundle.at_prevalence.items()}
    present = {name: decide(scores, calibrations)[1] for name, calibrations in kept.items()}
    ever = np.any(list(present.values()), axis=0)
    engine = Engine(bundle.settings, bundle.lexicon, bundle.weights, bundle.details)
    scored = engine.score(of_normalised(texts), cuts=[ALWAYS] * ever.shape[1])
    voices, _ = details(bundle, scored, ever)
    guesses = None if voices is None else voices.argmax(axis=2)
    for part in learnt:
        if guesses is not None and part.head.name == VOICE:
            ours = part.examples.rows >= first
            at = part.examples.rows[ours] - first, part.examples.frames[ours]
            guesses[at] = part.probabilities[ours].argmax(axis=1)
    return {
        name: {frame: rates.to_dict() for frame, rates in counted(records, bundle.codebook, said, guesses).items()}
        for name, said in present.items()
    }


def counted(
    records: Sequence[Record], codebook: Codebook, present: NDArray[np.bool_], guesses: NDArray[np.int64] | None
) -> dict[str, Rates]:
    """Count how labelled paragraphs were answered, by frame.

    :param present: answers, ``(n, n_frames)``.
    :param guesses: number of the voice that is told of each, ``(n, n_frames)``; those of absent frames do not count. None where no
        voices are told.
    """
    n_voices = 0 if guesses is None else len(codebook.voice_ids)
    groups = [record.group for record in records]
    found = {}
    for k, frame in enumerate(codebook.frame_ids):
        truth = np.array([frame in record.frames for record in records], bool)
        voices = np.array([_voice(record, frame, codebook) if n_voices else -1 for record in records], np.int64)
        said = present[:, k] * (1 if guesses is None else 1 + guesses[:, k])
        found[frame] = count(truth, said, voices, n_voices, groups)
    return found


def _voice(record: Record, frame: str, codebook: Codebook) -> int:
    stated = next((label.voice for label in record.labels if label.frame == frame and label.voice), None)
    return -1 if stated is None else codebook.voice_ids.index(stated)


def tells_voices(bundle: Bundle) -> bool:
    """Whether the model tells voices: the codebook has some and the corpus had two of them."""
    return any(head.name == VOICE for head in bundle.heads)


def kept(bundle: Bundle, prevalence: float | None = None) -> dict[str, Rates]:
    """Return the rates that a model keeps of itself, by frame.

    :param prevalence: that it was told to expect when it scored; None for its own.
    :raises InputError: when it keeps none.
    """
    told = bundle.facts.get(FACT)
    if told is None:
        raise InputError(
            f"model {bundle.version} keeps no error rates: it was trained before models did. Train it anew (python train.py), or give "
            "labelled paragraphs of the kind that is counted with --rates"
        )
    name = OWN if prevalence is None else f"{nearest_prevalence(prevalence, bundle.at_prevalence):g}"
    n_voices = len(bundle.codebook.voice_ids) if tells_voices(bundle) else 0
    try:
        return {frame: Rates.from_dict(told[name][frame], n_voices) for frame in bundle.codebook.frame_ids}
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InputError(
            f"model {bundle.version}: its error rates cannot be used ({type(error).__name__}: {error}); train it anew"
        ) from error

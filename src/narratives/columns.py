"""What a model says of many paragraphs, in columns: one array a question, rows in the texts' order.

The one place where scores become answers; readings of single paragraphs and tables in bulk are both made from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narratives import doubt
from narratives.bundle import Bundle
from narratives.calibrate import Calibration, decide
from narratives.features import ALWAYS, Engine, Forms, Scored, kernel
from narratives.heads import VOICE
from narratives.language import UNDETERMINED

MARGIN = 1e-6  # far above rounding, far below what a word adds


@dataclass(frozen=True, slots=True)
class Columns:
    """Answers to ``n`` paragraphs, frames in the codebook's order.

    :param scores: raw scores, ``(n, n_frames)``.
    :param probabilities: calibrated, ``(n, n_frames)``.
    :param present: ``(n, n_frames)``.
    :param uncertain: ``(n, n_frames)``.
    :param carriers: what carries the frames that are present, see `narratives.features.Scored`, ``(n, n_frames, 4)``.
    :param voices: probabilities of the voices of each frame, ``(n, n_frames, n_voices)``, NaN where the frame is not present; None
        where the model tells no voices.
    :param subframes: by frame, probabilities of its sub-frames, ``(n, n_subframes)``, likewise.
    :param languages: codes by the vote of the paragraph's small words, ``und`` where they do not tell.
    :param doubts: bit ``i`` stands for reason ``i`` of `narratives.doubt.REASONS`, ``(n,)``.
    :param words: how many words each has, ``(n,)``.
    :param distinct: how many different ones, ``(n,)``.
    :param known: how many of the different ones the corpus had, ``(n,)``.
    """

    scores: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    present: NDArray[np.bool_]
    uncertain: NDArray[np.bool_]
    carriers: NDArray[np.int64]
    voices: NDArray[np.float64] | None
    subframes: Mapping[str, NDArray[np.float64]]
    languages: NDArray[np.str_]
    doubts: NDArray[np.int64]
    words: NDArray[np.int64]
    distinct: NDArray[np.int64]
    known: NDArray[np.int64]

    def reasons(self, row: int) -> tuple[str, ...]:
        """Return the reasons why an answer of a row may be uncertain."""
        return tuple(reason for i, reason in enumerate(doubt.REASONS) if self.doubts[row] >> i & 1)


def answer(
    bundle: Bundle,
    engine: Engine,
    forms: Forms,
    calibrations: Sequence[Calibration],
    bands: Sequence[doubt.Band],
    dense: NDArray[np.float64] | None = None,
    given: tuple[str, ...] = (),
) -> Columns:
    """Answer many paragraphs.

    :param calibrations: one a frame, at the prevalence that is expected.
    :param bands: one a frame, at the certainty that is wanted.
    :param dense: what an encoder adds to the scores, ``(n, n_frames)``.
    :param given: reasons to doubt that hold for all.
    """
    add = np.array(bundle.biases) if dense is None else dense + np.array(bundle.biases)
    # Whatever is present must be told of, so the cut lies a hair below the threshold; with an encoder it is not known beforehand.
    cuts = [ALWAYS if dense is not None else cut(c) - bias for c, bias in zip(calibrations, bundle.biases, strict=True)]
    scored = engine.score(forms, cuts=cuts)
    scores = scored.scores + add
    probabilities, present = decide(scores, calibrations)
    reasons = np.full(len(forms), doubt.bits(given), np.int64)
    words, distinct, known = (scored.remarks[:, k] for k in (kernel.ALL_WORDS, kernel.DISTINCT_WORDS, kernel.KNOWN_WORDS))
    reasons |= bundle.novelty.far(distinct, known) * doubt.bits((doubt.FAR,))
    reasons |= (words < doubt.FEWEST_WORDS) * doubt.bits((doubt.TOO_SHORT,))
    between = np.stack([band.uncertain(probabilities[:, k]) for k, band in enumerate(bands)], axis=1)
    uncertain = between | (reasons != 0)[:, None]
    reasons |= between.any(axis=1) * doubt.bits((doubt.NEAR_THRESHOLD,))
    voices, subframes = details(bundle, scored, present)
    languages = _languages(scored.remarks[:, kernel.LANGUAGES], bundle.lexicon.languages)
    counts = words, distinct, known
    return Columns(scores, probabilities, present, uncertain, scored.carriers, voices, subframes, languages, reasons, *counts)


def details(bundle: Bundle, scored: Scored, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.float64] | None, dict[str, NDArray[np.float64]]]:
    """Return voices and sub-frames as in `Columns`, of the frames wanted, ``(n, n_frames)``, which must have reached their cuts."""
    at = np.nonzero(wanted)
    heads = {head.name: head for head in bundle.heads}
    voices = None
    if VOICE in heads:
        voices = np.full((*wanted.shape, len(heads[VOICE].classes)), np.nan)
        voices[at] = heads[VOICE].probabilities(scored.told[at][:, heads[VOICE].columns])
    subframes = {}
    for k, frame in enumerate(bundle.codebook.frame_ids):
        if frame in heads:
            head = heads[frame]
            rows = np.flatnonzero(wanted[:, k])
            subframes[frame] = np.full((len(wanted), len(head.classes)), np.nan)
            subframes[frame][rows] = head.probabilities(scored.told[rows, k][:, head.columns])
    return voices, subframes


def cut(calibration: Calibration) -> float:
    """Return a score just below which no probability reaches the threshold."""
    if calibration.slope <= 0 or not 0 < calibration.threshold < 1:
        return ALWAYS
    logit = math.log(calibration.threshold / (1 - calibration.threshold))
    return (logit - calibration.offset) / calibration.slope - MARGIN


def _languages(masks: NDArray[np.int64], codes: Sequence[str]) -> NDArray[np.str_]:
    """Return the code of each mask that has one bit, ``und`` for any other."""
    found = np.full(len(masks), UNDETERMINED, dtype=f"<U{max(map(len, (UNDETERMINED, *codes)))}")
    for bit, code in enumerate(codes):
        found[masks == 1 << bit] = code
    return found

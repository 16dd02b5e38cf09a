"""Counting the answers of scored rows by period and group, in one pass and in memory that grows with cells and articles alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from narratives.errors import InputError, did_you_mean
from narratives.quantify import design_effect
from narratives.scorer import Model
from narratives.trends.periods import start_of

Cell = tuple[date | None, tuple[str, ...]]
ROUNDED = 2e-6  # tables hold probabilities to six digits
YES, NO = ("1", "true", "True"), ("0", "false", "False")


class UnusableError(ValueError):
    """A row that cannot be counted; says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to count.

    :param by: fields that make groups.
    :param every: length of a period, one of `narratives.trends.periods.EVERY`, or None for all time together.
    :param date: field that holds the date.
    :param article: field by which paragraphs hang together, or None.
    """

    by: tuple[str, ...] = ()
    every: str | None = None
    date: str = "date"
    article: str | None = None


@dataclass(slots=True)
class Tally:
    """Counts of answers; `add` rows, then read.

    :param cells: for each cell paragraphs by frame and answer, ``(n_frames, n_answers)``, 0 for absent, then the voices.
    :param articles: for each cell and article its paragraphs, then those with each frame.
    """

    model: Model
    wanted: Wanted
    voices: Sequence[str]
    cells: dict[Cell, Any] = field(default_factory=dict)
    articles: dict[tuple[Cell, str], list[int]] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count one row of a scored table.

        :raises UnusableError: when it lacks something; nothing is counted then.
        :raises InputError: when it was scored by another model or at another prevalence.
        """
        start = None
        if self.wanted.every is not None:
            told = _given(row, self.wanted.date, "--date")
            try:
                start = start_of(told, self.wanted.every)
            except ValueError as error:
                raise UnusableError(f"field {self.wanted.date!r}: {error}") from None
        cell = start, tuple(str(_given(row, name, "--by")) for name in self.wanted.by)
        article = None if self.wanted.article is None else str(_given(row, self.wanted.article, "--article"))
        answers = [self._answer(row, k, frame) for k, frame in enumerate(self.model.codebook.frame_ids)]
        if cell not in self.cells:
            self.cells[cell] = np.zeros((len(answers), 1 + max(1, len(self.voices))), np.int64)
        counts = self.cells[cell]
        for k, answer in enumerate(answers):
            counts[k, answer] += 1
        if article is not None:
            hits = self.articles.setdefault((cell, article), [0] * (1 + len(answers)))
            hits[0] += 1
            for k, answer in enumerate(answers, start=1):
                hits[k] += answer > 0

    def _answer(self, row: Mapping[str, Any], k: int, frame: str) -> int:
        """Return 0 where a frame is absent, else 1 and the number of its voice."""
        nested = row.get("frames")
        told: Any
        if isinstance(nested, Mapping):
            told = nested.get(frame)
            told = told if isinstance(told, Mapping) else {}
        else:
            told = {key: row.get(f"{frame}_{key}") for key in ("present", "probability", "voice")}
        present, voice = told.get("present"), told.get("voice")
        if present is None:
            raise UnusableError(f"says nothing of {frame}; wanted a row that `narratives score` wrote with model {self.model.version}")
        is_present = _boolean(present, frame)
        self._check(is_present, told, k, frame)
        if not is_present:
            return 0
        if not self.voices:
            return 1
        first = max(voice, key=lambda name: voice[name]) if isinstance(voice, Mapping) and voice else voice
        if first not in self.voices:
            raise UnusableError(f"the voice of {frame} is {first!r}, which model {self.model.version} does not tell")
        return 1 + self.voices.index(first)

    def _check(self, present: bool, told: Mapping[str, Any], k: int, frame: str) -> None:
        """Hold an answer against the model's threshold, since rates are those of one threshold.

        JSON lines tell the threshold that they were scored with; in other tables a row between two thresholds gives it away.
        """
        threshold = self.model.calibrations[k].threshold
        try:
            probability, of_row = float(told["probability"]), float(told.get("threshold", threshold))
        except (KeyError, TypeError, ValueError):
            raise UnusableError(f"the probability of {frame} is {told.get('probability')!r}, wanted a number") from None
        contradicts = abs(probability - threshold) > ROUNDED and (probability > threshold) is not present
        if contradicts or abs(of_row - threshold) > ROUNDED:
            raise InputError(
                f"{frame} is {'present' if present else 'absent'} at {probability:g}, and model {self.model.version} sets its threshold to "
                f"{threshold:g}: the table was scored by another model or with another --prevalence; name it with --model or --prevalence"
            )

    def effect(self, k: int) -> float:
        """Return the design effect of articles on the share of a frame, over all cells."""
        if not self.articles:
            return 1.0
        number = {cell: i for i, cell in enumerate(self.cells)}
        cells = np.array([number[cell] for cell, _ in self.articles], np.int64)
        hits = np.array(list(self.articles.values()), np.int64)
        return design_effect(hits[:, 1 + k], hits[:, 0], cells)


def _given(row: Mapping[str, Any], name: str, option: str) -> Any:
    value = row.get(name)
    if value is None or value == "":
        hint = "is empty" if name in row else f"is missing{did_you_mean(name, list(row))}"
        raise UnusableError(f"field {name!r} {hint} (chosen with {option})")
    return value


def _boolean(value: Any, frame: str) -> bool:
    if isinstance(value, bool):
        return value
    if str(value) in YES:
        return True
    if str(value) in NO:
        return False
    raise UnusableError(f"presence of {frame} is {value!r}, wanted 1 or 0")

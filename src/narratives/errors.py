"""Every error that this package raises on purpose, so that a caller can catch one base class.

A message says where it happened, what came, what was wanted and what to do about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any


class NarrativesError(Exception):
    """Base of all errors raised on purpose; the command line prints its text and exits with 2."""


class InputError(NarrativesError):
    """A text, a file or an option that cannot be used as it stands."""


class DataError(NarrativesError):
    """A labelled file with faults; all of them are listed, not the first only.

    :param source: the file that was read.
    :param faults: one line a fault, each beginning with ``file:line:``.
    """

    shown = 30

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        """Keep all faults; the message shows the first thirty and counts the rest."""
        self.source = source
        self.faults = tuple(faults)
        lines = [f"{source}: {len(self.faults)} fault(s)", *self.faults[: self.shown]]
        if len(self.faults) > self.shown:
            lines.append(f"... and {len(self.faults) - self.shown} more")
        super().__init__("\n".join(lines))


class CodebookError(DataError):
    """A codebook file that breaks its own rules."""


class ModelError(NarrativesError):
    """A model folder that cannot be used."""


class ModelNotFoundError(ModelError):
    """No model of that version or at that path."""


class ModelDamagedError(ModelError):
    """A part of the model is missing, altered or truncated."""


class ModelFormatError(ModelError):
    """The model was written in a format that this version cannot read."""


class ModelSignatureError(ModelError):
    """The model is not signed, or not by that key."""


class ModelUnjudgedError(ModelError):
    """There is no report of this very model that its gates could be held against."""


class ModelExistsError(ModelError):
    """A model of that version is already there; models are never overwritten."""


def did_you_mean(word: object, known: Sequence[str]) -> str:
    """Return ``"; did you mean 'x'?"`` with the closest known word, or an empty string."""
    close = get_close_matches(str(word), known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def short(value: Any) -> str:
    """Return a value as a message quotes it: on one line, cut at sixty characters, ``missing`` for None."""
    shown = "missing" if value is None else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."

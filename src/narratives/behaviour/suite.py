"""Behaviour tests as they are run: cases, and changes with what must come of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from narratives.behaviour.changes import Change

TWINS = "twins"
LOWER, HIGHER = "lower", "higher"
FAILURE_RATE, F1_LOSS = "failure_rate", "f1_loss"


@dataclass(frozen=True, slots=True)
class Case:
    """A short text and what must be said of it.

    :param capability: what it tests; cases of one capability are counted together.
    :param present: frames that must be present.
    :param absent: frames that must not be.
    :param voices: the voice that a present frame must have.
    """

    where: str
    capability: str
    lang: str
    text: str
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    voices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Test:
    """A change of paragraphs, and what must come of it.

    An invariance has no ``expect``: no frame may appear or go. A direction says which way a probability must move: that of
    ``frame`` on paragraphs labelled with it (of any labelled frame where None), or, with ``voice``, that the frame has this voice
    on paragraphs labelled so.

    :param goal: figures with the most that is hoped for; shown, not demanded.
    :param sentences: paragraphs of more sentences are left alone.
    """

    __test__ = False  # not for pytest

    id: str
    title: str
    kind: str
    change: Change
    goal: Mapping[str, float]
    expect: str | None = None
    frame: str | None = None
    voice: str | None = None
    sentences: int | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """All behaviour tests of a folder; ``left_out`` names files that are for another codebook."""

    cases: tuple[Case, ...]
    tests: tuple[Test, ...]
    left_out: tuple[str, ...] = ()

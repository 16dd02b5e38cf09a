"""What scoring gives back: small frozen results that turn into plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from narratives.language import Language


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the text that came in, and what it added to the raw score (negative: took away)."""

    start: int
    end: int
    text: str
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"start": self.start, "end": self.end, "text": self.text, "weight": round(self.weight, 6)}


@dataclass(frozen=True, slots=True)
class FrameReading:
    """One frame in one paragraph.

    :param score: the raw score; bias plus the weights of the evidence.
    :param probability: calibrated, 0 to 1. The frames of a paragraph need not sum to one.
    :param threshold: the frame is present where the probability reaches it.
    :param evidence: every word with its weight, in the text's order; None where it was not asked for.
    """

    frame: str
    score: float
    bias: float
    probability: float
    threshold: float
    present: bool
    evidence: tuple[Evidence, ...] | None = None

    def strongest(self, n: int = 8, share: float = 0.02) -> tuple[Evidence, ...]:
        """Return the spans that spoke most for the frame, strongest first.

        :param n: at most so many.
        :param share: leave out what gave less than this share of all that spoke for it.
        """
        positive = sorted((e for e in self.evidence or () if e.weight > 0), key=lambda e: (-e.weight, e.start))
        total = sum(e.weight for e in positive)
        return tuple(e for e in positive[:n] if e.weight >= share * total)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; evidence is left out where it was not asked for."""
        content: dict[str, Any] = {
            "present": self.present,
            "probability": round(self.probability, 6),
            "threshold": self.threshold,
            "score": self.score,
            "bias": self.bias,
        }
        if self.evidence is not None:
            content["evidence"] = [evidence.to_dict() for evidence in self.evidence]
        return content


@dataclass(frozen=True, slots=True)
class Reading:
    """All frames of one paragraph, by frame id in the codebook's order."""

    text: str
    frames: Mapping[str, FrameReading]

    @property
    def present(self) -> tuple[str, ...]:
        """Ids of the frames that are present."""
        return tuple(frame for frame, reading in self.frames.items() if reading.present)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"text": self.text, "present": list(self.present), "frames": {k: v.to_dict() for k, v in self.frames.items()}}


@dataclass(frozen=True, slots=True)
class ParagraphReading:
    """A paragraph of an article: where it stands (``article[start:end]``), what kind it is, and its reading."""

    start: int
    end: int
    kind: str
    reading: Reading

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"start": self.start, "end": self.end, "kind": self.kind, **self.reading.to_dict()}


@dataclass(frozen=True, slots=True)
class Article:
    """An article: its language, told once over the whole text, and its paragraphs in order."""

    language: Language
    supported: bool
    paragraphs: tuple[ParagraphReading, ...]

    def __iter__(self) -> Iterator[ParagraphReading]:
        """Go through the paragraphs."""
        return iter(self.paragraphs)

    def __len__(self) -> int:
        """Return the number of paragraphs."""
        return len(self.paragraphs)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        language = self.language.to_dict() | {"supported": self.supported}
        return {"language": language, "paragraphs": [paragraph.to_dict() for paragraph in self.paragraphs]}

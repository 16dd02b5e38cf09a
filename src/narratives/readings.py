"""What scoring gives back: small frozen results that turn into plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from narratives.language import UNDETERMINED, Language


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
class ConceptEvidence:
    """A concept of the lexicon, a pair or a pattern of concepts, the words that matched, and what it added to the raw score.

    :param kind: ``concept``, ``pair``, ``negated``, ``conditional`` or ``pattern``.
    :param name: the concept's or pattern's name; a pair is ``one > other``.
    """

    kind: str
    name: str
    start: int
    end: int
    text: str
    weight: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "weight": round(self.weight, 6)}


Piece = TypeVar("Piece", Evidence, ConceptEvidence)


def _strongest(evidence: tuple[Piece, ...] | None, n: int, share: float) -> tuple[Piece, ...]:
    positive = sorted((piece for piece in evidence or () if piece.weight > 0), key=lambda piece: (-piece.weight, piece.start))
    total = sum(piece.weight for piece in positive)
    return tuple(piece for piece in positive[:n] if piece.weight >= share * total)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice among few, such as the voice of a frame or its sub-frame.

    :param ranked: ids with their probabilities, likeliest first; they sum to one.
    :param evidence: what each word added to the first, in the text's order; None where it was not asked for.
    """

    ranked: tuple[tuple[str, float], ...]
    evidence: tuple[Evidence, ...] | None = None

    @property
    def first(self) -> str:
        """The likeliest."""
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        """Probability of the likeliest."""
        return self.ranked[0][1]

    def strongest(self, n: int = 5) -> tuple[Evidence, ...]:
        """Return the spans that spoke most for the likeliest, strongest first."""
        return _strongest(self.evidence, n, 0.02)

    def to_dict(self) -> dict[str, float]:
        """Return plain data: id and probability, likeliest first."""
        return {name: round(probability, 6) for name, probability in self.ranked}


@dataclass(frozen=True, slots=True)
class FrameReading:
    """One frame in one paragraph.

    :param score: the raw score; bias plus the weights of the evidence, plus what an encoder added where the model has one, which
        no word can be given.
    :param probability: calibrated, 0 to 1. The frames of a paragraph need not sum to one.
    :param threshold: the frame is present where the probability reaches it.
    :param uncertain: whether the answer falls short of the level of certainty that was asked for; `Reading.doubts` says why.
    :param evidence: every word with its weight, in the text's order; None where it was not asked for.
    :param voice: whether the text advances the idea, reports or contests it; only where the frame is present.
    :param subframe: how the idea is conveyed; only where the frame is present.
    :param concepts: what concepts, their pairs and patterns added, strongest for the frame first; None where not asked for. Their
        weights are part of the words' weights, not more.
    """

    frame: str
    score: float
    bias: float
    probability: float
    threshold: float
    present: bool
    uncertain: bool = False
    evidence: tuple[Evidence, ...] | None = None
    voice: Choice | None = None
    subframe: Choice | None = None
    concepts: tuple[ConceptEvidence, ...] | None = None

    def strongest(self, n: int = 8, share: float = 0.02) -> tuple[Evidence, ...]:
        """Return the spans that spoke most for the frame, strongest first.

        :param n: at most so many.
        :param share: leave out what gave less than this share of all that spoke for it.
        """
        return _strongest(self.evidence, n, share)

    def strongest_concepts(self, n: int = 6, share: float = 0.02) -> tuple[ConceptEvidence, ...]:
        """Return the concepts, pairs and patterns that spoke most for the frame, strongest first; parameters as for `strongest`."""
        return _strongest(self.concepts, n, share)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; evidence is left out where it was not asked for."""
        content: dict[str, Any] = {
            "present": self.present,
            "uncertain": self.uncertain,
            "probability": round(self.probability, 6),
            "threshold": self.threshold,
            "score": self.score,
            "bias": self.bias,
        }
        for name, choice in (("voice", self.voice), ("subframe", self.subframe)):
            if choice is not None:
                content[name] = choice.to_dict()
        if self.evidence is not None:
            content["evidence"] = [evidence.to_dict() for evidence in self.evidence]
        if self.concepts is not None:
            content["concepts"] = [concept.to_dict() for concept in self.concepts]
        return content


@dataclass(frozen=True, slots=True)
class Reading:
    """All frames of one paragraph, by frame id in the codebook's order.

    :param doubts: reasons why an answer may be uncertain.
    :param language: told by the paragraph's own small words, ``und`` where they do not tell; `Article` knows better.
    """

    text: str
    frames: Mapping[str, FrameReading]
    doubts: tuple[str, ...] = ()
    language: str = UNDETERMINED

    @property
    def present(self) -> tuple[str, ...]:
        """Ids of the frames that are present."""
        return tuple(frame for frame, reading in self.frames.items() if reading.present)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "text": self.text,
            "language": self.language,
            "present": list(self.present),
            "doubts": list(self.doubts),
            "frames": {k: v.to_dict() for k, v in self.frames.items()},
        }


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

"""Counts of a corpus, and the floors that they are held against."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

from narratives.codebook import Codebook
from narratives.errors import InputError, did_you_mean
from narratives.records import Record

SHORT = 20  # words of a headline or a caption at most
SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Floors:
    """What a corpus must hold at least; read from a TOML file, so that every project sets its own.

    :param paragraphs: paragraphs in each language.
    :param subframe: times each sub-frame is given in each language.
    :param register: times each register occurs in each language.
    :param rare_register: the same for the registers named in ``rare``.
    :param voice: times each voice is given to each frame over all languages.
    :param without_frame: share of paragraphs without a frame in each language.
    :param pairs: pairs of twins in each language.
    :param short: share of paragraphs of 6 to 20 words in each language.
    """

    paragraphs: int = 0
    subframe: int = 0
    register: int = 0
    rare_register: int = 0
    voice: int = 0
    without_frame: float = 0.0
    pairs: int = 0
    short: float = 0.0
    rare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Floor:
    """One floor held against the corpus: the smallest count and where it was found."""

    name: str
    wanted: float
    found: float
    where: str

    @property
    def held(self) -> bool:
        """Whether the floor holds everywhere."""
        return self.found >= self.wanted

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self) | {"held": self.held}


def read_floors(path: Path) -> Floors:
    """Read floors from a TOML file.

    :raises InputError: when it cannot be read or names an unknown floor.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as floors: {error}") from error
    known = [field.name for field in fields(Floors)]
    for key in content:
        if key not in known:
            raise InputError(f"{path}: unknown floor {key!r}{did_you_mean(key, known)} Known: {', '.join(known)}")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()}
    return Floors(**values)


def statistics(records: Sequence[Record]) -> dict[str, Any]:
    """Return counts by language, as plain data."""
    return {
        lang: {
            "paragraphs": len(part),
            "pairs": _pairs(part),
            "without_frame": sum(not record.labels for record in part),
            "short": sum(SHORTEST <= words(record) <= SHORT for record in part),
            "median_words": median(map(words, part)),
            "frames": dict(Counter(frame for record in part for frame in sorted(record.frames))),
            "subframes": dict(Counter(f"{label.frame}/{label.subframe}" for record in part for label in record.labels)),
            "voices": dict(Counter(f"{label.frame}/{label.voice}" for record in part for label in record.labels)),
            "registers": dict(Counter(str(record.fields.get("register", "")) for record in part)),
        }
        for lang, part in by_language(records).items()
    }


def hold_floors(records: Sequence[Record], codebook: Codebook, floors: Floors) -> list[Floor]:
    """Hold every floor against the corpus."""
    counts = statistics(records)
    subframes = [f"{frame.id}/{subframe}" for frame in codebook.frames for subframe in frame.subframe_ids]
    registers = sorted({register for part in counts.values() for register in part["registers"]})
    voices: Counter[str] = Counter()
    for part in counts.values():
        voices.update(part["voices"])
    wanted_voices = [f"{frame}/{voice}" for frame in codebook.frame_ids for voice in codebook.voice_ids]

    def least(name: str, wanted: float, found: Mapping[str, float]) -> Floor:
        where = min(found, key=lambda key: (found[key], key), default="nowhere")
        return Floor(name, wanted, round(found.get(where, 0.0), 4), where)

    def each(key: str, names: Sequence[str]) -> dict[str, float]:
        return {f"{lang} {name}": part[key].get(name, 0) for lang, part in counts.items() for name in names}

    def share(key: str) -> dict[str, float]:
        return {lang: part[key] / part["paragraphs"] for lang, part in counts.items()}

    return [
        least("paragraphs a language", floors.paragraphs, {lang: part["paragraphs"] for lang, part in counts.items()}),
        least("each sub-frame a language", floors.subframe, each("subframes", subframes)),
        least("each register a language", floors.register, each("registers", [r for r in registers if r not in floors.rare])),
        least("each rare register a language", floors.rare_register, each("registers", [r for r in registers if r in floors.rare])),
        least("each voice a frame, all languages", floors.voice, {name: voices[name] for name in wanted_voices}),
        least("share without a frame", floors.without_frame, share("without_frame")),
        least("pairs a language", floors.pairs, {lang: part["pairs"] for lang, part in counts.items()}),
        least("share of 6 to 20 words", floors.short, share("short")),
    ]


def by_language(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the records of each language, languages in order."""
    parts: dict[str, list[Record]] = {}
    for record in records:
        parts.setdefault(record.lang, []).append(record)
    return dict(sorted(parts.items()))


def words(record: Record) -> int:
    """Return the number of words between spaces."""
    return len(record.text.split())


def _pairs(records: Sequence[Record]) -> int:
    return sum(n > 1 for n in Counter(record.group for record in records).values())

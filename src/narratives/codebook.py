"""The codebook as data: which frames, sub-frames and voices there are, and what each one means.

Nothing else in the package knows a frame by name. A codebook is a TOML file; a model carries a copy of
the one that it was trained for, so that a result can always be explained.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from narratives.errors import CodebookError, InputError, did_you_mean

ID = re.compile(r"[a-z][a-z0-9_]*")
VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True, slots=True)
class Subframe:
    """One way in which a frame is conveyed."""

    id: str
    title: str
    definition: str
    example: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One idea that a paragraph can convey."""

    id: str
    title: str
    definition: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    example: str = ""
    keywords: tuple[str, ...] = ()
    subframes: tuple[Subframe, ...] = ()

    @property
    def subframe_ids(self) -> tuple[str, ...]:
        """Ids of the sub-frames in the codebook's order."""
        return tuple(subframe.id for subframe in self.subframes)


@dataclass(frozen=True, slots=True)
class Voice:
    """Whether the text advances an idea itself, reports it or contests it."""

    id: str
    title: str
    definition: str
    signs: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class Codebook:
    """Frames (each with sub-frames or none) and voices (or none), under one version."""

    name: str
    version: str
    frames: tuple[Frame, ...]
    voices: tuple[Voice, ...] = ()
    rulings: tuple[str, ...] = field(default=(), repr=False)

    @property
    def frame_ids(self) -> tuple[str, ...]:
        """Ids of the frames in the codebook's order; the order of every score array."""
        return tuple(frame.id for frame in self.frames)

    @property
    def voice_ids(self) -> tuple[str, ...]:
        """Ids of the voices in the codebook's order."""
        return tuple(voice.id for voice in self.voices)

    def frame(self, frame_id: str) -> Frame:
        """Return one frame.

        :raises InputError: when the codebook has no such frame.
        """
        for frame in self.frames:
            if frame.id == frame_id:
                return frame
        known = self.frame_ids
        raise InputError(
            f"no frame {frame_id!r} in codebook {self.name} {self.version}{did_you_mean(frame_id, known)} Known: {', '.join(known)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the codebook as plain data, ready for JSON; `from_dict` reads it back."""

        def described(part: Any, **more: Any) -> dict[str, Any]:
            return {"id": part.id, "title": part.title, "definition": part.definition, "example": part.example, **more}

        frames = [
            described(
                frame,
                include=list(frame.include),
                exclude=list(frame.exclude),
                keywords=list(frame.keywords),
                subframes=[described(subframe) for subframe in frame.subframes],
            )
            for frame in self.frames
        ]
        voices = [described(voice, signs=list(voice.signs)) for voice in self.voices]
        return {"name": self.name, "version": self.version, "frames": frames, "voices": voices, "rulings": list(self.rulings)}

    @property
    def digest(self) -> str:
        """Sha256 over the whole content, whatever the layout of the file."""
        content = json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def read_codebook(path: Path | str) -> Codebook:
    """Read a codebook from a TOML file.

    :param path: the file.
    :return: the codebook.
    :raises InputError: when the file cannot be read.
    :raises CodebookError: with all faults of its content.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a codebook: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(str(path), [f"{path}: not valid TOML: {error}"]) from error
    return from_dict(content, source=str(path))


def from_dict(content: Mapping[str, Any], source: str = "codebook") -> Codebook:
    """Build a codebook from plain data.

    :param content: what a codebook file holds.
    :param source: named in faults.
    :raises CodebookError: with all faults.
    """
    faults: list[str] = []
    _known_keys(content, {"name", "version", "frames", "voices", "rulings"}, source, faults)
    name = _text(content, "name", source, faults)
    version = _text(content, "version", source, faults)
    if version and not VERSION.fullmatch(version):
        faults.append(f"{source}: version {version!r} is not of the form 1.2")
    frames = tuple(_frame(item, f"{source}: frames[{i}]", faults) for i, item in enumerate(_tables(content, "frames", source, faults)))
    voices = tuple(_voice(item, f"{source}: voices[{i}]", faults) for i, item in enumerate(_tables(content, "voices", source, faults)))
    if not frames:
        faults.append(f"{source}: no frames; wanted at least one [[frames]] table")
    for kind, ids in (
        ("frame", [frame.id for frame in frames]),
        ("voice", [voice.id for voice in voices]),
        *((f"sub-frame of {frame.id}", list(frame.subframe_ids)) for frame in frames),
    ):
        faults += [f"{source}: {kind} {twice!r} stands there twice" for twice in sorted({i for i in ids if ids.count(i) > 1})]
    rulings = _strings(content, "rulings", source, faults)
    if faults:
        raise CodebookError(source, faults)
    return Codebook(name, version, frames, voices, rulings)


def _frame(item: Mapping[str, Any], where: str, faults: list[str]) -> Frame:
    known = {"id", "title", "definition", "include", "exclude", "example", "keywords", "subframes"}
    _known_keys(item, known, where, faults)
    subframes = []
    for i, part in enumerate(_tables(item, "subframes", where, faults)):
        place = f"{where}.subframes[{i}]"
        _known_keys(part, {"id", "title", "definition", "example"}, place, faults)
        subframes.append(Subframe(**_described(part, place, faults)))
    return Frame(
        **_described(item, where, faults),
        include=_strings(item, "include", where, faults),
        exclude=_strings(item, "exclude", where, faults),
        keywords=_strings(item, "keywords", where, faults),
        subframes=tuple(subframes),
    )


def _voice(item: Mapping[str, Any], where: str, faults: list[str]) -> Voice:
    _known_keys(item, {"id", "title", "definition", "signs", "example"}, where, faults)
    return Voice(**_described(item, where, faults), signs=_strings(item, "signs", where, faults))


def _described(item: Mapping[str, Any], where: str, faults: list[str]) -> dict[str, str]:
    """Return the four texts that frames, sub-frames and voices have in common; only the id is required."""
    identity = _text(item, "id", where, faults)
    if identity and not ID.fullmatch(identity):
        faults.append(f"{where}: id {identity!r} is not lower_case_with_underscores")
    texts = {key: str(item.get(key, "")) for key in ("definition", "example")}
    return {"id": identity, "title": str(item.get("title", "")) or identity.replace("_", " "), **texts}


def _text(item: Mapping[str, Any], key: str, where: str, faults: list[str]) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value:
        faults.append(f"{where}: {key} is {value!r}, wanted a text")
        return ""
    return value


def _strings(item: Mapping[str, Any], key: str, where: str, faults: list[str]) -> tuple[str, ...]:
    value = item.get(key, [])
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        faults.append(f"{where}: {key} is {value!r}, wanted a list of texts")
        return ()
    return tuple(value)


def _tables(item: Mapping[str, Any], key: str, where: str, faults: list[str]) -> list[Mapping[str, Any]]:
    value = item.get(key, [])
    if not isinstance(value, list) or not all(isinstance(part, Mapping) for part in value):
        faults.append(f"{where}: {key} is {type(value).__name__}, wanted tables ([[{key}]])")
        return []
    return value


def _known_keys(item: Mapping[str, Any], known: set[str], where: str, faults: list[str]) -> None:
    faults += [f"{where}: unknown key {key!r}{did_you_mean(key, sorted(known))}" for key in item if key not in known]

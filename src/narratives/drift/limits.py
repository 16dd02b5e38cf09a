"""From which effect on a change is called drift; read from a file, so that every project sets its own."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from narratives.errors import DataError, InputError, did_you_mean

DEFAULT = "limits.toml"
MEASURES = ("score", "length", "unknown_words", "language", "concepts")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limit of each measure (an effect, 0 to 1), the p-value that counts as chance, and the fewest paragraphs a side."""

    score: float
    length: float
    unknown_words: float
    language: float
    concepts: float
    chance: float
    fewest: int


def read_limits(path: Path | None = None) -> Limits:
    """Read limits from a TOML file; None for those that come with the package.

    :raises InputError: when the file cannot be read.
    :raises DataError: with every fault of its content, by file and line.
    """
    source = str(path) if path else DEFAULT
    try:
        text = path.read_text(encoding="utf-8") if path else files("narratives.drift").joinpath(DEFAULT).read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source}: is no TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source}: cannot be read as limits: {error}") from error
    known = [field.name for field in fields(Limits)]
    faults = [
        f"{source}:{_line(text, key)}: unknown limit {key!r}{did_you_mean(key, known)} Known: {', '.join(known)}"
        for key in content
        if key not in known
    ]
    faults += [f"{source}:1: {key} is missing" for key in known if key not in content]
    faults += [
        f"{source}:{_line(text, key)}: {key} is {value!r}, wanted {'a whole number above 0' if key == 'fewest' else 'a number from 0 to 1'}"
        for key, value in content.items()
        if key in known and not _sound(key, value)
    ]
    if faults:
        raise DataError(source, faults)
    return Limits(**content)


def _sound(key: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return (isinstance(value, int) and value > 0) if key == "fewest" else 0 <= value <= 1


def _line(text: str, key: str) -> int:
    """Return the line on which a key stands."""
    shape = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(key)}\b")
    return next((number for number, line in enumerate(text.splitlines(), start=1) if shape.match(line)), 1)

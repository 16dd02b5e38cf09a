"""Reading files of ``name: content`` lines, of which the lexicon and the patterns are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from narratives.errors import InputError


def named_lines(path: Path, shape: re.Pattern[str], wanted: str, faults: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield where each line stands (``file:line``), its name and its content; empty lines and comments (#) are passed over.

    :param shape: what a name looks like.
    :param wanted: said of a line of another form.
    :param faults: receives a message for each such line, and for each name that stands there twice.
    :raises InputError: when the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as `name: content` lines: {error}") from error
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        where = f"{path}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, content = line.partition(":")
        if not colon or not shape.fullmatch(name):
            faults.append(f"{where}: {line[:40]!r}, wanted {wanted}")
            continue
        if name in seen:
            faults.append(f"{where}: {name!r} stands on an earlier line too; names are unique")
        seen.add(name)
        yield where, name, content

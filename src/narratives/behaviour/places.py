"""TOML files whose faults are told with file and line, which the standard reader does not keep."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from narratives.errors import DataError, InputError

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_TABLES = re.compile(r"\s*\[\[\s*([\w-]+)\s*\]\]")


class Toml:
    """A TOML file of ``[[name]]`` tables, and where each of them stands."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        :raises InputError: when it cannot be read.
        :raises DataError: when it is not TOML.
        """
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read: {error}") from error
        try:
            self.content: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = _AT_LINE.search(str(error))
            raise DataError(str(path), [f"{path}:{at[1] if at else len(text.splitlines())}: not valid TOML: {error}"]) from error
        self._lines = text.splitlines()
        self._heads = [(i, match[1]) for i, line in enumerate(self._lines) if (match := _TABLES.match(line))]

    def where(self, table: str | None = None, index: int = 0, key: str | None = None) -> str:
        """Return ``file:line`` of a key in the ``index``-th ``[[table]]``, of the table itself where the key is not found.

        :param table: None for what stands above all tables.
        """
        ends = [*(i for i, _ in self._heads), len(self._lines)][1:]
        blocks = [(i, end) for (i, name), end in zip(self._heads, ends, strict=True) if name == table]
        if table is None:
            begin, end = 0, self._heads[0][0] if self._heads else len(self._lines)
        elif index < len(blocks):
            begin, end = blocks[index]
        else:  # written in line, as in cases = [{...}]
            begin, end = 0, len(self._lines)
        if key is not None:
            named = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=|\s*\[[\w.-]*\.{re.escape(key)}\]|.*[{{,]\s*{re.escape(key)}\s*=""")
            begin = next((i for i in range(begin, end) if named.match(self._lines[i])), begin)
        return f"{self.path}:{begin + 1}"

"""Reading articles, and keeping account of rows left out; `narratives.bulk.sources` reads tables."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from narratives.bulk.sources import STANDARD_INPUT, TEXT, Rejected, Row, kind_of, rows_of
from narratives.errors import InputError
from narratives.text import split_article

SHOWN = 5


def read_text(name: str) -> str:
    """Read a whole file, or standard input.

    :raises InputError: when it cannot be read, or is not text in UTF-8.
    """
    try:
        content = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except IsADirectoryError as error:
        raise InputError(f"{name}: is a folder; name the files in it, such as {name.rstrip('/')}/*.txt") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    return decoded(content, name)


def paragraphs_of(name: str, column: str, kind: str | None = None) -> Iterator[Row | Rejected]:
    """Go through the paragraphs of an article, or the rows of a table.

    :param column: which column or field of a table holds the text.
    :param kind: how to read it; None for by its ending.
    :raises InputError: when the file as a whole cannot be used.
    """
    kind = kind_of(name, kind)
    if kind != TEXT:
        yield from rows_of(name, kind, column)
        return
    for number, unit in enumerate(split_article(read_text(name)), start=1):
        yield Row(f"{name}: paragraph {number}", unit.text, {})


def decoded(content: bytes, name: str) -> str:
    """Decode UTF-8, and UTF-16 where a byte order mark says so.

    :raises InputError: for anything else; says where, and how to convert.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            pass
    if b"\0" in content[:65536]:
        raise InputError(f"{name}: looks like a binary file (byte 0 at {content.index(0)}); wanted text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}:{line}: byte {content[error.start]:#04x} is not UTF-8; a Latin-1 file is converted by: iconv -f latin1 -t utf-8 {name}"
        ) from error


class LeftOut:
    """Rows that could not be used: how many, and why the first of them."""

    def __init__(self) -> None:
        """Begin with none."""
        self.n = 0
        self._first: list[str] = []

    def add(self, where: str, reason: str) -> None:
        """Note one."""
        self.n += 1
        if len(self._first) < SHOWN:
            self._first.append(f"{where}: {reason}")

    def say(self) -> None:
        """Tell on standard error."""
        for line in self._first:
            print(f"narratives: {line}; left out", file=sys.stderr)
        if self.n > len(self._first):
            print(f"narratives: {self.n:,} rows left out in all", file=sys.stderr)

"""Reading what people want scored: articles, and tables with a text in each row."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives.errors import InputError, did_you_mean

STANDARD_INPUT = "-"
TEXT, JSONL, CSV = "txt", "jsonl", "csv"
KINDS = {".txt": TEXT, ".text": TEXT, ".md": TEXT, ".jsonl": JSONL, ".ndjson": JSONL, ".csv": CSV, ".tsv": CSV}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its text, where it stands, and all of its columns."""

    where: str
    text: str
    columns: dict[str, Any]


def kind_of(name: str, chosen: str | None) -> str:
    """Return how to read a file: by option, else by its ending; what has none is an article."""
    return chosen or KINDS.get(Path(name).suffix.lower(), TEXT)


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


def rows_of(name: str, kind: str, column: str) -> Iterator[Row | InputError]:
    """Go through the rows of a table; a row that cannot be used comes as the error that says why.

    :raises InputError: when the file as a whole cannot be used.
    """
    text = read_text(name)
    yield from (_jsonl_rows if kind == JSONL else _csv_rows)(text, name, column)


def _jsonl_rows(text: str, name: str, column: str) -> Iterator[Row | InputError]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            item = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            yield InputError(f"{where}: not valid JSON: {error}")
            continue
        if not isinstance(item, dict):
            yield InputError(f"{where}: {type(item).__name__}, wanted a JSON object")
        elif not isinstance(item.get(column), str):
            found = f"is {type(item[column]).__name__}" if column in item else "is missing"
            yield InputError(
                f"{where}: field {column!r} {found}, wanted a text{did_you_mean(column, list(item))} Choose the field with --text"
            )
        else:
            yield Row(where, item[column], item)


def _csv_rows(text: str, name: str, column: str) -> Iterator[Row | InputError]:
    csv.field_size_limit(1 << 27)
    head = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(",;\t|", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = list(reader.fieldnames or [])
        if column not in names:
            known = ", ".join(map(repr, names)) or "none: the file is empty"
            raise InputError(f"{name}: no column {column!r}{did_you_mean(column, names)} Columns: {known}. Choose one with --text")
        for item in reader:
            where = f"{name}:{reader.line_num}"
            if not isinstance(item[column], str):
                yield InputError(f"{where}: the row ends before column {column!r}")
            else:
                item.pop(None, None)
                yield Row(where, item[column], dict(item))
    except csv.Error as error:
        raise InputError(f"{name}:{reader.line_num}: not valid CSV: {error}") from error

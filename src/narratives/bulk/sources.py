"""Reading tables row by row, in bounded memory: JSON lines, CSV and Parquet, compressed or not, from files or standard input."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives.errors import InputError, did_you_mean
from narratives.scorer import LONGEST

STANDARD_INPUT = "-"
TEXT, JSONL, CSV, PARQUET = "txt", "jsonl", "csv", "parquet"
TABLES = (JSONL, CSV, PARQUET)
KINDS = {
    ".txt": TEXT,
    ".text": TEXT,
    ".md": TEXT,
    ".jsonl": JSONL,
    ".ndjson": JSONL,
    ".csv": CSV,
    ".tsv": CSV,
    ".parquet": PARQUET,
    ".pq": PARQUET,
}
COMPRESSED = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its text, where it stands, and all of its columns."""

    where: str
    text: str
    columns: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be scored: where it stands, why, and what it was."""

    where: str
    reason: str
    row: Any

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"where": self.where, "reason": self.reason, "row": self.row}


def kind_of(name: str, chosen: str | None = None) -> str:
    """Return how to read a file: by option, else by its ending; what has none is an article."""
    return chosen or KINDS.get(_ending(Path(name)), TEXT)


def _ending(path: Path) -> str:
    """Return the ending of a file, before that of its compression."""
    return (path.with_suffix("") if path.suffix.lower() in COMPRESSED else path).suffix.lower()


def expanded(names: list[str]) -> list[str]:
    """Return the files that are named, in order; a folder stands for all of its files that have a known ending, by name.

    :raises InputError: when a folder holds none.
    """
    found: list[str] = []
    for name in names:
        if name == STANDARD_INPUT or not Path(name).is_dir():
            found.append(name)
            continue
        inside = [
            str(path) for path in sorted(Path(name).rglob("*")) if path.is_file() and _ending(path) in KINDS and path.name[0] not in "._"
        ]
        if not inside:
            raise InputError(f"{name}: holds no file to score; known endings: {', '.join(KINDS)}, each with {' or '.join(COMPRESSED)} too")
        found += inside
    return found


def rows_of(name: str, kind: str, column: str | None) -> Iterator[Row | Rejected]:
    """Go through the rows of a table; one that cannot be used says why.

    :param column: which column or field holds the text; None where no text is wanted, which is then empty.
    :raises InputError: when the file as a whole cannot be used.
    """
    readers = {JSONL: _jsonl_rows, CSV: _csv_rows, PARQUET: _parquet_rows}
    for row in readers[kind](name, column):
        if isinstance(row, Row) and len(row.text) > LONGEST:
            reason = f"the text has {len(row.text):,} characters, at most {LONGEST:,} make a paragraph"
            yield Rejected(row.where, reason, {**row.columns, str(column): row.text[:200] + " ..."})
        else:
            yield row


@contextmanager
def opened(name: str) -> Iterator[Any]:
    """Open a file or standard input as bytes, decompressed by its ending.

    :raises InputError: when it cannot be read.
    """
    try:
        if name == STANDARD_INPUT:
            yield sys.stdin.buffer
            return
        compression = COMPRESSED.get(Path(name).suffix.lower())
        if compression == "gzip":
            with gzip.open(name, "rb") as file:
                yield file
        elif compression == "zstd":
            with arrow(name).input_stream(name, compression="zstd") as stream:
                yield io.BufferedReader(stream)
        else:
            with Path(name).open("rb") as file:
                yield file
    except IsADirectoryError as error:
        raise InputError(f"{name}: is a folder; name the files in it, such as {name.rstrip('/')}/*.txt") from error
    except EOFError as error:
        raise InputError(f"{name}: the compressed file is cut off") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error


def arrow(what: str) -> Any:
    """Return pyarrow.

    :param what: the file that needs it, for the message.
    :raises InputError: when it is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise InputError(f"{what}: needs pyarrow; install it with: pip install 'narratives[bulk]'") from error
    return pyarrow


def _jsonl_rows(name: str, column: str | None) -> Iterator[Row | Rejected]:
    with opened(name) as file:
        for number, line in enumerate(_lines(file, name), start=1):
            if not line.strip():
                continue
            where = f"{name}:{number}"
            try:
                item = json.loads(line)
            except UnicodeDecodeError as error:
                yield Rejected(where, f"byte {line[error.start]:#04x} is not UTF-8", line.decode("utf-8", "replace"))
                continue
            except (ValueError, RecursionError) as error:
                yield Rejected(where, f"not valid JSON: {error}", line.decode("utf-8", "replace").rstrip("\n"))
                continue
            if not isinstance(item, dict):
                yield Rejected(where, f"{type(item).__name__}, wanted a JSON object", item)
            elif column is None:
                yield Row(where, "", item)
            elif not isinstance(item.get(column), str):
                found = f"is {type(item[column]).__name__}" if column in item else "is missing"
                hint = did_you_mean(column, list(item))
                yield Rejected(where, f"field {column!r} {found}, wanted a text{hint} Choose the field with --text", item)
            else:
                yield Row(where, item[column], item)


def _lines(file: Any, name: str) -> Iterator[bytes]:
    """Go through lines of UTF-8, or of UTF-16 where a byte order mark says so.

    :raises InputError: for a binary file.
    """
    first = file.readline()
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield from (
            (line + "\n").encode("utf-8", "surrogatepass") for line in (first + file.read()).decode("utf-16", "replace").split("\n")
        )
        return
    if b"\0" in first[:65536]:
        raise InputError(f"{name}: looks like a binary file (byte 0 at {first.index(0)}); wanted text")
    yield first.removeprefix(b"\xef\xbb\xbf")
    yield from file


def _csv_rows(name: str, column: str | None) -> Iterator[Row | Rejected]:
    csv.field_size_limit(1 << 27)
    with opened(name) as file:
        lines = (line.decode("utf-8", "surrogateescape") for line in _lines(file, name))
        head = next(lines, "")
        if not head.strip():
            raise InputError(f"{name}: the file is empty" if column is None else f"{name}: no column {column!r}: the file is empty")
        delimiter = max(",;\t|", key=head.count)
        names = next(csv.reader([head], delimiter=delimiter), [])
        if column is not None and column not in names:
            known = ", ".join(map(repr, names))
            raise InputError(f"{name}: no column {column!r}{did_you_mean(column, names)} Columns: {known}. Choose one with --text")
        reader = csv.DictReader(lines, fieldnames=names, delimiter=delimiter)
        try:
            for item in reader:
                where = f"{name}:{reader.line_num + 1}"
                item.pop(None, None)
                if column is not None and not isinstance(item[column], str):
                    yield Rejected(where, f"the row ends before column {column!r}", item)
                elif any(isinstance(value, str) and not value.isascii() and _broken(value) for value in item.values()):
                    readable = {key: value and value.encode("utf-8", "replace").decode() for key, value in item.items()}
                    yield Rejected(where, f"not UTF-8; a Latin-1 file is converted by: iconv -f latin1 -t utf-8 {name}", readable)
                else:
                    yield Row(where, "" if column is None else item[column], dict(item))
        except csv.Error as error:
            raise InputError(f"{name}:{reader.line_num + 1}: not valid CSV: {error}") from error


def _broken(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)


def _parquet_rows(name: str, column: str | None) -> Iterator[Row | Rejected]:
    from narratives.bulk.arrow_tables import batches_of

    number = 0
    for batch in batches_of(name, column):
        for item in batch.to_pylist():
            number += 1
            where = f"{name}: row {number}"
            if column is None or isinstance(item[column], str):
                yield Row(where, "" if column is None else item[column], item)
            else:
                yield Rejected(where, f"column {column!r} is null", item)

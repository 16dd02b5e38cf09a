"""Output that grows part by part, each whole or not there, so that a run which was killed goes on where it stopped.

Beside ``out.parquet`` stands ``out.parquet.parts/`` while the work goes on: a file a part, a file of rejected rows a part, and
``run.json`` that says of what and by what the parts are. When all are there they become one file and the folder goes.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives.bulk.sources import COMPRESSED, CSV, JSONL, PARQUET, Rejected, arrow, kind_of
from narratives.errors import InputError
from narratives.files import write_json

RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is of: inputs with size and time, the model, the options. Parts of another run are never taken for its own."""

    of: dict[str, Any]

    @classmethod
    def describe(cls, names: Sequence[str], **options: Any) -> Run:
        """Describe a run over files; a file that changes makes another run."""
        files = []
        for name in names:
            try:
                stat = Path(name).stat()
            except OSError as error:
                raise InputError(f"{name}: cannot be read: {error.strerror}") from error
            files.append({"name": name, "bytes": stat.st_size, "changed": stat.st_mtime_ns})
        return cls({"files": files, **options})


class Parts:
    """The folder of the parts of one output file."""

    def __init__(self, output: Path, run: Run, resume: bool) -> None:
        """Begin, or go on.

        :raises InputError: when an unfinished run is there and is not to be gone on with, or is another run's.
        """
        self.output = output
        self.kind = kind_of(output.name)
        self.folder = output.with_name(output.name + ".parts")
        if self.kind not in (JSONL, CSV, PARQUET):
            raise InputError(f"{output}: wanted a name that ends in .jsonl, .csv or .parquet")
        try:
            self._begin(run, resume)
        except OSError as error:
            raise InputError(f"{self.folder}: cannot be written: {error.strerror or error}") from error

    def _begin(self, run: Run, resume: bool) -> None:
        if self.folder.exists():
            there = json.loads((self.folder / RUN).read_text(encoding="utf-8")) if (self.folder / RUN).exists() else None
            if not resume:
                raise InputError(f"{self.folder}: an unfinished run; go on with --resume, or remove the folder to begin anew")
            if there != run.of:
                raise InputError(f"{self.folder}: an unfinished run of another input, model or option; remove the folder to begin anew")
        else:
            self.folder.mkdir(parents=True)
            write_json(self.folder / RUN, run.of)

    def path(self, number: int) -> Path:
        """Return where a part stands."""
        return self.folder / f"part-{number:06d}{''.join(self.output.suffixes[-2:] if self.kind != PARQUET else [])}"

    def rejected_path(self, number: int) -> Path:
        """Return where the rejected rows of a part stand."""
        return self.folder / f"part-{number:06d}.rejected"

    def done(self, number: int) -> bool:
        """Whether a part is there whole."""
        return self.rejected_path(number).exists()

    def add(self, number: int, write: Callable[[Path], None], rejected: Sequence[Rejected]) -> None:
        """Write a part and its rejected rows; the part counts once the latter has its name.

        :raises InputError: when the disk is full; parts that are there stay.
        """
        try:
            temporary = self.path(number).with_name(self.path(number).name + ".tmp")
            write(temporary)
            _to_disk(temporary)
            temporary.replace(self.path(number))
            lines = (json.dumps(row.to_dict(), ensure_ascii=False, default=str) + "\n" for row in rejected)
            aside = self.rejected_path(number).with_suffix(".tmp")
            aside.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
            _to_disk(aside)
            aside.replace(self.rejected_path(number))
        except OSError as error:
            again = "what is done stays; make room and go on with --resume"
            raise InputError(f"{self.path(number)}: cannot be written: {error.strerror or error}; {again}") from error

    def note(self, name: str, content: Any) -> None:
        """Keep plain data beside the parts."""
        write_json(self.folder / name, content)

    def discard(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def whole(self) -> Path:
        """Where the whole file is put together."""
        return self.folder / "whole.tmp"

    def finish(self, n_parts: int, whole_is_there: bool = False) -> tuple[int, Path | None]:
        """Make one file of all parts, and one of all rejected rows if there are any; return how many, and where they are.

        :param whole_is_there: the whole file was put together already.
        """
        try:
            temporary = self.whole
            if whole_is_there:
                _to_disk(temporary)
            elif self.kind == PARQUET:
                _join_parquet([self.path(number) for number in range(n_parts)], temporary)
            else:
                _join_lines([self.path(number) for number in range(n_parts)], temporary, self.kind == CSV)
            aside = self.output.with_name(self.output.name + ".rejected.jsonl")
            aside.unlink(missing_ok=True)
            lines = [line for number in range(n_parts) for line in self.rejected_path(number).read_text(encoding="utf-8").splitlines(True)]
            if lines:
                (self.folder / "rejected.tmp").write_text("".join(lines), encoding="utf-8")
                (self.folder / "rejected.tmp").replace(aside)
            temporary.replace(self.output)
            shutil.rmtree(self.folder)
        except OSError as error:
            again = "all parts are there; make room and go on with --resume"
            raise InputError(f"{self.output}: cannot be written: {error.strerror or error}; {again}") from error
        return len(lines), aside if lines else None


def open_text(path: Path, name: str) -> Any:
    """Open a file to write text to, compressed by the ending of ``name``."""
    compression = COMPRESSED.get(Path(name).suffix.lower())
    if compression == "gzip":
        return gzip.open(path, "wt", encoding="utf-8", errors="backslashreplace", newline="", compresslevel=4)
    if compression == "zstd":
        import io

        return io.TextIOWrapper(
            arrow(name).output_stream(str(path), compression="zstd"), encoding="utf-8", errors="backslashreplace", newline=""
        )
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="")


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _join_lines(parts: Sequence[Path], whole: Path, with_head: bool) -> None:
    """Put parts one after the other; compressed streams may simply follow each other, and only the first part has a head."""
    with whole.open("wb") as out:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())


def _join_parquet(parts: Sequence[Path], whole: Path) -> None:
    """Put the row groups of the parts into one file."""
    pa = arrow(str(whole))
    import pyarrow.parquet as pq

    schemas = [pq.read_schema(part) for part in parts]
    schema = pa.unify_schemas(schemas, promote_options="permissive")
    with pq.ParquetWriter(whole, schema) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part).cast(schema))
    _to_disk(whole)

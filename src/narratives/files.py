"""Writing without ever leaving half a file or half a folder behind."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from narratives.errors import InputError


@contextmanager
def written_whole(path: Path | str, newline: str | None = None) -> Iterator[IO[str]]:
    """Open a text file that appears under its name only when everything was written.

    :raises InputError: when the place cannot be written or the disk is full; what was there before stays.
    """
    with _appearing(Path(path), mode="w", encoding="utf-8", newline=newline, errors="backslashreplace") as file:
        yield file


@contextmanager
def bytes_written_whole(path: Path | str) -> Iterator[IO[bytes]]:
    """Open a binary file that appears under its name only when everything was written; raises as `written_whole`."""
    with _appearing(Path(path), mode="wb") as file:
        yield file


@contextmanager
def _appearing(path: Path, **how: Any) -> Iterator[IO[Any]]:
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, **how) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def folder_made_whole(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path`` that takes its name when the block ends well, and goes when it does not.

    :raises InputError: when the place cannot be written or something is there already.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        temporary.rename(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; nothing was changed") from error
    finally:
        if temporary is not None and temporary.exists():
            shutil.rmtree(temporary, ignore_errors=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON as people read it, in an order that never changes by itself."""
    with written_whole(path) as file:
        json.dump(content, file, ensure_ascii=False, indent=2, allow_nan=False)
        file.write("\n")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

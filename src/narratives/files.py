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
    with _whole(Path(path), 0o666 & ~_umask(), mode="w", encoding="utf-8", newline=newline, errors="backslashreplace") as file:
        yield file


def write_bytes(path: Path, content: bytes, secret: bool = False) -> None:
    """Write a file of bytes whole or not at all; raises as `written_whole` does.

    :param secret: whether only its owner may read it.
    """
    with _whole(path, 0o600 if secret else 0o666 & ~_umask(), mode="wb") as file:
        file.write(content)


@contextmanager
def _whole(path: Path, permissions: int, **how: Any) -> Iterator[IO[Any]]:
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, **how) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(permissions)
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

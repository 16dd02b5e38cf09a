"""The append-only log of a store: who put which model in use, when, why and by which verdicts.

One line of JSON an event, each with the digest of the line before it. A line that was changed, dropped or put between others no
longer fits its neighbours, and `read` says where. What the chain does not show: whoever can write the file can write all of it
anew, or cut lines off its end; keep the last digest elsewhere (``narratives models log`` prints it) to see that too.
"""

from __future__ import annotations

import errno
import getpass
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from narratives.errors import InputError

USE, PROMOTE, ROLLBACK = "use", "promote", "rollback"
TEXTS = ("when", "by", "event", "version")
PREVIOUS = "previous_sha256"


@dataclass(frozen=True, slots=True)
class Event:
    """A model was put in use.

    :param event: `USE` (without gates: by training, or by hand), `PROMOTE` or `ROLLBACK`.
    :param version: the version in use from then on; ``before`` the one until then, None where there was none.
    :param manifest_sha256: of exactly which model.
    :param verdicts: of the gates, as in a report; ``report_sha256`` tells of which report.
    :param forced: whether it was put in use against the gates, or without them.
    """

    when: str
    by: str
    event: str
    version: str
    before: str | None
    why: str = ""
    manifest_sha256: str | None = None
    forced: bool = False
    verdicts: tuple[Mapping[str, Any], ...] = ()
    report_sha256: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {name: getattr(self, name) for name in self.__slots__} | {"verdicts": [dict(verdict) for verdict in self.verdicts]}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Event:
        """Read what `to_dict` wrote; raises KeyError, TypeError or ValueError on anything else."""
        if any(not isinstance(content[key], str) for key in TEXTS) or not isinstance(content["before"], str | None):
            raise ValueError(f"{', '.join(TEXTS)} and before are no texts")
        known = {key: content[key] for key in cls.__slots__ if key in content}
        return cls(**known | {"verdicts": tuple(map(dict, content.get("verdicts", ())))})


@dataclass(frozen=True, slots=True)
class Log:
    """What a log says.

    :param faults: one line each, beginning with ``file:line:``; none when every line fits the one before it.
    :param digest: of the last line; empty for a log without lines.
    """

    events: tuple[Event, ...] = ()
    faults: tuple[str, ...] = ()
    digest: str = ""

    def in_use_before(self, current: str | None) -> str | None:
        """Return the version that was in use before the current one, None where there was none.

        A rollback takes back what it went back from, so that a second one goes further back and never forth again. Where the
        current version is not what the last line says (a run was cut short, or the file was changed by hand), the line of
        versions is brought to it first.
        """
        line: list[str] = []
        for event in self.events:
            if event.before is not None:
                _back_to(line, event.before)
            if event.event == ROLLBACK:
                _back_to(line, event.version)
            elif line[-1:] != [event.version]:
                line.append(event.version)
        if current is None:
            return line[-1] if line else None
        _back_to(line, current)
        return line[-2] if len(line) > 1 else None


def read(path: Path) -> Log:
    """Read a log and check its chain; one that is not there has no lines.

    :raises InputError: when the file cannot be read.
    """
    events, faults, digest = [], [], ""
    for number, line in enumerate(_lines(_content(path)), start=1):
        try:
            content = json.loads(line)
            events.append(Event.from_dict(content))
            if content[PREVIOUS] != digest:
                told = f"says {str(content[PREVIOUS])[:12]!r}, the line before has {digest[:12]!r}"
                faults.append(f"{path}:{number}: does not follow on the line before it ({told}): a line was changed, dropped or added")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            faults.append(f"{path}:{number}: is no event ({type(error).__name__}: {error})")
        digest = _sha256(line)
    return Log(tuple(events), tuple(faults), digest)


def append(path: Path, event: Event) -> None:
    """Add an event and wait until it is on disk; call it within `locked`.

    :raises InputError: when it cannot be written.
    """
    before = _content(path)
    lines = _lines(before)
    content = event.to_dict() | {PREVIOUS: _sha256(lines[-1]) if lines else ""}
    line = json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace") + b"\n"
    if before and not before.endswith(b"\n"):  # a line that a power cut left unfinished stays, as a fault of its own
        line = b"\n" + line
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            if os.write(handle, line) != len(line):
                raise OSError(errno.ENOSPC, "the disk is full, the line was cut short")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}; nothing was put in use") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against other writers, so that lines stand in the order of what happened; readers need no lock.

    :raises InputError: when the folder is not there.
    """
    try:
        from fcntl import LOCK_EX, flock
    except ImportError:  # a system without such locks: two who promote at once are on their own
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise InputError(f"{folder}: cannot be opened: {error.strerror or error}") from error
    try:
        flock(handle, LOCK_EX)
        yield
    finally:
        os.close(handle)


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user() -> str:
    """Return who is at work: the user's name on this machine, or the number where it has no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _lines(content: bytes) -> list[bytes]:
    return content.removesuffix(b"\n").split(b"\n") if content else []


def _back_to(line: list[str], version: str) -> None:
    """Drop what came after the last time that a version was in use; one that never was comes last."""
    if version not in line:
        line.append(version)
    while line[-1] != version:
        line.pop()


def _sha256(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()

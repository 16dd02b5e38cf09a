"""Behaviour tests as data: a folder of TOML files, read strictly.

``[[cases]]`` are minimum function, ``[[invariances]]`` and ``[[directions]]`` change paragraphs; ``docs/evaluation.md`` lists
their keys. A file that says ``codebook = "name"`` is for that codebook alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from narratives.behaviour.changes import CHANGES
from narratives.behaviour.places import Toml
from narratives.behaviour.suite import F1_LOSS, FAILURE_RATE, HIGHER, LOWER, TWINS, Case, Suite, Test
from narratives.codebook import ID, Codebook
from narratives.errors import DataError, InputError, did_you_mean, short

REST = "*"  # in `absent`: every frame that `present` does not name


def read_suite(folder: Path, codebook: Codebook) -> Suite:
    """Read all ``.toml`` files of a folder, in the order of their names.

    :raises InputError: when there are none, or one cannot be read.
    :raises DataError: with every fault of every file, as ``file:line``.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise InputError(f"{folder}: no .toml file; wanted a folder of behaviour tests (docs/evaluation.md), or --no-behaviour")
    faults: list[str] = []
    cases: list[Case] = []
    tests: list[Test] = []
    left_out: list[str] = []
    home: dict[str, str] = {}
    for path in paths:
        try:
            toml = Toml(path)
        except DataError as error:
            faults += error.faults
            continue
        reader = _Reader(toml, codebook, faults)
        if reader.is_for_another():
            left_out.append(path.name)
            continue
        cases += reader.cases()
        for where, test in reader.tests():
            if test.id in home:
                faults.append(f"{where}: id {test.id!r} stands at {home[test.id]} too; ids are unique")
            home.setdefault(test.id, where)
            tests.append(test)
    if faults:
        raise DataError(str(folder), faults)
    return Suite(tuple(cases), tuple(tests), tuple(left_out))


class _Reader:
    """Reads one file; every fault goes into one list."""

    TABLES = ("cases", "invariances", "directions")
    CASE = ("capability", "lang", "text", "present", "absent", "voices")
    INVARIANCE = ("id", "title", "change", "goal", "sentences")
    DIRECTION = (*INVARIANCE, "expect", "frame", "voice")

    def __init__(self, toml: Toml, codebook: Codebook, faults: list[str]) -> None:
        self.toml = toml
        self.codebook = codebook
        self.faults = faults

    def is_for_another(self) -> bool:
        """Whether the file is for another codebook; checks the keys above all tables on the way."""
        known = ("codebook", *self.TABLES)
        for key, value in self.toml.content.items():
            if key not in known:
                self.faults.append(f"{self.toml.where(key=key)}: unknown key {key!r}{did_you_mean(key, known)}")
            elif key in self.TABLES and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
                self.faults.append(f"{self.toml.where(key=key)}: {key} is {short(value)}, wanted [[{key}]] tables")
        name = self.toml.content.get("codebook")
        if name is not None and not isinstance(name, str):
            self.faults.append(f"{self.toml.where(key='codebook')}: codebook is {short(name)}, wanted a codebook's name")
        return isinstance(name, str) and name != self.codebook.name

    def cases(self) -> list[Case]:
        """Return the minimum function tests."""
        found = []
        for i, item in self._items("cases", self.CASE):
            before = len(self.faults)
            texts = {key: self._text("cases", i, item, key) for key in ("capability", "lang", "text")}
            present = self._frames(i, item, "present")
            absent = self._frames(i, item, "absent", REST)
            if REST in absent:
                absent = tuple(frame for frame in self.codebook.frame_ids if frame not in present)
            voices = item.get("voices", {})
            if not isinstance(voices, dict):
                self._fault("cases", i, "voices", f"{short(voices)}, wanted a table of frames with their voice")
                voices = {}
            for frame, voice in voices.items():
                if frame not in present:
                    self._fault("cases", i, "voices", f"about {frame!r}, which is not among those that must be present")
                if voice not in self.codebook.voice_ids:
                    known = self.codebook.voice_ids
                    self._fault("cases", i, "voices", f"{short(voice)}, not a voice of the codebook{did_you_mean(voice, known)}")
            if both := sorted(set(present) & set(absent)):
                self._fault("cases", i, "absent", f"{both}, which must be present too")
            if len(self.faults) == before and not present and not absent:
                self._fault("cases", i, "present", "missing, and so is absent; a case that cannot fail is none")
            if len(self.faults) == before:
                found.append(Case(self.toml.where("cases", i), **texts, present=present, absent=absent, voices=voices))
        return found

    def tests(self) -> list[tuple[str, Test]]:
        """Return invariances and directions, each with its place."""
        found = []
        for table, keys in (("invariances", self.INVARIANCE), ("directions", self.DIRECTION)):
            for i, item in self._items(table, keys):
                before = len(self.faults)
                test = self._test(table, i, item)
                if len(self.faults) == before and test is not None:
                    found.append((self.toml.where(table, i, "id"), test))
        return found

    def _test(self, table: str, i: int, item: Mapping[str, Any]) -> Test | None:
        name, title = self._text(table, i, item, "id"), self._text(table, i, item, "title")
        if name and not ID.fullmatch(name):
            self._fault(table, i, "id", f"{name!r}, wanted small letters, digits and _")
        options: dict[str, Any] = self._direction(i, item) if table == "directions" else {}
        sentences = item.get("sentences")
        if sentences is not None and (isinstance(sentences, bool) or not isinstance(sentences, int) or sentences < 1):
            self._fault(table, i, "sentences", f"{short(sentences)}, wanted a whole number from 1 on")
        kind = _kind(item)
        if kind is None:
            given = item.get("change")
            self._fault(table, i, "change", f"{short(given)}, wanted one of: {', '.join(CHANGES)}{did_you_mean(given, list(CHANGES))}")
            return None
        before = len(self.faults)
        for key, check in CHANGES[kind].parameters.items():
            if key not in item:
                self._fault(table, i, "change", f"{kind!r} and needs {key}, which is missing")
            elif wanted := check(item[key]):
                self._fault(table, i, key, f"{short(item[key])}, wanted {wanted}")
        goal = self._goal(table, i, item)
        if len(self.faults) > before:
            return None
        change = CHANGES[kind].make(**{key: item[key] for key in CHANGES[kind].parameters})
        return Test(name, title, kind, change, goal, sentences=sentences, **options)

    def _direction(self, i: int, item: Mapping[str, Any]) -> dict[str, Any]:
        frame, voice, expect = item.get("frame"), item.get("voice"), item.get("expect")
        for key, value, known in (("frame", frame, self.codebook.frame_ids), ("voice", voice, self.codebook.voice_ids)):
            if value is not None and value not in known:
                self._fault("directions", i, key, f"{short(value)}, not in codebook {self.codebook.name}{did_you_mean(value, known)}")
        if item.get("change") == TWINS:
            if expect is not None or voice is not None:
                self._fault("directions", i, "expect" if voice is None else "voice", "given, but twins follow the labels of their frames")
            return {"expect": TWINS, "frame": frame}
        if expect not in (LOWER, HIGHER):
            self._fault("directions", i, "expect", f"{short(expect)}, wanted {LOWER} or {HIGHER}")
        return {"expect": expect, "frame": frame, "voice": voice}

    def _goal(self, table: str, i: int, item: Mapping[str, Any]) -> Mapping[str, float]:
        goal = item.get("goal", {})
        known = (FAILURE_RATE, F1_LOSS) if table == "invariances" else (FAILURE_RATE,)
        good = isinstance(goal, dict) and all(key in known and isinstance(value, int | float) for key, value in goal.items())
        if not good:
            self._fault(table, i, "goal", f"{short(goal)}, wanted a table of {' and '.join(known)} with the most that is hoped for")
            return {}
        return dict(goal)

    def _tables(self, table: str) -> list[dict[str, Any]]:
        found = self.toml.content.get(table, [])
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def _items(self, table: str, keys: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
        items = list(enumerate(self._tables(table)))
        for i, item in items:
            kind = _kind(item)
            known = (*keys, *(CHANGES[kind].parameters if kind else ()))
            for key in item:
                if key not in known:
                    where = self.toml.where(table, i, key)
                    self.faults.append(f"{where}: unknown key {key!r}{did_you_mean(key, known)} Known: {', '.join(known)}")
        return items

    def _text(self, table: str, i: int, item: Mapping[str, Any], key: str) -> str:
        value = item.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self._fault(table, i, key, f"{short(value)}, wanted a text that is not empty")
        return ""

    def _frames(self, i: int, item: Mapping[str, Any], key: str, *more: str) -> tuple[str, ...]:
        value = item.get(key, [])
        if not isinstance(value, list):
            self._fault("cases", i, key, f"{short(value)}, wanted a list of frames")
            return ()
        for frame in value:
            if frame not in (*self.codebook.frame_ids, *more):
                hint = did_you_mean(frame, self.codebook.frame_ids)
                self._fault("cases", i, key, f"{short(frame)}, not a frame of codebook {self.codebook.name}{hint}")
        return tuple(frame for frame in value if isinstance(frame, str))

    def _fault(self, table: str, i: int, key: str, what: str) -> None:
        self.faults.append(f"{self.toml.where(table, i, key)}: {key} is {what}")


def _kind(item: Mapping[str, Any]) -> str | None:
    """Return the kind of change that a table names, None where there is no such kind."""
    kind = item.get("change")
    return kind if isinstance(kind, str) and kind in CHANGES else None

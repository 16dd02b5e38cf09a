"""Labelled paragraphs: reading them, checking every line, and nothing else.

A record is one JSON object a line::

    {"id": "nl-00001", "lang": "nl", "text": "...", "labels": [{"frame": "...", "subframe": "...", "voice": "..."}], ...}

Further fields (``register``, ``pair``, ``second``, ``weight`` and whatever a user adds) are kept as they came.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from narratives.codebook import Codebook
from narratives.errors import DataError, InputError, did_you_mean, short

LABEL_KEYS = ("frame", "subframe", "voice")
ID, LANG, TEXT, LABELS, SECOND, PAIR, WEIGHT = "id", "lang", "text", "labels", "second", "pair", "weight"
HEAVIEST = 1000


@dataclass(frozen=True, slots=True)
class Label:
    """One frame that a paragraph conveys; sub-frame and voice may be unstated."""

    frame: str
    subframe: str | None = None
    voice: str | None = None

    def to_dict(self) -> dict[str, str]:
        """Return the parts that are stated."""
        return {key: value for key in LABEL_KEYS if (value := getattr(self, key)) is not None}


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled paragraph."""

    id: str
    lang: str
    text: str
    labels: tuple[Label, ...]
    fields: Mapping[str, Any]

    @property
    def group(self) -> str:
        """What must stay on one side of a split: a paragraph and its twins."""
        return str(self.fields.get(PAIR) or self.id)

    @property
    def frames(self) -> frozenset[str]:
        """Ids of the frames that are present."""
        return frozenset(label.frame for label in self.labels)

    @property
    def second(self) -> tuple[Label, ...] | None:
        """What a second reader saw, or None where nobody read it a second time."""
        labels = self.fields.get(SECOND)
        return None if labels is None else tuple(Label(**label) for label in labels)

    @property
    def weight(self) -> float:
        """How much the paragraph counts when frames are learnt; 1 unless the record says otherwise."""
        return float(self.fields.get(WEIGHT, 1.0))

    def weighing(self, factor: float) -> Record:
        """Return the record counting so many times as much."""
        return self if factor == 1 else replace(self, fields=MappingProxyType({**self.fields, WEIGHT: self.weight * factor}))

    def to_dict(self) -> dict[str, Any]:
        """Return the record as it stands in a file."""
        core = {ID: self.id, LANG: self.lang, TEXT: self.text, LABELS: [label.to_dict() for label in self.labels]}
        return core | dict(self.fields)


def read_records(path: Path | str, codebook: Codebook) -> list[Record]:
    """Read one file of labelled paragraphs.

    :param path: a ``.jsonl`` file.
    :param codebook: labels must be known to it.
    :return: the records in the file's order.
    :raises InputError: when the file cannot be read at all.
    :raises DataError: with every fault of the file.
    """
    path = Path(path)
    faults: list[str] = []
    records: list[Record] = []
    seen: dict[str, int] = {}
    for number, item in _json_lines(path, faults):
        record = _record(item, f"{path}:{number}", codebook, faults)
        if record is None:
            continue
        if record.id in seen:
            faults.append(f"{path}:{number}: id {record.id!r} stands on line {seen[record.id]} too; ids are unique")
        seen.setdefault(record.id, number)
        records.append(record)
    if faults:
        raise DataError(str(path), faults)
    return records


def read_corpus(paths: Iterable[Path | str], codebook: Codebook, weights: Sequence[float] | None = None) -> list[Record]:
    """Read several files or folders of ``.jsonl`` files, in the order of their names.

    :param weights: how much each path's records count, on top of their own weights; None for all alike.
    :raises InputError: when nothing is there.
    :raises DataError: with every fault of every file, and ids that stand in two files.
    """
    places = [Path(path) for path in paths]
    files: dict[Path, float] = {}
    for path, weight in zip(places, weights or [1.0] * len(places), strict=True):
        files |= dict.fromkeys(sorted(path.glob("*.jsonl")) if path.is_dir() else [path], weight)
    if not files:
        raise InputError(f"no .jsonl file in {', '.join(map(str, places))}; wanted labelled paragraphs, one JSON object a line")
    faults: list[str] = []
    records: list[Record] = []
    home: dict[str, Path] = {}
    for file, weight in files.items():
        try:
            part = read_records(file, codebook)
        except DataError as error:
            faults += error.faults
            continue
        faults += [f"{file}: id {r.id!r} stands in {home[r.id]} too; ids are unique" for r in part if r.id in home]
        home.update({record.id: file for record in part})
        records += [record.weighing(weight) for record in part]
    if faults:
        raise DataError(", ".join(map(str, files)), faults)
    return records


def corpus_digest(records: Sequence[Record]) -> str:
    """Sha256 over the content of the records, whatever the layout of their files."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(json.dumps(record.to_dict(), ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()


def _json_lines(path: Path, faults: list[str]) -> Iterator[tuple[int, Any]]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError as error:
            faults.append(f"{path}:{number}: byte {error.start + 1} of the line is not UTF-8; save the file as UTF-8")
        except (json.JSONDecodeError, RecursionError) as error:
            faults.append(f"{path}:{number}: not valid JSON: {error}")


def _record(item: Any, where: str, codebook: Codebook, faults: list[str]) -> Record | None:
    if not isinstance(item, dict):
        faults.append(f"{where}: {type(item).__name__}, wanted a JSON object")
        return None
    before = len(faults)
    for key in (ID, LANG, TEXT):
        value = item.get(key)
        if not isinstance(value, str) or not value.strip():
            faults.append(f"{where}: {key} is {short(value)}, wanted a text that is not empty")
    labels = _labels(item.get(LABELS), f"{where}: {LABELS}", codebook, faults)
    if item.get(SECOND) is not None:
        _labels(item[SECOND], f"{where}: {SECOND}", codebook, faults)
    weight = item.get(WEIGHT, 1.0)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= HEAVIEST:
        faults.append(f"{where}: {WEIGHT} is {short(weight)}, wanted a number above 0 and at most {HEAVIEST}")
    if len(faults) > before:
        return None
    fields = {key: value for key, value in item.items() if key not in {ID, LANG, TEXT, LABELS}}
    return Record(item[ID], item[LANG], item[TEXT], labels, MappingProxyType(fields))


def _labels(value: Any, where: str, codebook: Codebook, faults: list[str]) -> tuple[Label, ...]:
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        faults.append(f"{where} is {short(value)}, wanted a list of objects (an empty list for no frame)")
        return ()
    labels = [label for part in value if (label := _label(part, where, codebook, faults)) is not None]
    # A frame may have several sub-frames, each a label of its own, but it has one voice.
    for frame in sorted({label.frame for label in labels}):
        same = [label for label in labels if label.frame == frame]
        if len({label.subframe for label in same}) < len(same) or len({label.voice for label in same}) > 1:
            faults.append(f"{where}: frame {frame!r} is there {len(same)} times with the same sub-frame or with two voices")
    return tuple(labels)


def _label(part: Mapping[str, Any], where: str, codebook: Codebook, faults: list[str]) -> Label | None:
    unknown = [key for key in part if key not in LABEL_KEYS]
    faults += [f"{where}: unknown key {key!r}{did_you_mean(key, LABEL_KEYS)}" for key in unknown]
    frame = part.get("frame")
    if frame not in codebook.frame_ids:
        faults.append(f"{where}: {short(frame)} is not a frame of codebook {codebook.name}{did_you_mean(frame, codebook.frame_ids)}")
        return None
    choices = {"subframe": codebook.frame(frame).subframe_ids, "voice": codebook.voice_ids}
    before = len(faults)
    for key, known in choices.items():
        value = part.get(key)
        if value is not None and value not in known:
            allowed = ", ".join(known) or "none"
            faults.append(f"{where}: {key} {short(value)} of {frame} is not in the codebook{did_you_mean(value, known)} Known: {allowed}")
    return None if unknown or len(faults) > before else Label(frame, part.get("subframe"), part.get("voice"))

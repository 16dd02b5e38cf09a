"""Readings as rows of plain data, for JSON lines and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import IO, Any

from narratives.bulk.sources import JSONL
from narratives.readings import Evidence, FrameReading, Reading


def row_of(reading: Reading, kind: str, with_evidence: bool) -> dict[str, Any]:
    """Return what a row gets beside its own columns: nested for JSON lines, flat for CSV."""
    return plain(reading, with_evidence) if kind == JSONL else flat(reading, with_evidence)


def plain(reading: Reading, with_evidence: bool) -> dict[str, Any]:
    """Return a reading as plain data for JSON lines, without the text, which the row has."""
    content = reading.to_dict()
    del content["text"]
    if with_evidence:
        for frame, result in reading.frames.items():
            content["frames"][frame]["evidence"] = [piece.to_dict() for piece in result.strongest()]
            content["frames"][frame]["concepts"] = [piece.to_dict() for piece in result.strongest_concepts()]
    return content


def flat(reading: Reading, with_evidence: bool) -> dict[str, Any]:
    """Return a reading as columns for CSV: present and probability of each frame, and its words."""
    columns: dict[str, Any] = {"language": reading.language, "doubts": "; ".join(reading.doubts)}
    for frame, result in reading.frames.items():
        columns[f"{frame}_present"] = int(result.present)
        columns[f"{frame}_probability"] = round(result.probability, 6)
        columns[f"{frame}_uncertain"] = int(result.uncertain)
        columns[f"{frame}_subframe"] = result.subframe.first if result.subframe else ""
        columns[f"{frame}_voice"] = result.voice.first if result.voice else ""
        if with_evidence:
            columns[f"{frame}_evidence"] = words(result)
    return columns


def words(result: FrameReading) -> str:
    """Return the strongest evidence as text, where the frame is present."""
    pieces: tuple[Evidence, ...] = result.strongest() if result.present else ()
    return " ".join(piece.text for piece in pieces)


class RowWriter:
    """Writes rows of plain data as JSON lines or CSV; the columns of a CSV are those of its first row."""

    def __init__(self, file: IO[str], kind: str, columns: Sequence[str] | None = None) -> None:
        """Write to an open file.

        :param columns: of a CSV whose head is written already.
        """
        self._file = file
        self._kind = kind
        self.columns = list(columns) if columns is not None else None
        self._csv = self._csv_writer(columns) if columns is not None else None

    def _csv_writer(self, columns: Sequence[str]) -> csv.DictWriter[str]:
        return csv.DictWriter(self._file, columns, extrasaction="ignore", restval="", lineterminator="\n")

    def write(self, row: dict[str, Any]) -> None:
        """Write one row."""
        if self._kind == JSONL:
            self._file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8") + "\n")
            return
        if self._csv is None:
            self.columns = list(row)
            self._csv = self._csv_writer(self.columns)
            self._csv.writeheader()
        self._csv.writerow(
            {key: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value for key, value in row.items()}
        )

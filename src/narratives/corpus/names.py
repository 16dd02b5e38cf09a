"""Whether a name stands in for a frame: frame rates of paragraphs with and without it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from narratives.codebook import Codebook
from narratives.errors import InputError
from narratives.records import Record
from narratives.text import normalise

FEWEST = 15
FACTOR = 2.5


def read_roles(path: Path) -> dict[str, dict[str, list[str]]]:
    """Read roles that a codebook treats alike, each with its names and the word beginnings that betray them.

    :raises InputError: when the file cannot be read.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as roles: {error}") from error
    return {role: {name: [stem.lower() for stem in stems] for name, stems in names.items()} for role, names in content.items()}


def name_rates(records: Sequence[Record], codebook: Codebook, roles: dict[str, dict[str, list[str]]]) -> list[dict[str, Any]]:
    """Return for each name the rate of each frame with and without it, and per role how far the rates lie apart.

    :return: a row a role and frame: the highest and lowest rate among names with 15 paragraphs or more, their ratio, and whether
        it stays within 2.5; a row of fewer than two such names has no ratio.
    """
    texts = [f" {normalise(record.text).text.lower()}" for record in records]
    rows = []
    for role, names in roles.items():
        having = {name: [any(f" {stem}" in text for stem in stems) for text in texts] for name, stems in names.items()}
        for frame in codebook.frame_ids:
            present = [frame in record.frames for record in records]
            rates = {name: _rates(present, here) for name, here in having.items() if sum(here) >= FEWEST}
            shares = {name: rate["with"] for name, rate in rates.items()}
            row: dict[str, Any] = {"role": role, "frame": frame, "names": rates}
            if len(shares) > 1:
                high, low = max(shares, key=lambda n: shares[n]), min(shares, key=lambda n: shares[n])
                ratio = shares[high] / shares[low] if shares[low] else None
                row |= {
                    "highest": high,
                    "lowest": low,
                    "ratio": None if ratio is None else round(ratio, 2),
                    "within": bool(ratio and ratio <= FACTOR),
                }
            rows.append(row)
    return rows


def _rates(present: Sequence[bool], here: Sequence[bool]) -> dict[str, Any]:
    inside = [p for p, h in zip(present, here, strict=True) if h]
    outside = [p for p, h in zip(present, here, strict=True) if not h]
    return {"n": len(inside), "with": round(sum(inside) / len(inside), 4), "without": round(sum(outside) / max(1, len(outside)), 4)}

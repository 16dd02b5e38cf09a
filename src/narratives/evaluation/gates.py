"""Floors (and ceilings) on named figures, kept in a file; a report passes when all of them hold."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from narratives.errors import DataError, InputError, did_you_mean, short

TABLES = ("gates", "comparison")


class Demand(Protocol):
    """What a verdict is about: a gate of any kind."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def figure(self) -> str:
        """What is judged."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A demand on one figure of the report, such as ``overall.macro_f1`` of the evaluation ``corpus``."""

    name: str
    data: str
    figure: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a gate; an undefined or missing figure fails it."""

    gate: Demand
    value: float | None
    passed: bool
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"name": self.gate.name, "figure": self.gate.figure, "value": self.value, "passed": self.passed, "message": self.message}


def read_gates(path: Path) -> list[Gate]:
    """Read gates from a TOML file of ``[[gates]]`` tables.

    :raises InputError: when the file cannot be read.
    :raises DataError: with all faults of its content.
    """
    faults: list[str] = []
    gates = [gate for i, item in enumerate(read_tables(path, "gates")) if (gate := _gate(item, f"{path}: gates[{i}]", faults))]
    if faults:
        raise DataError(str(path), faults)
    return gates


def read_tables(path: Path, name: str) -> list[Any]:
    """Return the ``[[name]]`` tables of a file of gates.

    :raises InputError: when the file cannot be read.
    :raises DataError: when it holds tables of another name, which would never be judged.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as gates: {error}") from error
    if unknown := [key for key in content if key not in TABLES]:
        raise DataError(
            str(path), [f"{path}: unknown table {key!r}{did_you_mean(key, TABLES)} Known: {', '.join(TABLES)}" for key in unknown]
        )
    found = content.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise DataError(str(path), [f"{path}: {name} is {short(found)}, wanted [[{name}]] tables"])
    return found


def _gate(item: Any, where: str, faults: list[str]) -> Gate | None:
    keys = {"name": str, "data": str, "figure": str, "minimum": (int, float), "maximum": (int, float)}
    before = len(faults)
    faults += [f"{where}: unknown key {key!r}; known: {', '.join(keys)}" for key in item if key not in keys]
    faults += [f"{where}: {key} is missing or no text" for key in ("name", "data", "figure") if not isinstance(item.get(key), str)]
    faults += [f"{where}: {key} is no number" for key in ("minimum", "maximum") if key in item and not isinstance(item[key], int | float)]
    if "minimum" not in item and "maximum" not in item:
        faults.append(f"{where}: neither minimum nor maximum; a gate that cannot fail is none")
    return None if len(faults) > before else Gate(**item)


def judge(gate: Gate, figures: Mapping[str, Any]) -> Verdict:
    """Hold one gate against the figures of an evaluation."""
    found: Any = figures
    for part in gate.figure.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    value = found.get("value") if isinstance(found, Mapping) else found
    if not isinstance(value, int | float):
        return Verdict(gate, None, False, f"{gate.name}: {gate.figure} of {gate.data} is undefined or not in the report")
    low, high = gate.minimum, gate.maximum
    passed = (low is None or value >= low) and (high is None or value <= high)
    wanted = " and ".join(
        part for part in (f"at least {low}" if low is not None else "", f"at most {high}" if high is not None else "") if part
    )
    return Verdict(gate, value, passed, f"{gate.name}: {gate.figure} of {gate.data} is {value}, wanted {wanted}")

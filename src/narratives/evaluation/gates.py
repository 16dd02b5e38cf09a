"""Floors (and ceilings) on named figures, kept in a file; a report passes when all of them hold."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from narratives.errors import DataError, InputError


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

    gate: Gate
    value: float | None
    passed: bool
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self.gate) | {"value": self.value, "passed": self.passed, "message": self.message}


def read_gates(path: Path) -> list[Gate]:
    """Read gates from a TOML file of ``[[gates]]`` tables.

    :raises InputError: when the file cannot be read.
    :raises DataError: with all faults of its content.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as gates: {error}") from error
    faults: list[str] = []
    gates = [gate for i, item in enumerate(content.get("gates", [])) if (gate := _gate(item, f"{path}: gates[{i}]", faults))]
    if faults:
        raise DataError(str(path), faults)
    return gates


def _gate(item: Any, where: str, faults: list[str]) -> Gate | None:
    keys = {"name": str, "data": str, "figure": str, "minimum": (int, float), "maximum": (int, float)}
    before = len(faults)
    faults += [f"{where}: unknown key {key!r}; known: {', '.join(keys)}" for key in item if key not in keys]
    faults += [f"{where}: {key} is missing or no text" for key in ("name", "data", "figure") if not isinstance(item.get(key), str)]
    faults += [f"{where}: {key} is no number" for key in ("minimum", "maximum") if key in item and not isinstance(item[key], int | float)]
    if "minimum" not in item and "maximum" not in item:
        faults.append(f"{where}: neither minimum nor maximum; a gate that cannot fail is none")
    return None if len(faults) > before else Gate(**item)


def judge_all(gates: Sequence[Gate], evaluations: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """Hold gates against the evaluations of a report; those on data that was not evaluated are left out."""
    by_name = {evaluation["name"]: evaluation["figures"] for evaluation in evaluations}
    return [judge(gate, by_name[gate.data]) for gate in gates if gate.data in by_name]


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

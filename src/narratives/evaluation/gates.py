"""Floors (and ceilings) on named figures, kept in a file; a report passes when all of them hold."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives.errors import DataError, InputError, did_you_mean, short
from narratives.evaluation.regressions import COMPARISON, read_regression
from narratives.evaluation.verdicts import Demand, Verdict

BEHAVIOUR = "behaviour"


@dataclass(frozen=True, slots=True)
class Gate:
    """A demand on one figure of the report, such as ``overall.macro_f1`` of the evaluation ``corpus``."""

    name: str
    data: str
    figure: str
    minimum: float | None = None
    maximum: float | None = None

    def verdicts(self, report: Mapping[str, Any]) -> Iterator[Verdict]:
        """Judge the figure where its data was evaluated; figures under ``behaviour`` are those of the behaviour tests on it."""
        if self.figure.startswith(f"{BEHAVIOUR}."):
            measured = (report.get(BEHAVIOUR) or {}).get("data", {})
            figures = {BEHAVIOUR: measured[self.data]} if self.data in measured else None
        else:
            figures = next((part["figures"] for part in report["evaluations"] if part["name"] == self.data), None)
        if figures is not None:
            yield self.judged(figures)

    def judged(self, figures: Mapping[str, Any]) -> Verdict:
        """Hold the gate against the figures of an evaluation."""
        found: Any = figures
        for part in self.figure.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        value = found.get("value") if isinstance(found, Mapping) else found
        if not isinstance(value, int | float):
            return Verdict(self, self.data, None, False, f"{self.name}: {self.figure} of {self.data} is undefined or not in the report")
        low, high = self.minimum, self.maximum
        passed = (low is None or value >= low) and (high is None or value <= high)
        wanted = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
        message = f"{self.name}: {self.figure} of {self.data} is {value}, wanted {' and '.join(wanted)}"
        return Verdict(self, self.data, value, passed, message)


def read_gates(path: Path) -> list[Demand]:
    """Read gates from a TOML file: ``[[gates]]`` on figures, ``[[comparison]]`` on a comparison with another model.

    :raises InputError: when the file cannot be read.
    :raises DataError: with all faults of its content, tables of another name among them, since those would never be judged.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as gates: {error}") from error
    known = ", ".join(READERS)
    faults = [f"{path}: unknown table {key!r}{did_you_mean(key, list(READERS))} Known: {known}" for key in content if key not in READERS]
    found: list[Demand] = []
    for name, read in READERS.items():
        items = content.get(name, [])
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            faults.append(f"{path}: {name} is {short(items)}, wanted [[{name}]] tables")
            continue
        read_all = [read(item, f"{path}: {name}[{i}]", faults) for i, item in enumerate(items)]
        found += [demand for demand in read_all if demand is not None]
    if faults:
        raise DataError(str(path), faults)
    return found


def _gate(item: Mapping[str, Any], where: str, faults: list[str]) -> Gate | None:
    keys = {"name": str, "data": str, "figure": str, "minimum": (int, float), "maximum": (int, float)}
    before = len(faults)
    faults += [f"{where}: unknown key {key!r}; known: {', '.join(keys)}" for key in item if key not in keys]
    faults += [f"{where}: {key} is missing or no text" for key in ("name", "data", "figure") if not isinstance(item.get(key), str)]
    faults += [f"{where}: {key} is no number" for key in ("minimum", "maximum") if key in item and not isinstance(item[key], int | float)]
    if "minimum" not in item and "maximum" not in item:
        faults.append(f"{where}: neither minimum nor maximum; a gate that cannot fail is none")
    return None if len(faults) > before else Gate(**item)


READERS: Mapping[str, Callable[[Mapping[str, Any], str, list[str]], Demand | None]] = {"gates": _gate, COMPARISON: read_regression}


def judge_all(demands: Sequence[Demand], report: Mapping[str, Any]) -> list[Verdict]:
    """Hold gates of every kind against a report; those on what was not measured give no verdict.

    Not measured is: data that was not evaluated, behaviour without behaviour tests, a comparison without another model. A figure
    that is missing from what was measured fails its gate.
    """
    return [verdict for demand in demands for verdict in demand.verdicts(report)]

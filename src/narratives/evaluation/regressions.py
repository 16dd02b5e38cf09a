"""Gates on a comparison: how much the model may fall behind the other, overall or in any slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives.errors import DataError, did_you_mean, short
from narratives.evaluation.comparison import COMPARED, DIFFERENCE, OVERALL, TOO_FEW
from narratives.evaluation.gates import Verdict, read_tables

TABLE = "comparison"
FIGURES = ("macro_f1", "micro_f1", "frames")
JUDGED = ("value", "low", "high")


@dataclass(frozen=True, slots=True)
class Regression:
    """A demand on the differences of a comparison.

    :param slice: each value of this slice with enough paragraphs must hold.
    :param on: ``macro_f1``, ``micro_f1``, or ``frames``: the F1 of each frame.
    :param maximum_loss: the difference (model minus other) may not be below minus this.
    :param judged_on: ``value``: the difference itself; ``low``: the low end of its interval, so that a fall must be ruled out;
        ``high``: the high end, so that only a sure fall fails.
    :param smallest: slices with fewer paragraphs are not judged, nor are those with too few labels to tell.
    :param data: the evaluation that it is for; None for each.
    """

    name: str
    maximum_loss: float
    slice: str = OVERALL
    on: str = "macro_f1"
    judged_on: str = "value"
    smallest: int = 1
    data: str | None = None

    @property
    def figure(self) -> str:
        """What is judged, as it stands in the report."""
        return f"{TABLE}.{self.slice}.{self.on}"


def read_regressions(path: Path) -> list[Regression]:
    """Read the ``[[comparison]]`` tables of a file of gates.

    :raises InputError: when the file cannot be read.
    :raises DataError: with all faults of its content.
    """
    faults: list[str] = []
    found = [
        gate for i, item in enumerate(read_tables(path, TABLE)) if (gate := _regression(item, f"{path}: {TABLE}[{i}]", faults)) is not None
    ]
    if faults:
        raise DataError(str(path), faults)
    return found


def _regression(item: Mapping[str, Any], where: str, faults: list[str]) -> Regression | None:
    keys = {"name": "a text", "maximum_loss": "a number from 0 on", "slice": "", "figure": "", "judged_on": "", "smallest": "", "data": ""}
    before = len(faults)
    faults += [f"{where}: unknown key {key!r}{did_you_mean(key, list(keys))}" for key in item if key not in keys]
    for key in ("name", "data"):
        if not isinstance(item.get(key), str) and (key == "name" or key in item):
            faults.append(f"{where}: {key} is {short(item.get(key))}, wanted a text")
    loss, smallest = item.get("maximum_loss"), item.get("smallest", 1)
    if isinstance(loss, bool) or not isinstance(loss, int | float) or not 0 <= loss < 1:
        faults.append(f"{where}: maximum_loss is {short(loss)}, wanted a number from 0 to below 1")
    if isinstance(smallest, bool) or not isinstance(smallest, int) or smallest < 1:
        faults.append(f"{where}: smallest is {short(smallest)}, wanted a number of paragraphs from 1 on")
    for key, known in (("slice", tuple(COMPARED)), ("figure", FIGURES), ("judged_on", JUDGED)):
        if key in item and item[key] not in known:
            faults.append(f"{where}: {key} is {short(item[key])}, wanted one of: {', '.join(known)}{did_you_mean(item[key], known)}")
    if len(faults) > before:
        return None
    given = {("on" if key == "figure" else key): value for key, value in item.items()}
    return Regression(**given)


def judge_regression(gate: Regression, comparison: Mapping[str, Any]) -> Verdict:
    """Hold one gate against one comparison; where nothing can be judged, it fails."""
    judged: list[tuple[float, str]] = []
    for value, row in comparison["slices"][gate.slice].items():
        if row["n"] < gate.smallest or row["verdict"] == TOO_FEW:
            continue
        parts = row["frames"] if gate.on == "frames" else {gate.on: row[gate.on]}
        for name, part in parts.items():
            figure = part[DIFFERENCE][gate.judged_on]
            if figure is not None:
                place = value if gate.on != "frames" else f"{value}, {name}"
                judged.append((figure, f"{place} {figure:+.3f} (n {row['n']})"))
    of = f"{gate.on} by {gate.slice} of {comparison['data']} against {comparison['against']}"
    if not judged:
        why = f"no slice has {gate.smallest} paragraphs and labels enough"
        return Verdict(gate, None, False, f"{gate.name}: {of} cannot be judged: {why}")
    judged.sort()
    fallen = [told for figure, told in judged if figure < -gate.maximum_loss]
    end = {"value": "", "low": ", low end of the interval", "high": ", high end of the interval"}[gate.judged_on]
    told = "; ".join(fallen or [judged[0][1]])
    message = f"{gate.name}: {of}{end}: {'' if fallen else 'least '}{told}, wanted no fall of more than {gate.maximum_loss}"
    return Verdict(gate, judged[0][0], not fallen, message)

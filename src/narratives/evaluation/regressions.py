"""Gates on a comparison: how much the model may fall behind the other, overall or in any slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from narratives.errors import did_you_mean, short
from narratives.evaluation.comparison import COMPARED, DIFFERENCE, OVERALL, TOO_FEW
from narratives.evaluation.verdicts import Verdict

COMPARISON = "comparison"
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
        return f"{COMPARISON}.{self.slice}.{self.on}"

    def verdicts(self, report: Mapping[str, Any]) -> Iterator[Verdict]:
        """Judge the comparison on each set of paragraphs that the gate is for."""
        compared = (report.get(COMPARISON) or {}).get("data", {})
        for name, comparison in compared.items():
            if self.data in (None, name):
                yield self.judged(comparison)

    def judged(self, comparison: Mapping[str, Any]) -> Verdict:
        """Hold the gate against one comparison; where nothing can be judged, it fails."""
        judged: list[tuple[float, str]] = []
        for value, row in comparison["slices"][self.slice].items():
            if row["n"] < self.smallest or row["verdict"] == TOO_FEW:
                continue
            parts = row["frames"] if self.on == "frames" else {self.on: row[self.on]}
            for name, part in parts.items():
                figure = part[DIFFERENCE][self.judged_on]
                if figure is not None:
                    place = value if self.on != "frames" else f"{value}, {name}"
                    judged.append((figure, f"{place} {figure:+.3f} (n {row['n']})"))
        of = f"{self.on} by {self.slice} of {comparison['data']} against {comparison['against']}"
        if not judged:
            why = f"no slice has {self.smallest} paragraphs and labels enough"
            return Verdict(self, comparison["data"], None, False, f"{self.name}: {of} cannot be judged: {why}")
        judged.sort()
        fallen = [told for figure, told in judged if figure < -self.maximum_loss]
        end = {"value": "", "low": ", low end of the interval", "high": ", high end of the interval"}[self.judged_on]
        told = "; ".join(fallen or [judged[0][1]])
        message = f"{self.name}: {of}{end}: {'' if fallen else 'least '}{told}, wanted no fall of more than {self.maximum_loss}"
        return Verdict(self, comparison["data"], judged[0][0], not fallen, message)


def read_regression(item: Mapping[str, Any], where: str, faults: list[str]) -> Regression | None:
    """Read one ``[[comparison]]`` table; None where it has faults, which are added to the list."""
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

"""Behaviour tests on the pages: one table a set of paragraphs, and the worst example of each test that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from narratives.report.content import MISSED, Cell, Difference, Quote, Section, Table

HEAD = ("test", "kind", "n", "share that fails", "F1 lost", "goal", "")
BEHAVIOUR = "behaviour"


def behaviour_tables(report: Mapping[str, Any]) -> list[Table]:
    """Return one table a set of paragraphs, one row a test, first those that miss their goal; none without behaviour tests."""
    tables = []
    for name, tests in ((report.get(BEHAVIOUR) or {}).get("data") or {}).items():
        rows = sorted((_row(test) for test in tests.values()), key=lambda row: row[-1] != MISSED)
        tables += [Table(f"Behaviour: {name}", HEAD, rows)] if rows else []
    return tables


def behaviour_section(report: Mapping[str, Any]) -> Section:
    """Return the section; the report must have behaviour tests."""
    behaviour = report[BEHAVIOUR]
    told = [
        f"At most {behaviour['sample']} paragraphs a test. What fails: for an invariance any frame that appears or goes, for a direction a "
        "probability that does not move as it must, for minimum function a short text read wrongly. A model has seen its own corpus.",
    ]
    if behaviour["left_out"]:
        told.append(f"Left out, being for another codebook: {', '.join(behaviour['left_out'])}.")
    quotes = [
        _quote(data, test, example) for data, tests in behaviour["data"].items() for test in tests.values() for example in test["worst"][:1]
    ]
    return Section("Behaviour", told, behaviour_tables(report), quotes=quotes, level=2, anchor=BEHAVIOUR)


def _row(test: Mapping[str, Any]) -> list[Cell]:
    lost: Cell = Difference(test["f1_loss"]) if "f1_loss" in test else ""
    goals = ", ".join(f"{name.replace('_', ' ')} at most {most:g}" for name, most in test["goal"].items())
    return [test["title"], test["kind"], test["n"], test["failure_rate"], lost, goals, _verdict(test)]


def _verdict(test: Mapping[str, Any]) -> str:
    values = [(test[name]["value"], most) for name, most in test["goal"].items()]
    if not values:
        return ""
    if any(value is not None and value > most for value, most in values):
        return MISSED
    return "not measured" if any(value is None for value, _ in values) else "met"


def _quote(data: str, test: Mapping[str, Any], example: Mapping[str, Any]) -> Quote:
    about = ", ".join(_about(data, example))
    return Quote(test["title"], f"({about})", example.get("after", example["before"]))


def _about(data: str, example: Mapping[str, Any]) -> Iterator[str]:
    yield data
    yield from (str(example[key]) for key in ("lang", "id", "frame", "what") if key in example)
    if isinstance(example["probabilities"], list):
        before, after = example["probabilities"]
        yield f"{before:.2f} to {after:.2f}"

"""The outline of a report: what comes first, and the sections below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from narratives.report import parts
from narratives.report.behaviour import BEHAVIOUR, behaviour_section
from narratives.report.comparison import COMPARISON, comparison_sections
from narratives.report.content import FAILED, Cell, First, Section, Table

MOST_WORST = 6


def first(report: Mapping[str, Any]) -> First:
    """Return what a reader must see first."""
    gates = report["gates"]
    failed = [gate["message"] for gate in gates if not gate["passed"]]
    if not gates:
        verdict = "no gate was held against it"
    elif failed:
        verdict = f"{len(failed)} of {len(gates)} gates failed"
    else:
        verdict = "the one gate holds" if len(gates) == 1 else f"all {len(gates)} gates hold"
    model = report["model"]
    title = f"Model {model['version']}: {'FAILED' if failed else 'passed' if gates else 'measured'}"
    about = f"Codebook {model['codebook']}, trained on {model['paragraphs'] or 'an unknown number of'} paragraphs."
    notes = [about, "Figures stand with n and a 95 % interval: bootstrap over groups (twins together), Wilson's for plain shares."]
    return First(title, not failed, verdict, failed, _worst(report), _whole(report), notes)


def _worst(report: Mapping[str, Any]) -> Table:
    each = max(2, MOST_WORST // max(1, len(report["evaluations"])))
    rows: list[list[Cell]] = []
    for evaluation in report["evaluations"]:
        below = [row for row in evaluation["figures"]["worst"] if row["below"]]
        rows += [parts.worst_row(evaluation["name"], row) for row in below[:each]]
    return Table("Where it fails worst", parts.WORST_HEAD, rows)


def _whole(report: Mapping[str, Any]) -> Table:
    rows: list[list[Cell]] = []
    for evaluation in report["evaluations"]:
        overall = evaluation["figures"]["overall"]
        best = [
            (b["overall"]["macro_f1"], name) for name, b in evaluation["baselines"].items() if b["overall"]["macro_f1"]["value"] is not None
        ]
        top = max(best, key=lambda pair: pair[0]["value"], default=None)
        beside: list[Cell] = [top[0], parts.SHORT.get(top[1], top[1])] if top else [None, "none"]
        rows.append([evaluation["name"], overall["macro_f1"], *beside, evaluation["n"], overall["precision"], overall["recall"]])
    head = ("data", "macro F1", "best baseline", "which", "n", "precision", "recall")
    return Table("The whole", head, rows)


def sections(report: Mapping[str, Any]) -> Iterator[Section]:
    """Go through everything below the first screen."""
    if report["gates"]:
        rows: list[list[Cell]] = [["ok" if gate["passed"] else FAILED, gate["data"], gate["message"]] for gate in report["gates"]]
        yield Section("Gates", tables=[Table("", ("", "data", "gate"), rows)], level=2, anchor="gates")
    if report.get(COMPARISON):
        yield from comparison_sections(report)
    if report.get(BEHAVIOUR):
        yield behaviour_section(report)
    for evaluation in report["evaluations"]:
        yield from _evaluation(evaluation)
    if report.get("learning_curve"):
        yield _learning_curve(report["learning_curve"])


def _evaluation(evaluation: Mapping[str, Any]) -> Iterator[Section]:
    name, figures = evaluation["name"], evaluation["figures"]
    speed = evaluation["speed"]
    told = f"{evaluation['n']} paragraphs in {evaluation['groups']} groups. "
    if speed["paragraphs_per_second"] is not None:
        told += f"Decided at {speed['paragraphs_per_second']:,} paragraphs a second, without evidence, on {speed['machine']}."
    title = f"{name}: {evaluation['n']} paragraphs, {evaluation['method']}"
    yield Section(title, [told], [parts.baselines(evaluation), parts.frames(figures)], level=2, anchor=name)
    yield parts.worst(name, figures)
    yield parts.calibration(name, figures)
    yield parts.details(name, figures)
    yield parts.confusion(name, figures)
    yield from parts.slices(name, figures)
    if figures.get("months"):
        yield parts.months(name, figures["months"])
    yield parts.mistakes(evaluation)


def _learning_curve(curve: Mapping[str, Any]) -> Section:
    rows: list[list[Cell]] = []
    for part, lines in curve.items():
        for line in lines:
            f1, average = line["macro_f1"], line["average_precision"]
            span = "{mean:.3f} ({low:.3f}-{high:.3f})"
            rows.append([part.replace("_", " "), line["paragraphs"], line["draws"], span.format(**f1), span.format(**average)])
    head = ("measured on", "paragraphs", "draws", "macro F1 (lowest-highest draw)", "average precision")
    return Section("Learning curve", tables=[Table("", head, rows)], plots=["learning-curve"], level=2, anchor="learning-curve")

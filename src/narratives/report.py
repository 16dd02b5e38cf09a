"""Tables and pages that people read, drawn from the plain data of a report and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from narratives.metrics import Figure

LONGEST_QUOTE, SHORT_QUOTE = 600, 240
QUOTED_FLIPS = 8


def cross_validation_table(figures: Mapping[str, Figure], frame_ids: Sequence[str]) -> str:
    """Return F1 by frame and language with n and 95 % intervals, as plain text."""
    languages = [name.split("/")[1] for name in figures if name.startswith("macro_f1/")]
    rows = [["cross-validated F1", "n", *frame_ids, "macro"]]
    for language in languages:
        macro = figures[f"macro_f1/{language}"].to_dict()
        cells = [shown(figures[f"f1/{language}/{frame}"].to_dict()) for frame in frame_ids]
        rows.append([language, str(macro["n"]), *cells, shown(macro)])
    return columns(rows)


def shown(figure: Mapping[str, Any]) -> str:
    """Return a figure as ``0.512 [0.44-0.58]``; what is undefined says so."""
    value, low, high = figure.get("value"), figure.get("low"), figure.get("high")
    if value is None or isnan(value):
        return "undefined"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.2f}-{high:.2f}]"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Line rows up in columns, the first row being the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def markdown(report: Mapping[str, Any]) -> str:
    """Draw a report as Markdown."""
    parts = [
        f"# Model {report['model']['version']}: {'passed' if report['passed'] else 'FAILED'}",
        f"Codebook {report['model']['codebook']}, trained on {report['model']['paragraphs']} paragraphs. "
        "Every figure has its 95 % bootstrap interval (twins drawn together) in brackets.",
    ]
    if report["gates"]:
        parts += ["## Gates", *(f"- {'ok' if gate['passed'] else '**failed**'}: {_escaped(gate['message'])}" for gate in report["gates"])]
    for evaluation in report["evaluations"]:
        parts += _evaluation(evaluation)
    parts += _comparison(report["comparison"]) if report.get("comparison") else []
    parts += _behaviour(report["behaviour"]) if report.get("behaviour") else []
    return "\n\n".join(_joined_lists(parts)) + "\n"


def behaviour_table(behaviour: Mapping[str, Any] | None) -> list[list[str]]:
    """Return one row a behaviour test: how many fail, what F1 is lost, and whether the goal is met."""
    rows = [["behaviour", "data", "kind", "n", "fail", "F1 lost", "goal"]]
    for data, tests in (behaviour or {}).get("data", {}).items():
        for test in tests.values():
            told = ", ".join(f"{name.replace('_', ' ')} at most {most:g}{_missed(test[name], most)}" for name, most in test["goal"].items())
            lost = signed(test["f1_loss"]) if "f1_loss" in test else ""
            rows.append([test["title"], data, test["kind"], str(test["n"]), shown(test["failure_rate"]), lost, told])
    return rows


def comparison_tables(comparison: Mapping[str, Any] | None) -> list[list[list[str]]]:
    """Return two tables, one row a slice: the whole, each language and each register; then each language and register together.

    Macro F1 of both, the difference and what its interval says, what was mended and broken; in the first table also what each frame
    gained. The second leaves out rows with too few labels to tell; the report's data has them.
    """
    if not comparison:
        return []
    sets = comparison["data"]
    frames = next(iter(sets.values()))["frames"]
    head = ["slice", "value", "n", "model", comparison["against"], "difference", "", "mended", "broken"]
    simple, crossed = [[*head, *(f"{frame}, F1 gained" for frame in frames)]], [head]
    for data, part in sets.items():
        for name, values in part["slices"].items():
            for value, row in values.items():
                cells = [data if name == "overall" else name, value, *_compared(row)]
                if " x " not in name:
                    simple.append([*cells, *(signed(figure["difference"]) for figure in row["frames"].values())])
                elif row["verdict"] != "too few to tell":
                    crossed.append(cells)
    return [table for table in (simple, crossed) if len(table) > 1]


def _compared(row: Mapping[str, Any]) -> list[str]:
    figure = row["macro_f1"]
    ends = [shown({"value": figure[side]}) for side in ("model", "other")]
    counts = [str(row["mended"]), str(row["broken"])]
    return [str(row["n"]), *ends, signed(figure["difference"]), row["verdict"], *counts]


def signed(figure: Mapping[str, Any]) -> str:
    """Return a difference as ``+0.012 [-0.01 to +0.03]``; what is undefined says so."""
    value, low, high = figure["value"], figure["low"], figure["high"]
    if value is None:
        return "undefined"
    return f"{value:+.3f}" if low is None or high is None else f"{value:+.3f} [{low:+.2f} to {high:+.2f}]"


def _missed(figure: Mapping[str, Any], most: float) -> str:
    return ": not measured" if figure["value"] is None else ": missed" if figure["value"] > most else ""


def _behaviour(behaviour: Mapping[str, Any]) -> list[str]:
    """Draw the behaviour tests, and the worst example of each that fails."""
    parts = [
        "## Behaviour",
        f"At most {behaviour['sample']} paragraphs a test. What fails: for an invariance any frame that appears or goes, for a direction a "
        "probability that does not move as it must, for minimum function a short text read wrongly. A model has seen its own corpus.",
        _table(behaviour_table(behaviour)),
    ]
    parts += [f"Left out, being for another codebook: {_escaped(', '.join(behaviour['left_out']))}."] if behaviour["left_out"] else []
    for data, tests in behaviour["data"].items():
        for test in tests.values():
            for example in test["worst"][:1]:
                told = ", ".join(str(example[key]) for key in ("lang", "id", "frame", "what") if key in example)
                numbers = example["probabilities"]
                moved = f" {numbers[0]:.2f} to {numbers[1]:.2f}" if isinstance(numbers, list) else ""
                quote = example.get("after", example["before"])
                parts.append(
                    f"- **{_escaped(test['title'])}** ({_escaped(f'{data}: {told}')}{moved}): {_escaped(_cut(quote, SHORT_QUOTE))}"
                )
    return parts


def _comparison(comparison: Mapping[str, Any]) -> list[str]:
    """Draw the comparison with another model, and what changed hands."""
    parts = [
        f"## Against {_escaped(comparison['against'])}",
        "Differences are model minus other, with paired intervals (both drawn on the same groups). Of twenty slices without any change one "
        "looks better or worse by chance. Languages and registers together are shown where there are labels enough to tell.",
        *map(_table, comparison_tables(comparison)),
    ]
    for data, part in comparison["data"].items():
        if part["voice"]:
            voice = part["voice"]["difference"]
            parts.append(_escaped(f"Voice of frames that both found in {data}: {signed(voice)} of {voice['n']} right."))
        for way in ("mended", "broken"):
            flips = part["flips"][way]
            parts.append(f"### {way.capitalize()} in {_escaped(data)}: {flips['n']}")
            for example in flips["examples"][:QUOTED_FLIPS]:
                where = ", ".join(str(example[key]) for key in ("id", "lang", "register") if example[key])
                said = f"{example['other']:.2f} to {example['model']:.2f}, labelled {'present' if example['labelled'] else 'absent'}"
                parts.append(
                    f"- **{_escaped(example['frame'])}** {said} ({_escaped(where)}): {_escaped(_cut(example['text'], SHORT_QUOTE))}"
                )
    return parts


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + " ..."


def _evaluation(evaluation: Mapping[str, Any]) -> list[str]:
    figures = evaluation["figures"]
    frame_ids = list(figures["frames"])
    parts = [f"## {evaluation['name']}: {evaluation['n']} paragraphs, {evaluation['method']}"]
    rows = [["frame", "true", "said", "precision", "recall", "F1", "average precision"]]
    for frame, f in figures["frames"].items():
        cells = [shown(f[key]) for key in ("precision", "recall", "f1", "average_precision")]
        rows.append([frame, str(f["positives"]), str(f["predicted"]), *cells])
    parts.append(_table(rows))
    rows = [["", "macro F1", "micro F1", "average precision"]]
    for name, part in {"model": figures["overall"], **{name: b["overall"] for name, b in evaluation["baselines"].items()}}.items():
        rows.append([name, *(shown(part[key]) for key in ("macro_f1", "micro_f1", "average_precision"))])
    parts.append(_table(rows))
    rows = [["of frames", "n", "figure"]]
    for kind, title in (("voice", "voice, frames rightly found"), ("subframe", "sub-frame, first guess")):
        for key, figure in (figures.get(kind) or {}).items():
            if isinstance(figure, dict):
                rows.append([f"{title}: {key.replace('_', ' ')}", str(figure["n"]), shown(figure)])
    if len(rows) > 1:
        parts.append(_table(rows))
    parts += _certainty(figures, frame_ids)
    parts += _slices(figures, frame_ids)
    parts.append(f"### The {len(evaluation['mistakes'])} surest mistakes")
    for mistake in evaluation["mistakes"]:
        text = _cut(mistake["text"], LONGEST_QUOTE)
        where = ", ".join(str(mistake[key]) for key in ("id", "lang", "register") if mistake[key])
        parts.append(f"- **{mistake['mistake']} {mistake['frame']}** at {mistake['probability']:.2f} ({_escaped(where)}): {_escaped(text)}")
    return parts


def _certainty(figures: Mapping[str, Any], frame_ids: Sequence[str]) -> list[str]:
    """Return what certainty, calibration and prevalence come to, and how pairs fare."""
    parts = []
    rows = [
        ["level of certainty", "certainly present: right", "true frames called certainly absent", "paragraphs without an uncertain frame"]
    ]
    for level, part in figures["certainty"]["levels"].items():
        rows.append([level, *(shown(part[key]) for key in ("precision", "missed", "answered"))])
    parts.append(_table(rows))
    errors = ", ".join(f"{frame} {shown(error)}" for frame, error in figures["certainty"]["calibration_error"].items())
    parts.append(_escaped(f"Expected calibration error: {errors}."))
    curve = figures["certainty"].get("risk_coverage", [])
    rows = [["surest answers given", "wrong", "present: right"]]
    for point in curve[4::5]:
        shares = (point["coverage"], point["risk"], point["precision"])
        rows.append(["undefined" if share is None else f"{share:.3f}" for share in shares])
    if curve:
        parts.append(_table(rows))
    rows = [["prevalence", *frame_ids, "macro F1", "calibration error"]]
    for name, part in figures.get("prevalence", {}).items():
        told = [f"{share:.3f}" for share in part["prevalence"].values()]
        rows.append([name, *told, shown(part["macro_f1"]), shown(part["calibration_error"])])
    if len(rows) > 1:
        parts.append(_table(rows))
    together = figures.get("pairs", {}).get("all_right")
    if together and together["n"]:
        parts.append(f"Pairs with every frame of both right: {shown(together)} of {together['n']}.")
    return parts


def _slices(figures: Mapping[str, Any], frame_ids: Sequence[str]) -> list[str]:
    parts = []
    for name, values in figures["slices"].items():
        rows = [[name, "n", "macro F1", *(f"F1 {frame} (true)" for frame in frame_ids)]]
        for value, part in values.items():
            cells = [f"{shown(f['f1'])} ({f['positives']})" for f in part["frames"].values()]
            rows.append([value, str(part["overall"]["n"]), shown(part["overall"]["macro_f1"]), *cells])
        if len(rows) > 1:
            parts.append(_table(rows))
    return parts


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _joined_lists(parts: Sequence[str]) -> list[str]:
    """Put list items on neighbouring lines."""
    joined: list[str] = []
    for part in parts:
        if joined and part.startswith("- ") and joined[-1].startswith("- "):
            joined[-1] += "\n" + part
        else:
            joined.append(part)
    return joined


def _escaped(text: str) -> str:
    """Escape what Markdown or HTML would act on, since quoted text is a stranger's."""
    for character in "\\`*_{}[]<>#|":
        text = text.replace(character, {"<": "&lt;", ">": "&gt;"}.get(character, "\\" + character))
    return " ".join(text.split())

"""The comparison with another model or a baseline on the pages: differences by slice, and what changed hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from narratives.report.content import Cell, Difference, Quote, Section, Table, number
from narratives.report.tables import signed

COMPARISON = "comparison"
QUOTED_FLIPS = 8
CROSSED = " x "  # in the name of a slicing by two fields
TOO_FEW = "too few to tell"


def comparison_tables(report: Mapping[str, Any]) -> list[Table]:
    """Return three tables a set of paragraphs: the whole and each slice by one field; languages and registers together; frames.

    One row a slice: macro F1 of both, the difference and what its interval says, what was mended and broken; in the last table what
    each frame gained. The second leaves out rows with too few labels to tell; the report's data has them.
    """
    comparison = report.get(COMPARISON)
    return [table for name, part in comparison["data"].items() for table in _tables(name, part)] if comparison else []


def _tables(data: str, part: Mapping[str, Any]) -> Iterator[Table]:
    against, frames = part["against"], part["frames"]
    head = ["slice", "value", "n", "model", against, "difference", "", "mended", "broken"]
    simple: list[list[Cell]] = []
    crossed: list[list[Cell]] = []
    gained: list[list[Cell]] = []
    for name, values in part["slices"].items():
        for value, row in values.items():
            cells: list[Cell] = [name, value, *_compared(row)]
            if CROSSED not in name:
                simple.append(cells)
                gained.append([*cells[:3], *(Difference(figure["difference"]) for figure in row["frames"].values())])
            elif row["verdict"] != TOO_FEW:
                crossed.append(cells)
    yield Table(f"{data}: macro F1 beside {against}", head, simple)
    if crossed:
        yield Table(f"{data}: macro F1 beside {against}, by two fields", head, crossed)
    yield Table(f"{data}: F1 of each frame gained on {against}", [*head[:3], *frames], gained, folded=True)


def _compared(row: Mapping[str, Any]) -> list[Cell]:
    figure = row["macro_f1"]
    ends = [number(figure[side]) for side in ("model", "other")]
    return [row["n"], *ends, Difference(figure["difference"]), row["verdict"], row["mended"], row["broken"]]


def comparison_sections(report: Mapping[str, Any]) -> Iterator[Section]:
    """Go through the sections; the report must have a comparison."""
    comparison = report[COMPARISON]
    told = [
        "Differences are model minus other, with paired intervals (both drawn on the same groups). Of twenty slices without any change one "
        "looks better or worse by chance. Languages and registers together are shown where there are labels enough to tell.",
    ]
    for data, part in comparison["data"].items():
        if part["frames_left_out"]:
            told.append(f"Frames that only one of them knows are left out: {', '.join(part['frames_left_out'])}.")
        if part["voice"]:
            voice = part["voice"]["difference"]
            told.append(f"Voice of frames that both found in {data}: {signed(voice)} of {voice['n']} right.")
    yield Section(f"Against {comparison['against']}", told, comparison_tables(report), level=2, anchor=COMPARISON)
    for data, part in comparison["data"].items():
        for way in ("mended", "broken"):
            flips = part["flips"][way]
            title = f"{way.capitalize()} in {data}: {flips['n']}"
            quotes = [_quote(example) for example in flips["examples"][:QUOTED_FLIPS]]
            yield Section(title, [] if quotes else ["None."], quotes=quotes, anchor=f"{COMPARISON}-{data}-{way}")


def _quote(example: Mapping[str, Any]) -> Quote:
    where = ", ".join(str(example[key]) for key in ("id", "lang", "register") if example[key])
    labelled = "present" if example["labelled"] else "absent"
    return Quote(example["frame"], f"{example['other']:.2f} to {example['model']:.2f}, labelled {labelled} ({where})", example["text"])

"""``narratives drift``: has the text changed since a reference."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from narratives.bulk.sources import TABLES, TEXT, Rejected, expanded, kind_of, rows_of
from narratives.cli import inputs, outputs
from narratives.drift.compare import Measure, compare, sample
from narratives.drift.limits import read_limits
from narratives.errors import InputError
from narratives.report import columns
from narratives.scorer import load

SCHEMA = 1  # of --json; raise when a reader of the old number would misread it
DRIFTED = 1


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "drift",
        help="has the text changed since a reference",
        description="Read a reference and new text (.jsonl, .csv, .parquet or folders of them) with a model and compare scores, length, "
        "language, unknown words and concepts. How to read it: docs/drift.md.",
        epilog="Exit code: 0 no measure beyond its limit, 1 drift, 2 nothing could be told.",
    )
    parser.add_argument("reference", help="text that the model is known to be right for, such as last year's")
    parser.add_argument("new", help="text that is scored now")
    parser.add_argument("--text", default="text", metavar="NAME", help="column or field that holds the text (default: text)")
    parser.add_argument("--model", help="version or folder of a model (default: the one in use)")
    parser.add_argument("--limits", type=Path, metavar="FILE", help="from which effect on it is drift (default: the package's limits.toml)")
    parser.add_argument("--json", action="store_true", help="print plain data")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of to standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure both sides and compare."""
    limits, model = read_limits(options.limits), load(options.model)
    sides = []
    for name in (options.reference, options.new):
        left_out = inputs.LeftOut()
        sides.append(sample(model, _texts(name, options.text, left_out), name))
        left_out.say()
    measures = compare(model, sides[0], sides[1], limits)
    drifted = [measure.name for measure in measures if measure.drift]
    content = {
        "schema": SCHEMA,
        "model": model.version,
        "drift": bool(drifted),
        "paragraphs": {"reference": len(sides[0]), "new": len(sides[1])},
        "measures": [measure.to_dict() for measure in measures],
    }
    with outputs.opened(options.output) as file:
        file.write((json.dumps(content, ensure_ascii=False, indent=1) if options.json else _table(measures, content["paragraphs"])) + "\n")
    return DRIFTED if drifted else 0


def _texts(name: str, column: str, left_out: inputs.LeftOut) -> Iterator[str]:
    """Go through the texts of a table or of a folder of tables; noting those that cannot be read."""
    for file in expanded([name]):
        kind = kind_of(file)
        if kind == TEXT:
            raise InputError(f"{file}: wanted a table of paragraphs ({', '.join('.' + kind for kind in TABLES)})")
        for row in rows_of(file, kind, column):
            if isinstance(row, Rejected):
                left_out.add(row.where, row.reason)
            else:
                yield row.text


def _table(measures: list[Measure], n: Any) -> str:
    rows = [["", "measure", "effect", "limit", "by chance", f"reference ({n['reference']})", f"new ({n['new']})"]]
    for m in measures:
        chance = "< 0.001" if m.chance < 0.001 else f"{m.chance:.3f}"
        rows.append(["DRIFT" if m.drift else "ok", m.name, f"{m.effect:.3f}", f"{m.limit:g}", chance, m.reference, m.new])
    parts = [columns(rows)]
    drifted = [m for m in measures if m.drift]
    for m in drifted:
        if m.details:
            moved = (f"{d['name']} {100 * d['reference']:.1f} -> {100 * d['new']:.1f} %" for d in m.details)
            parts.append(f"{m.name} that moved most: {', '.join(moved)}")
    parts.append(f"drift in {', '.join(m.name for m in drifted)}" if drifted else "no drift beyond the limits")
    return "\n\n".join(parts)

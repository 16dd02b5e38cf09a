"""Figures and tables as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from narratives.metrics import Figure

UNDEFINED = "undefined"


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
        return UNDEFINED
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} [{low:.2f}-{high:.2f}]"


def signed(figure: Mapping[str, Any]) -> str:
    """Return a difference as ``+0.012 [-0.01 to +0.03]``; what is undefined says so."""
    value, low, high = figure["value"], figure["low"], figure["high"]
    if value is None:
        return UNDEFINED
    return f"{value:+.3f}" if low is None or high is None else f"{value:+.3f} [{low:+.2f} to {high:+.2f}]"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Line rows up in columns, the first row being the head."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])

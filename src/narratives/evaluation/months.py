"""Scores by month, where records say when they were published: the first sign of drift."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from narratives import metrics
from narratives.evaluation.answers import Answers
from narratives.evaluation.slices import SLICE_DRAWS, SMALLEST_SLICE, Rows, measured

DATE = "date"
MONTH = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))(?:-\d{2}.*)?", re.DOTALL)
QUANTILES = (0.1, 0.5, 0.9)


def months(answers: Answers) -> dict[str, Any] | None:
    """Return the distribution of each frame's probabilities by month, None where no record has a ``date``.

    :return: ``undated``, how many records have no date that begins with YYYY-MM; ``smallest``, the paragraphs that a month needs to
        be shown; and by month n and for each frame the ``mean`` probability (bootstrap interval by group), its ``quantiles`` 0.1, 0.5
        and 0.9, and the shares that are ``true`` and ``said`` (Wilson's interval).
    """
    if not any(DATE in record.fields for record in answers.records):
        return None
    rows_of: dict[str, list[int]] = {}
    for row, record in enumerate(answers.records):
        if match := MONTH.fullmatch(str(record.fields.get(DATE, ""))):
            rows_of.setdefault(match[1], []).append(row)
    undated = len(answers.records) - sum(map(len, rows_of.values()))
    enough = {month: np.array(rows) for month, rows in sorted(rows_of.items()) if len(rows) >= SMALLEST_SLICE}
    return {"undated": undated, "smallest": SMALLEST_SLICE, "months": {month: _month(answers, rows) for month, rows in enough.items()}}


def _month(answers: Answers, rows: Rows) -> dict[str, Any]:
    return {"n": len(rows), "frames": {frame: _frame(answers, rows, k) for k, frame in enumerate(answers.frame_ids)}}


def _frame(answers: Answers, rows: Rows, k: int) -> dict[str, Any]:
    probabilities = answers.probabilities[rows, k]
    groups = [answers.records[row].group for row in rows]
    return measured({"mean": lambda at: float(probabilities[at].mean())}, groups, SLICE_DRAWS) | {
        "quantiles": {f"{q:g}": round(float(np.quantile(probabilities, q)), 4) for q in QUANTILES},
        "true": metrics.share(int(answers.truth[rows, k].sum()), len(rows)).to_dict(),
        "said": metrics.share(int(answers.present[rows, k].sum()), len(rows)).to_dict(),
    }

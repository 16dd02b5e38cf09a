"""From counts to a table of shares, one line a period, group, frame and voice."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

import numpy as np

from narratives.errors import InputError
from narratives.quantify import FEWEST_LABELLED, Rates, shares
from narratives.trends.periods import label
from narratives.trends.tally import Tally

FEWEST = 100  # paragraphs; with fewer the interval of a share of 5 % is wider than the share itself
FEW, FALSE_ALARMS = "few paragraphs", "no more than false alarms"
FIGURES = ("raw", "adjusted")
KEYS = ("period", "start", "frame", "voice", "n", "said", *(f"{f}_{end}" for f in FIGURES for end in ("share", "low", "high")), "note")


def lines(tally: Tally, rates: Mapping[str, Rates], fewest: int = FEWEST, seed: int = 0) -> list[dict[str, Any]]:
    """Return the table, cells in order of time and group.

    :param rates: of each frame, for the calibration that the rows were scored with.
    :param fewest: paragraphs below which a cell is marked.
    :return: shares are of all paragraphs of the cell; undefined ones are None; ``voice`` is empty for the frame as a whole.
    :raises InputError: when nothing was counted, or a group's field has the name of a column.
    """
    wanted = tally.wanted
    if not tally.cells:
        raise InputError("no row could be counted")
    if taken := set(wanted.by) & set(KEYS):
        raise InputError(f"--by {min(taken)}: the table has a column of that name; rename the field")
    cells = sorted(tally.cells, key=lambda cell: (str(cell[0] or ""), cell[1]))
    table = []
    for k, frame in enumerate(tally.model.codebook.frame_ids):
        counts = np.array([tally.cells[cell][k] for cell in cells])
        found = shares(counts, rates[frame], 1 / tally.effect(k), seed)
        columns = [getattr(found, f"{f}{end}") for f in FIGURES for end in ("", "_low", "_high")]
        for i, (start, groups) in enumerate(cells):
            n, said = int(counts[i].sum()), [int(counts[i, 1:].sum()), *counts[i, 1:].tolist()]
            when = {"period": label(start, wanted.every), "start": start.isoformat()} if start and wanted.every else {}
            for v, voice in enumerate(["", *tally.voices]):
                values = [_plain(column[i, v]) for column in columns]
                notes = [FEW] * (n < fewest)
                notes += [FALSE_ALARMS] * (not v and values[3] == 0)
                row = when | dict(zip(wanted.by, groups, strict=True)) | {"frame": frame, "voice": voice, "n": n, "said": said[v]}
                table.append((i, row | dict(zip(KEYS[6:12], values, strict=True)) | {"note": "; ".join(notes)}))
    return [row for _, row in sorted(table, key=lambda pair: pair[0])]


def warnings(table: list[dict[str, Any]], tally: Tally, rates: Mapping[str, Rates], fewest: int = FEWEST) -> list[str]:
    """Return what a reader of the table must know before trusting it."""
    said = []
    cells, few = len(tally.cells), sum(int(counts[0].sum()) < fewest for counts in tally.cells.values())
    if few:
        said.append(f"{few} of {cells} cells have fewer than {fewest} paragraphs (marked: {FEW}); take longer periods or fewer groups")
    for frame, rate in rates.items():
        n = int(rate.having.sum())
        whole = [row for row in table if row["frame"] == frame and not row["voice"]]
        voiced = [row for row in table if row["frame"] == frame and row["voice"]]
        if whole[0]["adjusted_share"] is None:
            said.append(
                f"{frame}: not corrected, the rates come from {n} paragraphs with it and {int(rate.without.sum())} without "
                f"(wanted {FEWEST_LABELLED} of each, and answers that tell them apart)"
            )
        elif voiced and voiced[0]["adjusted_share"] is None:
            of = ", ".join(f"{voice} {m}" for voice, m in zip(tally.voices, rate.by_voice.sum(axis=1).tolist(), strict=True))
            said.append(f"{frame}: voices not corrected, the rates come from too few paragraphs (wanted {FEWEST_LABELLED} of each: {of})")
    if tally.wanted.article is None:
        said.append("intervals take each paragraph for itself; if those of an article are alike they are too narrow: name --article FIELD")
    return said


def _plain(value: float) -> float | None:
    return None if isnan(value) else round(float(value), 5)

#!/usr/bin/env python3
"""What corrected shares are worth on labelled text: as counted, corrected by the model's own rates, and by rates of half the text.

    python benchmarks/prevalence.py --data real_dev.jsonl

The text is halved by group. One half gives rates; of the other so many paragraphs with or without a frame are left out that a known
share has it, none is drawn twice, and the three answers are held against that share.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from narratives import folds, load, rates
from narratives.evaluation.answers import answers_of_model
from narratives.quantify import shares
from narratives.records import read_records
from narratives.report import columns

SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)
WAYS = ("as counted", "by the model's rates", "by rates of the other half")


def main() -> None:
    """Print the mean error and how often the interval holds the share, all frames and halves together."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labelled paragraphs")
    parser.add_argument("--model", help="default: the one in use")
    parser.add_argument("--repeats", type=int, default=50, help="draws of two halves (default: 50)")
    options = parser.parse_args()
    model = load(options.model)
    records = read_records(options.data, model.codebook)
    answers = answers_of_model(model, records)
    own = rates.kept(model.bundle)
    results: dict[tuple[float, str], list[tuple[float, bool, int]]] = {(share, way): [] for share in SHARES for way in WAYS}
    random = np.random.default_rng(0)
    for repeat in range(options.repeats):
        side = folds.assign_folds(answers.groups, 2, seed=repeat)
        for half in (0, 1):
            labelled = np.flatnonzero(side == half)
            of_half = rates.counted([records[i] for i in labelled], model.codebook, answers.present[labelled], None)
            for k, frame in enumerate(answers.frame_ids):
                for share in SHARES:
                    counts = drawn(random, answers.truth[side != half, k], answers.present[side != half, k], share)
                    if counts is None:
                        continue
                    true, n, said = counts
                    whole = without_voices(own[frame])
                    by_own, by_half = (shares(np.array([[n - said, said]]), known) for known in (whole, of_half[frame]))
                    told = (
                        (by_own.raw, by_own.raw_low, by_own.raw_high),
                        (by_own.adjusted, by_own.adjusted_low, by_own.adjusted_high),
                        (by_half.adjusted, by_half.adjusted_low, by_half.adjusted_high),
                    )
                    for way, (value, low, high) in zip(WAYS, told, strict=True):
                        if not np.isnan(value[0, 0]):
                            results[share, way].append((float(value[0, 0]) - true, bool(low[0, 0] <= true <= high[0, 0]), n))
    rows = [["true share", "paragraphs", "way", "mean share told", "mean error", "interval holds it"]]
    for (share, way), found in results.items():
        errors, held, n = (np.array(column) for column in zip(*found, strict=True))
        figures = f"{share + errors.mean():.3f}", f"{np.abs(errors).mean():.3f}", f"{100 * held.mean():.0f} %"
        rows.append([f"{share:g}", f"{n.mean():.0f}", way, *figures])
    print(f"{len(records)} paragraphs of {options.data.name}, model {model.version}, {options.repeats} times two halves, all frames")
    print(columns(rows))


def drawn(random: np.random.Generator, truth: np.ndarray, present: np.ndarray, share: float) -> tuple[float, int, int] | None:
    """Leave out paragraphs until a share of them has the frame; return that share, how many are left, and how many are said to."""
    n_with, n_without = int(truth.sum()), int((~truth).sum())
    n = int(min(n_with / share, n_without / (1 - share)))
    kept = [
        random.choice(np.flatnonzero(truth == side), round(n * part), replace=False) for side, part in ((True, share), (False, 1 - share))
    ]
    if not len(kept[0]):
        return None
    rows = np.concatenate(kept)
    return len(kept[0]) / len(rows), len(rows), int(present[rows].sum())


def without_voices(known: rates.Rates) -> rates.Rates:
    """Return the rates of a frame as a whole."""
    both = (np.array([part[0], part[1:].sum()]) for part in (known.without, known.having))
    return rates.Rates(*both, np.zeros((0, 2), np.int64), known.worth)


if __name__ == "__main__":
    main()

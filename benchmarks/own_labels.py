#!/usr/bin/env python3
"""What a few hundred paragraphs of one's own kind bring: half of a labelled set learnt, the other half scored, both ways.

    python benchmarks/own_labels.py --data real_dev.jsonl

Three models a half: the corpus alone, the half alone, and the half on top of the corpus (`narratives.adaptation`). Halves are
drawn by group, so that no paragraph has its twin on the other side.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from narratives import calibrate, folds, metrics
from narratives.adaptation import LEARNER, adapt
from narratives.codebook import read_codebook
from narratives.features.lexicon import load_lexicon
from narratives.frames import Learner
from narratives.records import Record, read_corpus, read_records
from narratives.report import columns
from narratives.training import Training, TrainingSettings

ROOT = Path(__file__).resolve().parent.parent
CORPUS_LEARNER = Learner("logistic", 10.0, False)


def main() -> None:
    """Print macro F1 and average precision of the three, mean and standard deviation over the halves."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labelled paragraphs")
    parser.add_argument("--repeats", type=int, default=5, help="draws of two halves (default: 5)")
    options = parser.parse_args()
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    settings = TrainingSettings(lexicon=load_lexicon(ROOT / "data" / "lexicon"), jobs=-1)
    corpus = Training(read_corpus([ROOT / "data" / "corpus"], codebook), codebook, settings)
    weights, biases = corpus.frame_weights(CORPUS_LEARNER)
    calibrations = corpus.calibrations(corpus.scores(CORPUS_LEARNER), corpus.truth)
    records = read_records(options.data, codebook)
    nothing = np.zeros_like(weights), tuple(0.0 for _ in biases)
    results: dict[str, list[tuple[float, float]]] = {"corpus alone": [], "half alone": [], "half on top of the corpus": []}
    for repeat in range(options.repeats):
        side = folds.assign_folds([record.group for record in records], 2, seed=repeat)
        for half in (0, 1):
            learnt, scored = (
                Training(pick(records, side == which), codebook, TrainingSettings(lexicon=settings.lexicon)) for which in (half, 1 - half)
            )
            alone, both = adapt(learnt, *nothing, LEARNER), adapt(learnt, weights, biases)
            for name, model in (
                ("corpus alone", (weights, biases, calibrations)),
                ("half alone", (alone.weights, alone.biases, alone.calibrations)),
                ("half on top of the corpus", (both.weights, both.biases, both.calibrations)),
            ):
                scores = scored.features @ model[0].astype(float) + np.array(model[1])
                present = calibrate.decide(scores, model[2])[1]
                ranked = [metrics.average_precision(t, s) for t, s in zip(scored.truth.T, scores.T, strict=True)]
                results[name].append((metrics.macro_f1(scored.truth, present), metrics.macro(ranked)))
    rows = [["learnt from", "halves", "macro F1", "average precision"]]
    for name, figures in results.items():
        mean, deviation = np.mean(figures, axis=0), np.std(figures, axis=0)
        rows.append([name, str(len(figures)), *(f"{m:.3f} (sd {d:.3f})" for m, d in zip(mean, deviation, strict=True))])
    print(f"{len(records)} paragraphs of {options.data.name}, {len(corpus.records)} of the corpus")
    print(columns(rows))


def pick(records: list[Record], chosen: np.ndarray) -> list[Record]:
    """Return the records of one side."""
    return [record for record, keep in zip(records, chosen, strict=True) if keep]


if __name__ == "__main__":
    main()

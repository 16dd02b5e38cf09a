#!/usr/bin/env python3
"""Train a model from labelled paragraphs.

    python train.py                                    data/corpus and data/codebook.toml -> models/<next version>
    python train.py --corpus mine.jsonl --codebook my-frames.toml --models my-models
    python train.py --corpus data/corpus --corpus more.jsonl=0.5 --own mine.jsonl --models my-models

Reads the codebook and the corpus and checks every line; chooses the learner by grouped cross-validation; calibrates on
out-of-fold scores; fits on everything; writes a new version and makes it the one in use. An existing version is never
overwritten, and a run that is killed leaves everything as it was. Same data, same bytes.

With --own a few hundred paragraphs of the kind that you will score are learnt on top of the corpus (`narratives.adaptation`),
and probabilities and thresholds are theirs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from narratives import records
from narratives.adaptation import adapt
from narratives.bundle import Bundle
from narratives.calibrate import decide
from narratives.codebook import read_codebook
from narratives.encoders import open_encoder
from narratives.errors import InputError, NarrativesError
from narratives.features.lexicon import NONE, load_lexicon
from narratives.frames import Learner
from narratives.metrics import Figure, macro_f1
from narratives.report import columns, cross_validation_table
from narratives.store import VERSION, Store
from narratives.training import PREVALENCE, Training, TrainingSettings, corpus_facts

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Train; return the exit code."""
    options = arguments()
    try:
        train(options)
    except NarrativesError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("train.py: stopped; no model was written", file=sys.stderr)
        return 130
    return 0


def train(options: argparse.Namespace) -> None:
    """Read, choose, calibrate, fit, write."""
    began = time.monotonic()
    if options.version and not VERSION.fullmatch(options.version):
        raise InputError(f"--version {options.version!r}: wanted MAJOR.MINOR.PATCH, such as 1.2.0")
    codebook = read_codebook(options.codebook)
    sources = [weighed(source) for source in options.corpus]
    corpus = records.read_corpus([path for path, _ in sources], codebook, [weight for _, weight in sources])
    own = records.read_corpus(options.own, codebook) if options.own else []
    if known := {record.id for record in corpus} & {record.id for record in own}:
        raise InputError(f"--own: {len(known)} ids stand in the corpus too, such as {min(known)!r}; own paragraphs must be new to it")
    print(f"read {len(corpus)} paragraphs, codebook {codebook.name} {codebook.version} ({', '.join(codebook.frame_ids)})")

    lexicon = load_lexicon(options.lexicon) if options.lexicon else NONE
    encoder = open_encoder(options.encoder) if options.encoder else None
    chosen = {"prevalence": options.prevalence or None, "seed": options.seed, "jobs": options.jobs}
    settings = TrainingSettings(lexicon=lexicon, encoder=encoder, **chosen)
    training = Training(corpus, codebook, settings)
    store = Store(options.models)
    digests = [records.corpus_digest(part) for part in (corpus, own) if part]
    version = options.version or store.next_version(codebook.digest, digests, settings.features.to_dict())

    print("choosing the learner by grouped cross-validation")
    learner, candidates = training.choose(say=lambda line: print(line, flush=True))
    print(f"chosen: {learner}")
    answers = training.out_of_fold(learner)
    facts = training.facts(learner, candidates, answers)
    figures = {name: Figure.from_dict(figure) for name, figure in facts["cross_validation"].items()}
    print(cross_validation_table(figures, codebook.frame_ids))

    bundle = adapted_bundle(version, training, learner, facts, own) if own else training.bundle(version, learner, answers, facts)
    folder = store.add(bundle)
    if not options.keep_current:
        store.use(version, why="trained by train.py")
    print(f"model {version} is in {folder}{'' if options.keep_current else ' and in use'} ({time.monotonic() - began:.0f} s)")


def weighed(source: str) -> tuple[Path, float]:
    """Read ``PATH`` or ``PATH=WEIGHT``."""
    path, equals, weight = source.rpartition("=")
    if not equals or Path(source).exists():
        return Path(source), 1.0
    try:
        number = float(weight)
    except ValueError:
        number = 0.0
    if not 0 < number <= records.HEAVIEST:
        raise InputError(f"--corpus {source!r}: wanted PATH or PATH=WEIGHT, a weight above 0 and at most {records.HEAVIEST}")
    return Path(path), number


def adapted_bundle(version: str, training: Training, learner: Learner, facts: dict[str, Any], own: list[records.Record]) -> Bundle:
    """Learn the own paragraphs on top of the corpus and say what they brought."""
    mine = Training(own, training.codebook, training.settings)
    weights, biases = training.frame_weights(learner)
    calibrations = training.calibrations(training.scores(learner), training.truth)
    before = decide(mine.features @ weights.astype(float) + np.array(biases), calibrations)[1]
    adapted = adapt(mine, weights, biases)
    rows = [["own paragraphs", "n", *training.codebook.frame_ids, "macro F1"]]
    for name, present in (("corpus alone", before), ("adapted, out of fold", adapted.answers.present)):
        figures = [macro_f1(mine.truth[:, [k]], present[:, [k]]) for k in range(mine.truth.shape[1])]
        rows.append([name, str(len(own)), *(f"{figure:.3f}" for figure in figures), f"{macro_f1(mine.truth, present):.3f}"])
    print(columns(rows))
    both = Training([*training.records, *own], training.codebook, training.settings)
    facts |= {
        "prevalence": None,
        "own": corpus_facts(own) | {"macro_f1_out_of_fold": round(macro_f1(mine.truth, adapted.answers.present), 4)},
    }
    return both.assemble(version, adapted.weights, adapted.biases, adapted.calibrations, facts, adapted.answers.scores)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--corpus",
        action="append",
        metavar="PATH[=WEIGHT]",
        help="file or folder of .jsonl files, and how much each paragraph counts; may be given several times (default: data/corpus)",
    )
    parser.add_argument(
        "--own", type=Path, action="append", help="labelled paragraphs of your own kind to adapt to; may be given several times"
    )
    parser.add_argument("--codebook", type=Path, help="default: data/codebook.toml")
    parser.add_argument("--lexicon", type=Path, help="folder of concept files (default: data/lexicon, none with --codebook)")
    parser.add_argument("--encoder", help="sentence-transformers:NAME_OR_FOLDER, a sentence encoder on this machine (default: none)")
    parser.add_argument("--models", type=Path, default=HERE / "models", help="where versions are kept (default: models)")
    parser.add_argument("--version", help="version to write (default: the next free one)")
    parser.add_argument(
        "--prevalence",
        type=float,
        default=PREVALENCE,
        help=f"share of paragraphs expected to carry a frame in use; 0: as in the corpus (default: {PREVALENCE})",
    )
    parser.add_argument("--seed", type=int, default=0, help="decides the folds (default: 0)")
    parser.add_argument("--jobs", type=int, default=-1, help="processes for cross-validation (default: all cores)")
    parser.add_argument("--keep-current", action="store_true", help="write the model without making it the one in use")
    options = parser.parse_args()
    if options.codebook is None:  # the lexicon is about the topic of our codebook
        options.codebook, options.lexicon = HERE / "data" / "codebook.toml", options.lexicon or HERE / "data" / "lexicon"
    options.corpus = options.corpus or [str(HERE / "data" / "corpus")]
    if not 0 <= options.prevalence < 1:
        parser.error(f"--prevalence {options.prevalence}: wanted a share from 0 to 1")
    return options


if __name__ == "__main__":
    sys.exit(main())

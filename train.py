#!/usr/bin/env python3
"""Train a model from labelled paragraphs.

    python train.py                                    data/corpus and data/codebook.toml -> models/<next version>
    python train.py --corpus mine.jsonl --codebook my-frames.toml --models my-models

Reads the codebook and the corpus and checks every line; chooses the learner by grouped cross-validation; calibrates on
out-of-fold scores; fits on everything; writes a new version and makes it the one in use. An existing version is never
overwritten, and a run that is killed leaves everything as it was. Same data, same bytes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from narratives import records
from narratives.codebook import read_codebook
from narratives.errors import InputError, NarrativesError
from narratives.features.lexicon import NONE, load_lexicon
from narratives.report import cross_validation_table
from narratives.store import VERSION, Store
from narratives.training import PREVALENCE, Training, TrainingSettings, cross_validation_figures

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
    corpus = records.read_corpus(options.corpus, codebook)
    print(f"read {len(corpus)} paragraphs, codebook {codebook.name} {codebook.version} ({', '.join(codebook.frame_ids)})")

    lexicon = load_lexicon(options.lexicon) if options.lexicon else NONE
    settings = TrainingSettings(lexicon=lexicon, prevalence=options.prevalence or None, seed=options.seed, jobs=options.jobs)
    training = Training(corpus, codebook, settings)
    store = Store(options.models)
    version = options.version or store.next_version(codebook.digest, records.corpus_digest(corpus), settings.features.to_dict())

    print("choosing the learner by grouped cross-validation")
    learner, candidates = training.choose(say=lambda line: print(line, flush=True))
    print(f"chosen: {learner}")
    answers = training.out_of_fold(learner)
    print(cross_validation_table(cross_validation_figures(training, answers), codebook.frame_ids))

    folder = store.add(training.bundle(version, learner, candidates, answers))
    if not options.keep_current:
        store.use(version)
    print(f"model {version} is in {folder}{'' if options.keep_current else ' and in use'} ({time.monotonic() - began:.0f} s)")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--corpus", type=Path, action="append", help="file or folder of .jsonl files; may be given several times (default: data/corpus)"
    )
    parser.add_argument("--codebook", type=Path, help="default: data/codebook.toml")
    parser.add_argument("--lexicon", type=Path, help="folder of concept files (default: data/lexicon, none with --codebook)")
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
    options.corpus = options.corpus or [HERE / "data" / "corpus"]
    if not 0 <= options.prevalence < 1:
        parser.error(f"--prevalence {options.prevalence}: wanted a share from 0 to 1")
    return options


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Evaluate a model and hold it against its gates.

    python evaluate.py                              the model in use, by grouped cross-validation on data/corpus
    python evaluate.py --data labelled.jsonl        the same model on labelled paragraphs; may be given several times
    python evaluate.py --model 1.2.0 --gates gate.toml
    python evaluate.py --data labelled.jsonl --slice outlet --slice language+register --card

Reads a model, the corpus it was trained from or labelled files, and the gates; writes reports/<version>/report.json and, drawn
from it, report.md, report.html, junit.xml and plots/; docs/reports.md says what stands where.
Exit code 0: all gates hold; 1: one fails (all failures are listed); 2: something could not be used.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from narratives import bundle, records
from narratives.corpus.curve import read_summary
from narratives.errors import InputError, NarrativesError
from narratives.evaluation.gates import read_gates
from narratives.evaluation.protocol import Beside, evaluate_on_corpus, evaluate_on_file, report, tfidf_like, tfidf_of_same_corpus
from narratives.evaluation.slices import chosen
from narratives.report import columns, shown
from narratives.report.card import write_card
from narratives.report.writing import write_report
from narratives.scorer import Model
from narratives.store import Store, default_store

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "data" / "corpus"


def main() -> int:
    """Evaluate; return the exit code."""
    options = arguments()
    try:
        return evaluate(options)
    except NarrativesError as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 2


def evaluate(options: argparse.Namespace) -> int:
    """Read, measure, judge, write."""
    place = (Store(options.models) if options.models else default_store()).find(options.model)
    model = Model(bundle.load(place))
    demands = read_gates(options.gates) if options.gates.exists() else []
    curve = read_summary(options.curve) if options.curve else None
    result = report(model, evaluations_of(options, model), demands, curve)

    folder = options.reports / model.version
    for remark in write_report(result, folder):
        print(f"evaluate.py: {remark}", file=sys.stderr)
    if options.card:
        print(f"card: {write_card(place, result, options.license)}")

    rows = [["data", "n", "macro F1", "micro F1", *model.codebook.frame_ids]]
    for part in result["evaluations"]:
        figures = part["figures"]
        by_frame = [shown(figures["frames"][frame]["f1"]) for frame in model.codebook.frame_ids]
        rows.append([part["name"], str(part["n"]), shown(figures["overall"]["macro_f1"]), shown(figures["overall"]["micro_f1"]), *by_frame])
        for language, values in figures["slices"]["language"].items():
            by_frame = [shown(values["frames"][frame]["f1"]) for frame in model.codebook.frame_ids]
            rows.append(
                [
                    f"  {language}",
                    str(values["overall"]["n"]),
                    shown(values["overall"]["macro_f1"]),
                    shown(values["overall"]["micro_f1"]),
                    *by_frame,
                ]
            )
    print(columns(rows))
    for part in result["evaluations"]:
        voice, subframe = part["figures"]["voice"], part["figures"]["subframe"]
        if voice and subframe:
            told = f"voice macro F1 {shown(voice['macro_f1'])} on {voice['n']} frames rightly found"
            print(f"{part['name']}: {told}, sub-frame first guess {shown(subframe['accuracy'])} of {subframe['n']}")
    for gate in result["gates"]:
        print(f"{'ok    ' if gate['passed'] else 'FAILED'} {gate['message']}")
    print(f"report: {folder / 'report.html'}, and beside it report.md, report.json, junit.xml")
    return 0 if result["passed"] else 1


def evaluations_of(options: argparse.Namespace, model: Model) -> list[dict[str, Any]]:
    """Measure on each labelled file, or by cross-validation on the corpus."""
    if options.data:
        files = {path: records.read_records(path, model.codebook) for path in options.data}
        if len({path.stem for path in files}) < len(files):
            raise InputError("two data files have the same name, by which gates and pages tell them apart; rename one")
    else:
        files = {CORPUS: records.read_corpus([options.corpus or CORPUS], model.codebook)}
    if not all(files.values()):
        raise InputError("a data file holds no paragraphs; there is nothing to measure")
    slices = chosen(options.slice, [record for part in files.values() for record in part])
    beside = Beside(slices)
    if not options.data:
        corpus = files[CORPUS]
        if not options.no_tfidf:
            beside = replace(beside, tfidf=tfidf_like(model, corpus, options.jobs))
        return [evaluate_on_corpus(model, corpus, options.jobs, beside)]
    if not options.no_tfidf:
        beside = replace(beside, tfidf=tfidf_of_same_corpus(model, corpus_at_hand(options, model), options.jobs))
    return [evaluate_on_file(model, path, part, beside) for path, part in files.items()]


def corpus_at_hand(options: argparse.Namespace, model: Model) -> list[records.Record]:
    """Return the corpus to train the baseline on; that of this checkout is passed over where it is of another topic."""
    if options.corpus:
        return records.read_corpus([options.corpus], model.codebook)
    try:
        return records.read_corpus([CORPUS], model.codebook)
    except NarrativesError:
        return []


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", help="version or folder of a model (default: the one in use)")
    parser.add_argument("--models", type=Path, help="folder of versions (default: models)")
    parser.add_argument("--data", type=Path, action="append", help="labelled .jsonl file; may be given several times")
    parser.add_argument(
        "--corpus", type=Path, help="what the model was trained on, to cross-validate on without --data (default: data/corpus)"
    )
    parser.add_argument(
        "--slice",
        action="append",
        default=[],
        metavar="FIELD",
        help="a field of the records to slice by, besides the usual; A+B crosses two; may be given several times",
    )
    parser.add_argument("--no-tfidf", action="store_true", help="leave out the baseline that has to be trained, for a quicker look")
    parser.add_argument("--curve", type=Path, help="output of `narratives corpus learning-curve --json`, to show in the report")
    parser.add_argument("--card", action="store_true", help="write the figures into MODEL_CARD.md in the model's folder")
    parser.add_argument("--license", help="licence of the model that the card states, such as cc-by-4.0")
    parser.add_argument("--gates", type=Path, default=HERE / "gate.toml", help="demands on named figures (default: gate.toml)")
    parser.add_argument("--reports", type=Path, default=HERE / "reports", help="where reports go (default: reports)")
    parser.add_argument("--jobs", type=int, default=-1, help="processes for cross-validation (default: all cores)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Evaluate a model and hold it against its gates.

    python evaluate.py                              the model in use, by grouped cross-validation on data/corpus
    python evaluate.py --data labelled.jsonl        the same model on labelled paragraphs; may be given several times
    python evaluate.py --model 1.2.0 --gates gate.toml
    python evaluate.py --data labelled.jsonl --slice outlet --slice language+register --card
    python evaluate.py --against 1.1.0              beside another model, a model folder, or baseline:tfidf|keywords|constant

Reads a model, the corpus it was trained from or labelled files, and the gates; writes reports/<version>/report.json and, drawn
from it, report.md, report.html, junit.xml and plots/; docs/reports.md says what stands where.
Exit code 0: all gates hold; 1: one fails (all failures are listed); 2: something could not be used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives import bundle, records
from narratives.behaviour.reading import read_suite
from narratives.behaviour.runs import run_suite
from narratives.corpus.curve import read_summary
from narratives.errors import InputError, NarrativesError
from narratives.evaluation.answers import Answers, answers_of_cross_validation, answers_of_model
from narratives.evaluation.comparison import compare
from narratives.evaluation.gates import read_gates
from narratives.evaluation.opponents import TFIDF, answers_of_opponent, baseline_of
from narratives.evaluation.protocol import CORPUS as CROSS_VALIDATED
from narratives.evaluation.protocol import Beside, evaluate_on_corpus, evaluate_on_file, report, tfidf_like, tfidf_of_same_corpus
from narratives.evaluation.slices import chosen
from narratives.evaluation.tfidf import Tfidf
from narratives.report import behaviour_tables, columns, comparison_tables, plain, shown
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
    place = found(options, options.model)
    model = Model(bundle.load(place))
    demands = read_gates(options.gates) if options.gates.exists() else []
    suite = read_suite(options.behaviour, model.codebook) if options.behaviour else None
    curve = read_summary(options.curve) if options.curve else None
    data = labelled(options, model)
    tfidf = baseline_that_learns(options, model, data)
    opponent = opponent_of(options, tfidf)
    slices = chosen(options.slice, [record for part in data for record in part.records])
    beside = Beside(slices, "not asked for" if options.no_tfidf else tfidf)
    answers = {
        part.name: answers_of_model(model, part.records) if part.path else answers_of_cross_validation(model, part.records, options.jobs)
        for part in data
    }
    evaluations = [
        evaluate_on_file(model, part.path, part.records, beside, answers[part.name])
        if part.path
        else evaluate_on_corpus(model, part.records, options.jobs, beside, answers[part.name])
        for part in data
    ]
    behaviour = run_suite(model, suite, {part.name: part.records for part in data}) if suite else None
    comparison = compared(options, model, opponent, answers) if opponent else None
    result = report(model, evaluations, demands, curve, behaviour, comparison)

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
    for table in [*behaviour_tables(result), *(table for table in comparison_tables(result) if not table.folded)]:
        print(f"\n{table.title}\n{plain(table)}\n")
    for gate in result["gates"]:
        print(f"{'ok    ' if gate['passed'] else 'FAILED'} {gate['message']}")
    print(f"report: {folder / 'report.html'}, and beside it report.md, report.json, junit.xml")
    return 0 if result["passed"] else 1


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled paragraphs to measure on: a file, or the corpus, which has no path and is answered out of fold."""

    name: str
    path: Path | None
    records: list[records.Record]


def found(options: argparse.Namespace, name: str | None) -> Path:
    """Return the folder of a model by version or folder, of the one in use by default."""
    return (Store(options.models) if options.models else default_store()).find(name)


def labelled(options: argparse.Namespace, model: Model) -> list[Labelled]:
    """Read the labelled files, or the corpus."""
    if options.data:
        data = [Labelled(path.stem, path, records.read_records(path, model.codebook)) for path in options.data]
        if len({part.name for part in data}) < len(data):
            raise InputError("two data files have the same name, by which gates and pages tell them apart; rename one")
    else:
        data = [Labelled(CROSS_VALIDATED, None, records.read_corpus([options.corpus or CORPUS], model.codebook))]
    if not all(part.records for part in data):
        raise InputError("a data file holds no paragraphs; there is nothing to measure")
    return data


def baseline_that_learns(options: argparse.Namespace, model: Model, data: list[Labelled]) -> Tfidf | str:
    """Return TF-IDF on the corpus, or why there is none; it is trained once, when it is first asked."""
    if not options.data:
        return tfidf_like(model, data[0].records, options.jobs)
    if options.no_tfidf and baseline_of(options.against or "") != TFIDF:
        return "not asked for"
    return tfidf_of_same_corpus(model, corpus_at_hand(options, model), options.jobs)


def corpus_at_hand(options: argparse.Namespace, model: Model) -> list[records.Record]:
    """Return the corpus to train the baseline on; that of this checkout is passed over where it is of another topic."""
    if options.corpus:
        return records.read_corpus([options.corpus], model.codebook)
    try:
        return records.read_corpus([CORPUS], model.codebook)
    except NarrativesError:
        return []


def opponent_of(options: argparse.Namespace, tfidf: Tfidf | str) -> Model | Tfidf | str | None:
    """Return what to compare with: a model, or a baseline, which is an object where it learns and else a name."""
    if not options.against:
        return None
    name = baseline_of(options.against)
    if name is None:
        return Model(bundle.load(found(options, options.against)))
    if name == TFIDF and isinstance(tfidf, str):
        raise InputError(f"--against {options.against}: {tfidf}; name the corpus of the model with --corpus")
    return tfidf if name == TFIDF else name


def compared(options: argparse.Namespace, model: Model, opponent: Model | Tfidf | str, answers: Mapping[str, Answers]) -> dict[str, Any]:
    """Compare with another model or a baseline on each set of paragraphs."""
    told = opponent.version if isinstance(opponent, Model) else options.against
    theirs = {
        name: answers_of_opponent(opponent, model, ours.records, out_of_fold=not options.data, jobs=options.jobs)
        for name, ours in answers.items()
    }
    return {"against": told, "data": {name: compare(name, told, ours, theirs[name]) for name, ours in answers.items()}}


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
    parser.add_argument("--against", help="what to compare with: a version, a model folder, baseline:tfidf, :keywords or :constant")
    parser.add_argument("--behaviour", type=Path, default=HERE / "data" / "behaviour", help="folder of tests (default: data/behaviour)")
    parser.add_argument("--no-behaviour", dest="behaviour", action="store_const", const=None, help="leave the behaviour tests out")
    parser.add_argument("--reports", type=Path, default=HERE / "reports", help="where reports go (default: reports)")
    parser.add_argument("--jobs", type=int, default=-1, help="processes for cross-validation (default: all cores)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

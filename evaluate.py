#!/usr/bin/env python3
"""Evaluate a model and hold it against its gates.

    python evaluate.py                              the model in use, by grouped cross-validation on data/corpus
    python evaluate.py --data labelled.jsonl        the same model on labelled paragraphs; may be given several times
    python evaluate.py --model 1.2.0 --gates gate.toml
    python evaluate.py --against 1.1.0              beside another model, a model folder, or baseline:tfidf|keywords|constant

Reads a model, the corpus it was trained from or labelled files, and the gates; writes reports/<version>/report.json and
report.md. Exit code 0: all gates hold; 1: one fails (all failures are listed); 2: something could not be used.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from narratives import records
from narratives.behaviour.reading import read_suite
from narratives.behaviour.runs import run_suite
from narratives.errors import InputError, NarrativesError
from narratives.evaluation.answers import Answers, answers_of_cross_validation, answers_of_model
from narratives.evaluation.comparison import compare
from narratives.evaluation.gates import read_gates
from narratives.evaluation.opponents import answers_of_opponent, baseline_of
from narratives.evaluation.protocol import CORPUS, evaluate_on_corpus, evaluate_on_file, report
from narratives.evaluation.regressions import read_regressions
from narratives.files import write_json, written_whole
from narratives.report import behaviour_table, columns, comparison_tables, markdown, shown
from narratives.scorer import Model, load
from narratives.store import Store

HERE = Path(__file__).resolve().parent


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
    model = opened(options.model, options.models)
    demands, regressions = (read_gates(options.gates), read_regressions(options.gates)) if options.gates.exists() else ([], [])
    suite = read_suite(options.behaviour, model.codebook) if options.behaviour else None
    opponent = (baseline_of(options.against) or opened(options.against, options.models)) if options.against else None
    if options.data:
        data = {path.stem: records.read_records(path, model.codebook) for path in options.data}
        answers = {name: answers_of_model(model, part) for name, part in data.items()}
        evaluations = [evaluate_on_file(model, path, data[path.stem], answers[path.stem]) for path in options.data]
    else:
        data = {CORPUS: records.read_corpus([options.corpus], model.codebook)}
        answers = {CORPUS: answers_of_cross_validation(model, data[CORPUS], options.jobs)}
        evaluations = [evaluate_on_corpus(model, data[CORPUS], answers=answers[CORPUS])]
    if any(not evaluation["n"] for evaluation in evaluations):
        raise InputError("a data file holds no paragraphs; there is nothing to measure")
    behaviour = run_suite(model, suite, data) if suite else None
    comparison = compared(options, model, opponent, answers) if opponent else None
    result = report(model, evaluations, demands, behaviour, comparison, regressions)

    folder = options.reports / model.version
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "report.json", result)
    with written_whole(folder / "report.md") as file:
        file.write(markdown(result))

    rows = [["data", "n", "macro F1", "micro F1", *model.codebook.frame_ids]]
    for part in evaluations:
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
    for part in evaluations:
        voice, subframe = part["figures"]["voice"], part["figures"]["subframe"]
        if voice and subframe:
            told = f"voice macro F1 {shown(voice['macro_f1'])} on {voice['n']} frames rightly found"
            print(f"{part['name']}: {told}, sub-frame first guess {shown(subframe['accuracy'])} of {subframe['n']}")
    for table in ([behaviour_table(behaviour)] if behaviour else []) + comparison_tables(comparison):
        print(f"\n{columns(table)}\n")
    for gate in result["gates"]:
        print(f"{'ok    ' if gate['passed'] else 'FAILED'} {gate['message']}")
    print(f"report: {folder / 'report.md'}")
    return 0 if result["passed"] else 1


def opened(name: str | None, models: Path | None) -> Model:
    """Open a model by version or folder, the one in use by default."""
    return load(name) if models is None or (name and Path(name).is_dir()) else Model(Store(models).load(name))


def compared(options: argparse.Namespace, model: Model, opponent: Model | str, answers: dict[str, Answers]) -> dict[str, Any]:
    """Compare with another model or a baseline on each set of paragraphs."""
    corpus = partial(records.read_corpus, [options.corpus], model.codebook) if options.data else None
    told = options.against if isinstance(opponent, str) else opponent.version
    found = {}
    for name, ours in answers.items():
        theirs = answers_of_opponent(opponent, model, ours.records, corpus, options.jobs)
        found[name] = compare(name, told, ours, theirs)
    return {"against": told, "data": found}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", help="version or folder of a model (default: the one in use)")
    parser.add_argument("--models", type=Path, help="folder of versions (default: models)")
    parser.add_argument("--data", type=Path, action="append", help="labelled .jsonl file; may be given several times")
    parser.add_argument(
        "--corpus", type=Path, default=HERE / "data" / "corpus", help="what to cross-validate on without --data (default: data/corpus)"
    )
    parser.add_argument("--gates", type=Path, default=HERE / "gate.toml", help="demands on named figures (default: gate.toml)")
    parser.add_argument("--against", help="what to compare with: a version, a model folder, baseline:tfidf, :keywords or :constant")
    parser.add_argument("--behaviour", type=Path, default=HERE / "data" / "behaviour", help="folder of tests (default: data/behaviour)")
    parser.add_argument("--no-behaviour", dest="behaviour", action="store_const", const=None, help="leave the behaviour tests out")
    parser.add_argument("--reports", type=Path, default=HERE / "reports", help="where reports go (default: reports)")
    parser.add_argument("--jobs", type=int, default=-1, help="processes for cross-validation (default: all cores)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

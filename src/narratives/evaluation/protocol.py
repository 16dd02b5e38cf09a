"""One evaluation of a model, and the report over several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from narratives.evaluation import gates
from narratives.evaluation.answers import (
    Answers,
    answers_of_constant,
    answers_of_cross_validation,
    answers_of_keywords,
    answers_of_model,
)
from narratives.evaluation.certainty import certainty
from narratives.evaluation.mistakes import worst_mistakes
from narratives.evaluation.prevalence import prevalences
from narratives.evaluation.regressions import Regression, judge_regression
from narratives.evaluation.slices import figures, pairs
from narratives.records import Record, corpus_digest
from narratives.scorer import Model

SCHEMA = 1  # of report.json; raise when a reader of the old number would misread it
CORPUS = "corpus"
BEHAVIOUR, COMPARISON = "behaviour", "comparison"


def evaluate_on_corpus(model: Model, records: Sequence[Record], jobs: int = 1, answers: Answers | None = None) -> dict[str, Any]:
    """Evaluate by grouped cross-validation on a corpus, which the model itself may have seen; answers that are at hand are taken."""
    answers = answers or answers_of_cross_validation(model, records, jobs)
    return _evaluation(CORPUS, "grouped cross-validation", model, answers)


def evaluate_on_file(model: Model, path: Path, records: Sequence[Record], answers: Answers | None = None) -> dict[str, Any]:
    """Evaluate on labelled paragraphs that the model has not seen; answers that are at hand are taken."""
    answers = answers or answers_of_model(model, records)
    evaluation = _evaluation(path.stem, "labelled file", model, answers)
    evaluation["figures"]["prevalence"] = prevalences(model, answers)
    return evaluation


def report(
    model: Model,
    evaluations: Sequence[dict[str, Any]],
    demands: Sequence[gates.Gate],
    behaviour: Mapping[str, Any] | None = None,
    comparison: Mapping[str, Any] | None = None,
    regressions: Sequence[Regression] = (),
) -> dict[str, Any]:
    """Put evaluations, behaviour tests, the comparison with another model and the verdicts of the gates together.

    Gates on what was not measured this time (other data, no behaviour tests, no comparison) are left out; a gate on a figure that is
    missing fails.

    :param behaviour: what `narratives.behaviour.runs.run_suite` returned.
    :param comparison: ``against`` and ``data``: by name of the evaluation what `narratives.evaluation.comparison.compare` returned.
    """
    by_name = {evaluation["name"]: evaluation["figures"] for evaluation in evaluations}
    if behaviour is None:
        demands = [gate for gate in demands if not gate.figure.startswith(f"{BEHAVIOUR}.")]
    else:
        by_name = {name: by_name.get(name, {}) | {BEHAVIOUR: behaviour["data"].get(name, {})} for name in {**by_name, **behaviour["data"]}}
    verdicts = [gates.judge(gate, by_name[gate.data]) for gate in demands if gate.data in by_name]
    compared = comparison["data"] if comparison else {}
    verdicts += [judge_regression(gate, part) for gate in regressions for name, part in compared.items() if gate.data in (None, name)]
    return {
        "schema": SCHEMA,
        "model": {
            "version": model.version,
            "codebook": f"{model.codebook.name} {model.codebook.version}",
            "paragraphs": model.bundle.facts.get("corpus", {}).get("paragraphs"),
            "learner": model.bundle.facts.get("learner"),
        },
        "passed": all(verdict.passed for verdict in verdicts),
        "gates": [verdict.to_dict() for verdict in verdicts],
        "evaluations": list(evaluations),
        BEHAVIOUR: behaviour,
        COMPARISON: comparison,
    }


def _evaluation(name: str, method: str, model: Model, answers: Answers) -> dict[str, Any]:
    baselines = {"constant": answers_of_constant(answers.records, model.codebook)}
    if any(frame.keywords for frame in model.codebook.frames):
        baselines["keywords"] = answers_of_keywords(answers.records, model.codebook)
    return {
        "name": name,
        "method": method,
        "n": len(answers.records),
        "data_sha256": corpus_digest(answers.records),
        "figures": figures(answers) | {"certainty": certainty(answers, model.calibrations), "pairs": pairs(answers)},
        "baselines": {name: figures(baseline) for name, baseline in baselines.items()},
        "mistakes": worst_mistakes(answers),
    }

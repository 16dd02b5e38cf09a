"""One evaluation of a model, and the report over several."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from narratives.evaluation import choices, confusion, curves, gates
from narratives.evaluation.answers import (
    Answers,
    answers_of_constant,
    answers_of_cross_validation,
    answers_of_keywords,
    answers_of_model,
)
from narratives.evaluation.certainty import certainty
from narratives.evaluation.mistakes import worst_mistakes
from narratives.evaluation.months import months
from narratives.evaluation.prevalence import prevalences
from narratives.evaluation.readers import agreement
from narratives.evaluation.regressions import COMPARISON
from narratives.evaluation.slices import SLICES, Key, figures, pairs
from narratives.evaluation.tfidf import Tfidf
from narratives.evaluation.verdicts import Demand
from narratives.evaluation.worst import worst_slices
from narratives.records import Record, corpus_digest
from narratives.scorer import Model

SCHEMA = 2  # of report.json; raise when a reader of the old number would misread it
CORPUS = "corpus"
CROSS_VALIDATION, LABELLED_FILE = "grouped cross-validation", "labelled file"


@dataclass(frozen=True, slots=True)
class Beside:
    """What an evaluation shows besides its own figures.

    :param slices: slicings that a user asked for (`narratives.evaluation.slices.chosen`).
    :param tfidf: the baseline of that name, or why there is none. On a corpus it must be one of the same records.
    """

    slices: Mapping[str, Key] = field(default_factory=dict)
    tfidf: Tfidf | str = "not asked for"


def tfidf_like(model: Model, corpus: Sequence[Record], jobs: int = 1) -> Tfidf:
    """Return the TF-IDF baseline on a corpus, at the prevalence and on the folds that the model was trained with."""
    facts = model.bundle.facts
    return Tfidf(corpus, model.codebook, facts.get("prevalence"), facts.get("seed", 0), jobs)


def tfidf_of_same_corpus(model: Model, corpus: Sequence[Record], jobs: int = 1) -> Tfidf | str:
    """Return the TF-IDF baseline trained on the corpus of the model, or why there can be none."""
    digest = model.bundle.facts.get("corpus", {}).get("sha256")
    if not corpus:
        return "the corpus that the model was trained on is not at hand"
    if corpus_digest(corpus) != digest:
        return "the corpus at hand is not the one that the model was trained on"
    return tfidf_like(model, corpus, jobs)


def evaluate_on_corpus(
    model: Model, records: Sequence[Record], jobs: int = 1, beside: Beside | None = None, answers: Answers | None = None
) -> dict[str, Any]:
    """Evaluate by grouped cross-validation on a corpus, which the model itself may have seen; answers that are at hand are taken."""
    beside = beside or Beside()
    answers = answers or answers_of_cross_validation(model, records, jobs)
    baseline = beside.tfidf if isinstance(beside.tfidf, str) else beside.tfidf.out_of_fold()
    return _evaluation(CORPUS, CROSS_VALIDATION, model, answers, beside, baseline)


def evaluate_on_file(
    model: Model, path: Path, records: Sequence[Record], beside: Beside | None = None, answers: Answers | None = None
) -> dict[str, Any]:
    """Evaluate on labelled paragraphs that the model has not seen; answers that are at hand are taken."""
    beside = beside or Beside()
    answers = answers or answers_of_model(model, records)
    baseline = beside.tfidf if isinstance(beside.tfidf, str) else beside.tfidf.answers(records)
    evaluation = _evaluation(path.stem, LABELLED_FILE, model, answers, beside, baseline, path)
    evaluation["figures"]["prevalence"] = prevalences(model, answers)
    return evaluation


def report(
    model: Model,
    evaluations: Sequence[dict[str, Any]],
    demands: Sequence[Demand],
    learning_curve: Mapping[str, Any] | None = None,
    behaviour: Mapping[str, Any] | None = None,
    comparison: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Put all that was measured and the verdicts of the gates together; pages are drawn from this and from nothing else.

    Gates on what was not measured this time are left out; a gate on a figure that is missing fails.

    :param learning_curve: by what was measured on, the lines of `narratives.corpus.curve.summary`.
    :param behaviour: what `narratives.behaviour.runs.run_suite` returned.
    :param comparison: ``against`` and ``data``: by name of the evaluation what `narratives.evaluation.comparison.compare` returned.
    """
    measured = {"evaluations": list(evaluations), gates.BEHAVIOUR: behaviour, COMPARISON: comparison}
    verdicts = gates.judge_all(demands, measured)
    return {
        "schema": SCHEMA,
        "model": _described(model),
        "passed": all(verdict.passed for verdict in verdicts),
        "gates": [verdict.to_dict() for verdict in verdicts],
        "learning_curve": dict(learning_curve or {}),
        **measured,
    }


def speed(model: Model, texts: Sequence[str]) -> dict[str, Any]:
    """Return how many paragraphs a second the model decides on here, without evidence; a first round warms it up and is not timed."""
    model.decisions(texts)
    began = time.perf_counter()
    model.decisions(texts)
    seconds = time.perf_counter() - began
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return {"paragraphs_per_second": round(len(texts) / seconds) if seconds else None, "n": len(texts), "machine": machine}


def _described(model: Model) -> dict[str, Any]:
    facts, codebook = model.bundle.facts, model.codebook
    parts = zip(codebook.frames, model.calibrations, model.bundle.priors, strict=True)
    return {
        "version": model.version,
        "manifest_sha256": model.bundle.manifest_sha256,
        "codebook": f"{codebook.name} {codebook.version}",
        "paragraphs": facts.get("corpus", {}).get("paragraphs"),
        "languages": list(model.languages),
        "learner": facts.get("learner"),
        "frames": {
            frame.id: {"title": frame.title, "threshold": calibration.threshold, "prevalence": round(prior, 4)}
            for frame, calibration, prior in parts
        },
    }


def _evaluation(
    name: str,
    method: str,
    model: Model,
    answers: Answers,
    beside: Beside,
    tfidf: Answers | str,
    path: Path | None = None,
) -> dict[str, Any]:
    baselines = {"constant": answers_of_constant(answers.records, model.codebook)}
    left_out = {}
    if any(frame.keywords for frame in model.codebook.frames):
        baselines["keywords"] = answers_of_keywords(answers.records, model.codebook)
    else:
        left_out["keywords"] = "the codebook names no keywords"
    if isinstance(tfidf, Answers):
        baselines["tfidf"] = tfidf
    else:
        left_out["tfidf"] = tfidf
    return {
        "name": name,
        "method": method,
        "n": len(answers.records),
        "groups": len(set(answers.groups)),
        "data_sha256": corpus_digest(answers.records),
        "figures": _figures(model, answers, beside.slices),
        "baselines": {name: figures(baseline, {"language": SLICES["language"]}) for name, baseline in baselines.items()},
        "baselines_left_out": left_out,
        "agreement": agreement(answers.records, model.codebook, path),
        "mistakes": worst_mistakes(answers, model=model),
        "speed": speed(model, [record.text for record in answers.records]),
    }


def _figures(model: Model, answers: Answers, more_slices: Mapping[str, Key]) -> dict[str, Any]:
    found = figures(answers, {**SLICES, **more_slices}) | {
        "voice": choices.voice(answers),
        "subframe": choices.subframe(answers),
        "recall_by": choices.recall_by(answers),
        "certainty": certainty(answers, model.calibrations),
        "pairs": pairs(answers),
        "confusion": {"frames": confusion.frame_sets(answers), "voices": confusion.voices(answers)},
        "curves": {frame: curves.precision_recall(answers, k) for k, frame in enumerate(answers.frame_ids)},
        "reliability": {frame: curves.reliability(answers, k) for k, frame in enumerate(answers.frame_ids)},
        "months": months(answers),
    }
    return found | {"worst": worst_slices(found)}

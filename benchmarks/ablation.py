#!/usr/bin/env python3
"""Every idea in one table: what it does in cross-validation, on unseen languages and registers, and on real text.

    python benchmarks/ablation.py --data real_dev.jsonl [-o docs/ablation.md]

Each row is the default model with one thing changed. Average precision (mean of the frames) says how well paragraphs are
ranked; macro F1 uses calibration and thresholds learnt out of fold on the corpus. Choose by the first three columns; the
real text confirms.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack

from narratives import calibrate, folds, frames, metrics
from narratives.codebook import read_codebook
from narratives.features import Extractor, FeatureSettings
from narratives.features.lexicon import NONE, load_lexicon
from narratives.frames import Learner, compact
from narratives.records import Record, read_corpus, read_records
from narratives.report import columns
from narratives.text import normalise
from narratives.training import PREVALENCE

ROOT = Path(__file__).resolve().parent.parent
BASE = FeatureSettings()
REGISTER_FOLDS = 8
DEFAULT_LEARNER = Learner("logistic", 10.0, True)


@dataclass(frozen=True)
class Idea:
    """One change: other features, another learner, another weighting of the features."""

    name: str
    settings: FeatureSettings = BASE
    learner: Learner = DEFAULT_LEARNER
    lexicon: bool = True
    weighting: Callable[[Any, Any], Any] = lambda train, other: other
    prevalence: float | None = PREVALENCE
    bayes: bool = False  # columns weighed by naive Bayes log-count ratios (Wang and Manning 2012)
    offsets: bool = False  # a bias for each language
    twins: float = 1.0  # how much a paragraph that has a twin counts
    equal: bool = False  # leave out the records' own weights
    only: str = ""  # ``heavy``: learn from the records that count fully alone; ``light``: from the others alone
    also: Learner | None = None  # a second linear model whose scores are added, both at unit spread


def scaled(**changes: float) -> FeatureSettings:
    """Return the default settings with other scales of groups."""
    names = ("words", "pairs", "characters", "concepts", "concept_pairs", "patterns")
    return replace(BASE, scales=tuple(changes.get(name, scale) for name, scale in zip(names, BASE.scales, strict=True)))


def tfidf(train: csr_matrix, other: csr_matrix) -> csr_matrix:
    """Weight by inverse document frequency of the training side and norm each row, as usual."""
    idf = np.log((1 + train.shape[0]) / (1 + np.asarray((train > 0).sum(axis=0)).ravel())) + 1
    weighted = (other > 0).astype(float) @ diags(idf)
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return diags(1 / np.maximum(norms, 1e-9)) @ weighted


def by_length(train: csr_matrix, other: csr_matrix) -> csr_matrix:
    """Divide each row by the root of its number of features."""
    n = np.asarray((other > 0).sum(axis=1)).ravel()
    typical = np.median(np.asarray((train > 0).sum(axis=1)).ravel())
    return diags(np.sqrt(typical / np.maximum(n, 1))) @ other


ONLY_WORDS = {"pairs": 0.0, "characters": 0.0, "concepts": 0.0, "concept_pairs": 0.0, "patterns": 0.0}
IDEAS = [
    Idea("default"),
    Idea("words only", scaled(words=0.2, **ONLY_WORDS)),
    Idea("no lexicon: words, pairs, characters", lexicon=False),
    Idea("no lexicon, TF-IDF and norm", lexicon=False, weighting=tfidf, settings=replace(BASE, scales=(1.0,) * 6)),
    Idea("TF-IDF and norm", weighting=tfidf, settings=replace(BASE, scales=(1.0,) * 6)),
    Idea("concepts only", scaled(words=0.0, pairs=0.0, characters=0.0, concept_pairs=0.0, patterns=0.0)),
    Idea("concepts and their pairs only", scaled(words=0.0, pairs=0.0, characters=0.0, patterns=0.0)),
    Idea("concepts, pairs and patterns only", scaled(words=0.0, pairs=0.0, characters=0.0)),
    Idea("without patterns", scaled(patterns=0.0)),
    Idea("without concept pairs", scaled(concept_pairs=0.0)),
    Idea("without character n-grams", scaled(characters=0.0)),
    Idea("without words and word pairs", scaled(words=0.0, pairs=0.0)),
    Idea("characters 2-4", replace(BASE, shortest=2, longest=4)),
    Idea("characters 3-6", replace(BASE, longest=6)),
    Idea("2^16 buckets", replace(BASE, bits=16)),
    Idea("2^20 buckets", replace(BASE, bits=20)),
    Idea("divided by root of length", weighting=by_length),
    Idea("logistic C=3", learner=Learner("logistic", 3.0, True)),
    Idea("logistic C=100", learner=Learner("logistic", 100.0, True)),
    Idea("logistic C=10, not balanced", learner=Learner("logistic", 10.0, False)),
    Idea("squared hinge C=1", learner=Learner("svm", 1.0, False)),
    Idea("naive Bayes ratios (NB-SVM), C=3", bayes=True, learner=Learner("logistic", 3.0, True)),
    Idea("a bias for each language", offsets=True),
    Idea("paragraphs with a twin count half", twins=0.5),
    Idea("all paragraphs count alike", equal=True),
    Idea("only the later fifth, rich in the domain's words", only="heavy"),
    Idea("only the earlier four fifths", only="light"),
    Idea("two models added: logistic C=3 and squared hinge C=1", learner=Learner("logistic", 3.0, True), also=Learner("svm", 1.0, False)),
    Idea("prevalence of the corpus", prevalence=None),
    Idea("prevalence 0.10", prevalence=0.10),
]


class Bench:
    """The corpus and the real text, ready to be measured."""

    def __init__(self, corpus: list[Record], test: list[Record], frame_ids: tuple[str, ...]) -> None:
        self.texts = [[normalise(record.text).text for record in part] for part in (corpus, test)]
        self.truth, self.test_truth = (frames.targets([r.frames for r in part], frame_ids) for part in (corpus, test))
        self.folds = folds.assign_folds([record.group for record in corpus])
        self.languages = [np.array([record.lang for record in part]) for part in (corpus, test)]
        self.weights = np.array([record.weight for record in corpus])
        self.paired = np.array(["pair" in record.fields for record in corpus])
        self.registers = folds.assign_folds([str(record.fields.get("register")) for record in corpus], REGISTER_FOLDS)
        self.lexicon = load_lexicon(ROOT / "data" / "lexicon")

    def row(self, idea: Idea) -> list[str]:
        """Measure one idea."""
        extractor = Extractor(idea.settings, self.lexicon if idea.lexicon else NONE)
        train, test = (frames.matrix(extractor.table(part), idea.settings) for part in self.texts)
        train, test = idea.weighting(train, train).tocsr(), idea.weighting(train, test).tocsr()
        if idea.offsets:
            train, test = (self._with_language(part, languages) for part, languages in zip((train, test), self.languages, strict=True))
        narrow, kept = compact(train)
        weights = np.where(self.paired, idea.twins, 1.0) * (1.0 if idea.equal else self.weights)
        if idea.only:
            weights = np.where((self.weights == self.weights.max()) == (idea.only == "heavy"), 1.0, 1e-6)
        scores = self._left_out(narrow, self.folds, idea, weights)
        fitted = [fit(narrow, column, idea, weights) for column in self.truth.T]
        real = np.stack([test[:, kept] @ columns_ + bias for columns_, bias in fitted], axis=1)
        present = calibrate.decide(real, self._calibrations(scores, self.truth, idea))[1]
        by_language = self._left_out(narrow, self.languages[0], idea, weights)
        by_register = self._left_out(narrow, self.registers, idea, weights)
        worst = []
        for language in np.unique(self.languages[0]):
            held = self.languages[0] == language
            told = calibrate.decide(by_language[held], self._calibrations(scores[~held], self.truth[~held], idea))[1]
            worst.append(metrics.macro_f1(self.truth[held], told))
        out = [ranked(self.truth, scores), parts_ranked(self.truth, by_language, self.languages[0]), min(worst)]
        out += [parts_ranked(self.truth, by_register, self.registers), ranked(self.test_truth, real)]
        return [idea.name, *(f"{value:.3f}" for value in [*out, metrics.macro_f1(self.test_truth, present)])]

    def _with_language(self, features: Any, languages: Any) -> Any:
        known = np.unique(self.languages[0])
        return hstack([features, csr_matrix((languages[:, None] == known[None]).astype(float))]).tocsr()

    def _calibrations(self, scores: Any, truth: Any, idea: Idea) -> list[calibrate.Calibration]:
        return [calibrate.calibrate(s, t, idea.prevalence) for s, t in zip(scores.T, truth.T, strict=True)]

    def _left_out(self, features: Any, parts: Any, idea: Idea, weights: Any) -> Any:
        """Return scores of each part from models that saw none of it."""
        scores = np.zeros(self.truth.shape)
        for part in np.unique(parts):
            held = parts == part
            for k, column in enumerate(self.truth.T):
                columns_, bias = fit(features[~held], column[~held], idea, weights[~held])
                scores[held, k] = features[held] @ columns_ + bias
        return scores


def fit(features: Any, truth: Any, idea: Idea, weights: Any) -> tuple[Any, float]:
    """Learn one frame by an idea; whatever it does inside, the result is linear in the features."""
    ratios = np.ones(features.shape[1])
    if idea.bayes:
        counts = [np.asarray((features[side] > 0).sum(axis=0)).ravel() + 1.0 for side in (truth, ~truth)]
        ratios = np.log((counts[0] / counts[0].sum()) / (counts[1] / counts[1].sum()))
        features = (features @ diags(ratios)).tocsr()
    columns_, bias = frames.fit(features, truth, idea.learner, weights=weights)
    if idea.also is not None:
        others, other_bias = frames.fit(features, truth, idea.also, weights=weights)
        spreads = [float(np.std(features @ w)) or 1.0 for w in (columns_, others)]
        columns_, bias = columns_ / spreads[0] + others / spreads[1], bias / spreads[0] + other_bias / spreads[1]
    return columns_ * ratios, bias


def parts_ranked(truth: Any, scores: Any, parts: Any) -> float:
    """Return the average precision within each part, mean of the parts."""
    return metrics.macro([ranked(truth[parts == part], scores[parts == part]) for part in np.unique(parts)])


def ranked(truth: Any, scores: Any) -> float:
    """Return the mean average precision of the frames."""
    return metrics.macro([metrics.average_precision(t, s) for t, s in zip(truth.T, scores.T, strict=True)])


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labelled real paragraphs")
    parser.add_argument("-o", "--output", type=Path, help="write the table as Markdown")
    options = parser.parse_args()
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    corpus, test = read_corpus([ROOT / "data" / "corpus"], codebook), read_records(options.data, codebook)
    bench = Bench(corpus, test, codebook.frame_ids)
    head = [
        "one change",
        "cross-validation AP",
        "unseen language AP",
        "macro F1 of the worst unseen language",
        "unseen register AP",
        "real text AP",
        "real text macro F1",
    ]
    rows = [head]
    for idea in IDEAS:
        rows.append(bench.row(idea))
        print(columns([head, rows[-1]]).splitlines()[-1], flush=True)
    print(columns(rows))
    if options.output:
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        table = "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])
        options.output.write_text(f"{len(corpus)} paragraphs of the corpus, {len(test)} of real text.\n\n{table}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

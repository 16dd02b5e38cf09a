#!/usr/bin/env python3
"""Another taxonomy: SemEval-2025 Task 10, subtask 2 (22 narratives, 91 sub-narratives), cross-validated on its documents.

    python benchmarks/semeval2025.py FOLDER            holds documents.jsonl, narratives.txt, subnarratives.txt

One balanced logistic regression a label over our features of the whole document (words, pairs, character n-grams, concepts,
their pairs and patterns), weighted by inverse document frequency and normed; the set of labels is the one with the best
expected F1. With --paragraphs each paragraph is scored by the same models and the document takes the mean of the whole
and of its highest paragraph.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from narratives import folds, frames
from narratives.features import Extractor, FeatureSettings, kernel
from narratives.features.lexicon import load_lexicon
from narratives.labelsets import Document, likeliest_sets, read_semeval2025, samples_f1, targets
from narratives.report import columns
from narratives.text import normalise, split_article

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = FeatureSettings(scales=(1.0,) * kernel.N_GROUPS)
STRENGTH = 30.0


def main() -> None:
    """Print samples-F1 by language and level."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--paragraphs", action="store_true", help="let paragraphs vote beside the whole document")
    parser.add_argument("--jobs", type=int, default=-1, help="processes (default: all cores)")
    options = parser.parse_args()
    taxonomy = read_semeval2025(options.folder)
    extractor = Extractor(SETTINGS, load_lexicon(ROOT / "data" / "lexicon"))
    head = ["level", *sorted({d.lang for d in taxonomy.documents}), "mean of languages", "all documents", "sd", "n"]
    rows = [head]
    for level, classes in taxonomy.classes.items():
        documents = [document for document in taxonomy.documents if document.labels[level] is not None]
        truth = targets(documents, level, classes)
        scores = samples_f1(truth, likeliest_sets(cross_validate(documents, truth, extractor, options.paragraphs, options.jobs)))
        languages = np.array([document.lang for document in documents])
        of_language = [scores[languages == language].mean() for language in head[1:-4]]
        figures = [*of_language, np.mean(of_language), scores.mean(), scores.std()]
        rows.append([level, *(f"{figure:.3f}" for figure in figures), str(len(documents))])
    print(f"{options.folder.name}: five folds, samples-F1{', paragraphs vote' if options.paragraphs else ''}")
    print(columns(rows))


def cross_validate(
    documents: list[Document], truth: NDArray[np.bool_], extractor: Extractor, paragraphs: bool, jobs: int
) -> NDArray[np.float64]:
    """Return out-of-fold probabilities, ``(n_documents, n_classes)``."""
    whole = frames.matrix(extractor.table([normalise(document.text).text for document in documents]), SETTINGS)
    units = [[normalise(unit.text).text for unit in split_article(document.text)] or [""] for document in documents]
    owner = np.repeat(np.arange(len(documents)), list(map(len, units)))
    parts = frames.matrix(extractor.table([text for own in units for text in own]), SETTINGS) if paragraphs else None
    fold_of = folds.assign_folds([document.id for document in documents])
    probabilities = np.zeros(truth.shape)
    for fold in np.unique(fold_of):
        held = np.flatnonzero(fold_of == fold)
        rest = np.flatnonzero(fold_of != fold)
        weigh = weighting(whole[rest])
        train, test = weigh(whole[rest]), weigh(whole[held])
        own = np.flatnonzero(np.isin(owner, held))
        votes = weigh(parts[own]) if parts is not None else None
        found = Parallel(n_jobs=jobs)(delayed(score_label)(train, truth[rest, k], test, votes) for k in range(truth.shape[1]))
        for k, (of_whole, of_parts) in enumerate(found):
            probabilities[held, k] = of_whole
            if of_parts is not None:
                highest = np.zeros(len(documents))
                np.maximum.at(highest, owner[own], of_parts)
                probabilities[held, k] = (of_whole + highest[held]) / 2
    return probabilities


def weighting(train: csr_matrix) -> Any:
    """Return a function that weighs rows by the inverse document frequency of the training side and norms them."""
    idf = diags(np.log((1 + train.shape[0]) / (1 + np.asarray((train > 0).sum(axis=0)).ravel())) + 1)

    def weigh(rows: csr_matrix) -> csr_matrix:
        weighted = (rows > 0).astype(float) @ idf
        norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return (diags(1 / np.maximum(norms, 1e-9)) @ weighted).tocsr()

    return weigh


def score_label(train: csr_matrix, truth: NDArray[np.bool_], test: csr_matrix, votes: csr_matrix | None) -> tuple[Any, Any]:
    """Learn one label; return its probability for each document, and for each paragraph where asked."""
    from sklearn.linear_model import LogisticRegression

    if not truth.any():
        return np.zeros(test.shape[0]), None if votes is None else np.zeros(votes.shape[0])
    model = LogisticRegression(solver="liblinear", dual=True, C=STRENGTH, class_weight="balanced", tol=1e-2, max_iter=1000, random_state=0)
    model.fit(train, truth)
    return model.predict_proba(test)[:, 1], None if votes is None else model.predict_proba(votes)[:, 1]


if __name__ == "__main__":
    main()

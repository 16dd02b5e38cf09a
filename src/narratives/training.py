"""From a corpus and a codebook to a bundle: the whole of training in one room, `train.py` is its door."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import calibrate, folds, frames, heads, metrics, novelty, rates
from narratives.bundle import Bundle
from narratives.calibrate import Finder, unspread
from narratives.codebook import Codebook
from narratives.encoders import Encoder
from narratives.errors import InputError
from narratives.features import ALWAYS, Engine, EventTable, Extractor, FeatureSettings, kernel, of_normalised
from narratives.features.lexicon import NONE, Lexicon
from narratives.frames import CANDIDATES, Learner
from narratives.heads import VOICE, Examples, Learnt
from narratives.metrics import Figure
from narratives.records import Record, corpus_digest
from narratives.text import normalise
from narratives.version import __version__

# Share of paragraphs that carry a given frame where the model will be used. The corpus has 15-20 % by design, mixed press and
# posts that were picked for words of the topic about 10 %, a whole feed less. Real text without a frame also looks more like
# one than the corpus' does, so the default is on the careful side: on real text probabilities at 0.05 had the least
# calibration error (docs/accuracy.md).
PREVALENCE = 0.05
INTERVAL_DRAWS = 300


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """All choices that shape a model besides its data."""

    features: FeatureSettings = field(default_factory=FeatureSettings)
    lexicon: Lexicon = NONE
    encoder: Encoder | None = None
    candidates: tuple[Learner, ...] = CANDIDATES
    prevalence: float | None = PREVALENCE
    seed: int = 0
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Cross-validated answers for every record, from models and thresholds that saw neither it nor its twins."""

    scores: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    present: NDArray[np.bool_]


class Training:
    """One corpus, turned into features once, and what is learnt from it."""

    def __init__(self, records: Sequence[Record], codebook: Codebook, settings: TrainingSettings | None = None) -> None:
        """Extract the features of all records.

        :raises InputError: when there are no records.
        """
        if not records:
            raise InputError("the corpus holds no paragraphs; wanted labelled records to train on")
        self.records = list(records)
        self.codebook = codebook
        self.settings = settings or TrainingSettings()
        self.weights = np.array([record.weight for record in self.records])
        self.texts = [normalise(record.text).text for record in self.records]
        self.extractor = Extractor(self.settings.features, self.settings.lexicon)
        self.events: EventTable = self.extractor.table(self.texts)
        self.features = frames.matrix(self.events, self.settings.features)
        if self.settings.encoder is not None:
            self.features = _beside(self.features, self.settings.encoder.encode(self.texts))
        self.detail_features = self._detail_features(self.events)
        self.truth = frames.targets([record.frames for record in self.records], codebook.frame_ids)
        self.groups = [record.group for record in self.records]
        self.folds = folds.assign_folds(self.groups, seed=self.settings.seed)

    def choose(self, say: Callable[[str], None] = lambda line: None) -> tuple[Learner, list[dict[str, Any]]]:
        """Cross-validate every candidate; return the chosen one and the table of all, least loss first.

        What counts is the log loss of the calibrated probabilities at the prevalence that is expected in use: ranking alone would
        do for the order of paragraphs, but decisions hang on probabilities that hold. Of those within one standard error of the
        least loss the simplest is chosen (Breiman et al. 1984), since the world is further from the corpus than its folds are.
        """
        table = []
        for candidate in self.settings.candidates:
            scores = self.scores(candidate)
            losses = self._losses(self._held_out(scores, unspread)[0])
            average = [metrics.average_precision(self.truth[:, k], scores[:, k]) for k in range(self.truth.shape[1])]
            spread = float(np.std(losses, ddof=1) / np.sqrt(len(losses)))
            row = {
                "log_loss": _rounded(float(np.mean(losses))),
                "standard_error": _rounded(spread),
                "average_precision": _rounded(metrics.macro(average)),
            }
            table.append((candidate, {"learner": str(candidate), **candidate.to_dict(), **row}))
            say(f"  {candidate!s:<24} log loss {row['log_loss']} (+-{row['standard_error']})  average precision {row['average_precision']}")
        table.sort(key=lambda pair: pair[1]["log_loss"])
        least = table[0][1]
        near = [candidate for candidate, row in table if row["log_loss"] <= least["log_loss"] + least["standard_error"]]
        return min(near, key=lambda candidate: candidate.strength), [row for _, row in table]

    def _losses(self, probabilities: NDArray[np.float64]) -> list[float]:
        """Return the loss of each fold, mean of the frames."""
        weights = np.stack([calibrate.prevalence_weights(column, self.settings.prevalence) for column in self.truth.T], axis=1)
        return [
            metrics.macro([metrics.log_loss(t, p, w) for t, p, w in zip(self.truth[at].T, probabilities[at].T, weights[at].T, strict=True)])
            for at in (self.folds == fold for fold in np.unique(self.folds))
        ]

    def scores(self, learner: Learner) -> NDArray[np.float64]:
        """Return raw out-of-fold scores, ``(n_records, n_frames)``."""
        return folds.out_of_fold(self.features, self.truth, self.folds, learner, self.settings.jobs, self.weights)

    def out_of_fold(self, learner: Learner) -> OutOfFold:
        """Return cross-validated answers, calibration and threshold of each fold learnt on the other folds' scores."""
        scores = self.scores(learner)
        return OutOfFold(scores, *self._held_out(scores))

    def _held_out(self, scores: NDArray[np.float64], find: Finder | None = None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return probabilities and presence by the calibrations of the other folds' scores."""
        return calibrate.out_of_fold(scores, self.truth, self.folds, self.settings.prevalence, find)

    def calibrations(
        self, scores: NDArray[np.float64], truth: NDArray[np.bool_], find: Finder | None = None
    ) -> list[calibrate.Calibration]:
        """Learn calibration and threshold of each frame from out-of-fold scores."""
        return [calibrate.calibrate(scores[:, k], truth[:, k], self.settings.prevalence, find) for k in range(truth.shape[1])]

    def frame_weights(self, learner: Learner) -> tuple[NDArray[np.float32], tuple[float, ...]]:
        """Fit the frames on everything; return weights ``(n_columns, n_frames)`` and biases.

        The columns are the buckets, then those of the encoder, if there is one.
        """
        narrow, kept = frames.compact(self.features)
        weights = np.zeros((self.features.shape[1], len(self.codebook.frame_ids)), np.float32)
        biases = []
        for k, frame in enumerate(self.codebook.frame_ids):
            weights[kept, k], bias = frames.fit(narrow, self.truth[:, k], learner, frame, self.weights)
            biases.append(round(bias, 6))
        return weights, tuple(biases)

    def heads(self, frame_weights: NDArray[np.float32]) -> list[Learnt]:
        """Learn voice and sub-frames; each comes with the probabilities of its examples out of fold.

        :param frame_weights: tell which sentences carry a frame, ``(n_columns, n_frames)``; those of the buckets count.
        """
        frame_weights = frame_weights[: self.settings.features.n_buckets]
        from scipy.sparse import hstack

        engine = Engine(self.settings.features, self.settings.lexicon, frame_weights)
        carriers = engine.score(of_normalised(self.texts), cuts=[ALWAYS] * self.truth.shape[1]).carriers
        learnt: list[Learnt] = []
        first = 0
        for examples in self.examples():
            carried = self.events.within(examples.rows, carriers[examples.rows, examples.frames, :2])
            views = hstack([self.detail_features[examples.rows], self._detail_features(carried)]).tocsr()
            learnt.append(heads.learn(examples, views, self.folds, first))
            first += len(examples.classes)
        return learnt

    def _detail_features(self, events: EventTable) -> Any:
        return frames.matrix(events, self.settings.features, kernel.DETAIL_GROUPS, heads.N_ROWS)

    def examples(self) -> list[Examples]:
        """Return the examples of each head: the voices over all frames, then the sub-frames of each frame.

        A head that has fewer than two classes in the corpus is left out.
        """
        ids = self.codebook.frame_ids
        wanted = [(VOICE, ids, "voice", self.codebook.voice_ids)]
        wanted += [(frame.id, (frame.id,), "subframe", frame.subframe_ids) for frame in self.codebook.frames]
        found = []
        for name, of_frames, key, classes in wanted:
            triples = [
                (row, ids.index(label.frame), classes.index(value))
                for row, record in enumerate(self.records)
                for label in record.labels
                if label.frame in of_frames and (value := getattr(label, key)) is not None
            ]
            if len({label for *_, label in triples}) > 1:
                rows, of, labels = (np.array(column, np.int64) for column in zip(*triples, strict=True))
                found.append(Examples(name, classes, rows, of, labels))
        return found

    def bundle(self, version: str, learner: Learner, answers: OutOfFold, facts: Mapping[str, Any]) -> Bundle:
        """Fit the final model on everything and put it together with how it came about, see `facts`."""
        weights, biases = self.frame_weights(learner)
        calibrations = tuple(self.calibrations(answers.scores, self.truth))
        columns = list(zip(answers.scores.T, self.truth.T, strict=True))
        at = {p: tuple(calibrate.calibrate(s, t, p) for s, t in columns) for p in calibrate.PREVALENCES}
        return self.assemble(version, weights, biases, calibrations, facts, answers.scores, at)

    def assemble(
        self,
        version: str,
        weights: NDArray[np.float32],
        biases: tuple[float, ...],
        calibrations: tuple[calibrate.Calibration, ...],
        facts: Mapping[str, Any],
        scores: NDArray[np.float64],
        at_prevalence: Mapping[float, tuple[calibrate.Calibration, ...]] = MappingProxyType({}),
    ) -> Bundle:
        """Learn the heads beside frames that are learnt already, put both together, and count what the answers are worth.

        :param scores: raw out-of-fold scores of the last records, ``(n, n_frames)``: those that the model is for.
        """
        learnt = self.heads(weights)
        empty = np.zeros((heads.VIEWS, heads.N_ROWS, 0))
        n_buckets, encoder = self.settings.features.n_buckets, self.settings.encoder
        bundle = Bundle(
            version=version,
            codebook=self.codebook,
            settings=self.settings.features,
            languages=tuple(sorted({record.lang for record in self.records})),
            weights=weights[:n_buckets],
            lexicon=self.settings.lexicon,
            biases=biases,
            heads=tuple(part.head for part in learnt),
            details=np.concatenate([empty, *(part.weights for part in learnt)], axis=2).astype(np.float32),
            calibrations=calibrations,
            novelty=novelty.learn(self.texts, self.folds),
            facts=facts,
            at_prevalence=at_prevalence,
            encoder=encoder.to_dict() if encoder else None,
            dense=weights[n_buckets:],
        )
        return replace(bundle, facts={**facts, rates.FACT: rates.out_of_fold(bundle, learnt, self.records, self.texts, scores)})

    def facts(self, learner: Learner, candidates: list[dict[str, Any]], answers: OutOfFold) -> dict[str, Any]:
        """Return how a model of this corpus came about, for its manifest."""
        return {
            "versions": versions(),
            "codebook_sha256": self.codebook.digest,
            "corpus": corpus_facts(self.records),
            "learner": learner.to_dict(),
            "candidates": candidates,
            "prevalence": self.settings.prevalence,
            "seed": self.settings.seed,
            "folds": folds.FOLDS,
            "cross_validation": {k: v.to_dict() for k, v in cross_validation_figures(self, answers).items()},
        }


def calibrated(scores: NDArray[np.float64], truth: NDArray[np.bool_], prevalence: float | None) -> list[calibrate.Calibration]:
    """Learn calibration and threshold of each frame, ``(n, n_frames)`` both, from out-of-fold scores of any learner."""
    return [calibrate.calibrate(scores[:, k], truth[:, k], prevalence) for k in range(truth.shape[1])]


def decided(scores: NDArray[np.float64], truth: NDArray[np.bool_], fold_of: NDArray[np.int64], prevalence: float | None) -> OutOfFold:
    """Turn out-of-fold scores of any learner into answers, calibration and threshold of each fold learnt on the other folds' scores.

    :param scores: ``(n_records, n_frames)``, as is ``truth``.
    :param fold_of: ``(n_records,)``.
    """
    probabilities, present = np.zeros_like(scores), np.zeros(scores.shape, dtype=bool)
    for fold in np.unique(fold_of):
        rest = fold_of != fold
        learnt = calibrated(scores[rest], truth[rest], prevalence)
        probabilities[~rest], present[~rest] = calibrate.decide(scores[~rest], learnt)
    return OutOfFold(scores, probabilities, present)


def _beside(features: Any, vectors: NDArray[np.float64]) -> Any:
    from scipy.sparse import csr_matrix, hstack

    return hstack([features, csr_matrix(vectors)]).tocsr()


def cross_validation_figures(training: Training, answers: OutOfFold) -> dict[str, Figure]:
    """Return F1 with n and 95 % interval: macro, per frame, per language, and per frame in a language."""
    languages = sorted({record.lang for record in training.records})
    figures = {}
    for language in ["all", *languages]:
        rows = np.array([i for i, record in enumerate(training.records) if language in ("all", record.lang)])
        truth, present = training.truth[rows], answers.present[rows]
        groups = [training.groups[i] for i in rows]
        figures[f"macro_f1/{language}"] = metrics.bootstrap(partial(_macro_f1, truth, present), groups, INTERVAL_DRAWS)
        for k, frame in enumerate(training.codebook.frame_ids):
            measure = partial(_macro_f1, truth[:, [k]], present[:, [k]])
            figures[f"f1/{language}/{frame}"] = metrics.bootstrap(measure, groups, INTERVAL_DRAWS)
    return figures


def _macro_f1(truth: NDArray[np.bool_], present: NDArray[np.bool_], rows: NDArray[np.int64]) -> float:
    return metrics.macro_f1(truth[rows], present[rows])


def corpus_facts(records: Sequence[Record]) -> dict[str, Any]:
    """Return digest and counts of a corpus."""
    labels = Counter(label.frame for record in records for label in record.labels)
    return {
        "sha256": corpus_digest(records),
        "paragraphs": len(records),
        "languages": dict(sorted(Counter(record.lang for record in records).items())),
        "frames": dict(sorted(labels.items())),
        "without_frame": sum(not record.labels for record in records),
    }


def versions() -> Mapping[str, str]:
    """Return the versions of what shapes a model."""
    import sklearn

    return {"narratives": __version__, "python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__}


def _rounded(value: float) -> float | None:
    return None if value != value else round(value, 4)

"""The only path from a text to a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives import bundle as bundles
from narratives import doubt, encoders
from narratives import store as stores
from narratives.bundle import Bundle
from narratives.calibrate import decide, estimate_prevalence, nearest_prevalence
from narratives.codebook import Codebook
from narratives.columns import Columns, answer, details
from narratives.doubt import DEFAULT_LEVEL
from narratives.errors import InputError
from narratives.evidence import ConceptNames, Shown
from narratives.features import ALWAYS, Engine, Extractor, Forms, kernel, of_texts
from narratives.heads import VOICE
from narratives.language import UNDETERMINED, identify
from narratives.readings import Article, Choice, FrameReading, ParagraphReading, Reading
from narratives.text import normalise, split_article

LONGEST = 1_000_000  # characters in one paragraph; the longest novel paragraphs have a tenth of that
BATCH = 4096


class Model:
    """A trained model that reads paragraphs and articles."""

    def __init__(
        self,
        bundle: Bundle,
        level: float = DEFAULT_LEVEL,
        prevalence: float | Sequence[float] | None = None,
        encoder: encoders.Encoder | None = None,
        threads: int | None = None,
    ) -> None:
        """Wrap a bundle; `narratives.load` is the usual way to get one.

        :param level: how certain an answer must be not to be called uncertain, one of `narratives.doubt.LEVELS`.
        :param prevalence: share of paragraphs that carry a frame in what will be scored, one for all frames or one for each;
            the nearest of `narratives.calibrate.PREVALENCES` is taken. None: the one it was trained for.
        :param encoder: open already, for a model that was trained with one; None opens the one that the model names.
        :param threads: how many may score at most; None for one a core. The answers are the same.
        :raises InputError: when the model has no such level or prevalence, or its encoder is not on this machine.
        :raises ModelFormatError: when the encoder is another one than the model was trained with.
        """
        self.bundle = bundle
        self.encoder = None if bundle.encoder is None else encoders.check(bundle.encoder, encoder)
        self.calibrations = bundle.calibrations
        if prevalence is not None:
            n = len(bundle.calibrations)
            shares = [prevalence] * n if isinstance(prevalence, int | float) else list(prevalence)
            nearest = [nearest_prevalence(share, bundle.at_prevalence) for share in shares]
            self.calibrations = tuple(bundle.at_prevalence[share][k] for k, share in zip(range(n), nearest, strict=True))
        self.bands = tuple(calibration.band(level) for calibration in self.calibrations)
        self._extractor = Extractor(bundle.settings, bundle.lexicon)
        self._engine = Engine(bundle.settings, bundle.lexicon, bundle.weights, bundle.details, bundle.novelty.seen, threads)

    @cached_property
    def _names(self) -> ConceptNames:
        return ConceptNames(self.bundle.lexicon, self.bundle.settings.n_buckets)

    @property
    def version(self) -> str:
        """The model's version."""
        return self.bundle.version

    @property
    def codebook(self) -> Codebook:
        """The codebook that it was trained for."""
        return self.bundle.codebook

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages that it was trained on."""
        return self.bundle.languages

    def score(self, text: str, evidence: bool = True) -> Reading:
        """Read one paragraph.

        :param text: any text of up to a million characters.
        :param evidence: whether to say what each word added.
        :raises InputError: when it is no text, or too long.
        """
        return self._read([_checked(text, "text")], evidence)[0]

    def score_many(self, texts: Iterable[str], evidence: bool = True) -> Iterator[Reading]:
        """Read paragraphs, in their order and in bounded memory; each reading equals that of `score` to the bit.

        :param texts: any iterable of texts.
        :param evidence: whether to say what each word added; without it is some twenty times faster.
        :raises InputError: when one is no text, or too long; says which.
        """
        if isinstance(texts, str | bytes):
            raise InputError("score_many takes a list of texts and got one text; use score for that")
        numbered = enumerate(texts)
        while batch := list(islice(numbered, BATCH)):
            yield from self._read([_checked(text, f"text {i}") for i, text in batch], evidence)

    def score_article(self, text: str, evidence: bool = True) -> Article:
        """Split an article into its paragraphs and read each; the language is told once for the whole.

        :param text: an article; empty gives no paragraphs.
        :raises InputError: when it is no text, or a paragraph is too long.
        """
        if not isinstance(text, str):
            raise InputError(f"article is {type(text).__name__}, wanted str")
        units = split_article(text)
        for unit in units:
            _checked(unit.text, f"paragraph at characters {unit.start}-{unit.end}")
        language = identify(text, self.languages)
        supported = language.code in self.languages or language.code == UNDETERMINED
        readings = self._read([unit.text for unit in units], evidence, () if supported else (doubt.LANGUAGE,))
        paragraphs = (ParagraphReading(u.start, u.end, u.kind, reading) for u, reading in zip(units, readings, strict=True))
        return Article(language, language.code in self.languages, tuple(paragraphs))

    def columns(self, texts: Sequence[str] | Forms, reasons: tuple[str, ...] = ()) -> Columns:
        """Read many paragraphs at once into arrays, the fastest way; row for row equal to `score`.

        :param texts: any texts, or their forms (`narratives.features.of_utf8` makes them from Arrow's buffers).
        :param reasons: reasons to doubt every answer (`narratives.doubt`).
        """
        forms = texts if isinstance(texts, Forms) else of_texts(texts)
        if not len(forms):
            raise InputError("no texts to read")
        return answer(self.bundle, self._engine, forms, self.calibrations, self.bands, self._dense(texts), reasons)

    def raw_scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return raw scores ``(n_texts, n_frames)``, frames in the codebook's order."""
        if not len(texts):
            return np.zeros((0, len(self.codebook.frame_ids)))
        scores, dense = self._engine.score(of_texts(texts)).scores, self._dense(texts)
        raw: NDArray[np.float64] = (scores if dense is None else scores + dense) + np.array(self.bundle.biases)
        return raw

    def _dense(self, texts: Sequence[str] | Forms) -> NDArray[np.float64] | None:
        """Return what the encoder adds to the scores, for a model that has one."""
        if self.encoder is None or self.bundle.dense is None:
            return None
        if isinstance(texts, Forms):
            raise InputError("a model with an encoder reads texts, not forms: its encoder needs the text itself")
        added: NDArray[np.float64] = self.encoder.encode([normalise(text).text for text in texts]) @ self.bundle.dense
        return added

    def decisions(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return probabilities and presence, each ``(n_texts, n_frames)``; what evaluation needs."""
        return decide(self.raw_scores(texts), self.calibrations)

    def prevalence(self, texts: Sequence[str]) -> dict[str, float]:
        """Estimate the share of unlabelled paragraphs that carry each frame (`narratives.calibrate.estimate_prevalence`).

        :param texts: a few hundred or more; fewer say little.
        :raises InputError: when there are none.
        """
        if not texts:
            raise InputError("no texts to estimate a prevalence from")
        probabilities = decide(self.raw_scores(texts), self.bundle.calibrations)[0]
        priors = self.bundle.priors
        return {frame: estimate_prevalence(probabilities[:, k], priors[k]) for k, frame in enumerate(self.codebook.frame_ids)}

    def choices(self, texts: Sequence[str]) -> tuple[NDArray[np.float64] | None, dict[str, NDArray[np.float64]]]:
        """Return the probabilities of voices and sub-frames of every frame, as if it were present; shapes as in `Columns`."""
        n_frames = len(self.codebook.frame_ids)
        scored = self._engine.score(of_texts(texts), cuts=[ALWAYS] * n_frames)
        return details(self.bundle, scored, np.ones((len(texts), n_frames), bool))

    def concepts(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which of the lexicon's concepts stand in each text, ``(n_texts, n_concepts)``, in the lexicon's order."""
        found = np.zeros((len(texts), len(self.bundle.lexicon.concepts)), bool)
        place = {name: column for column, name in enumerate(self.bundle.lexicon.concepts)}
        column_of = np.full(self.bundle.settings.n_buckets, -1)
        for bucket, name in self._names.concepts.items():
            column_of[bucket] = place[name]
        table = self._extractor.table([normalise(text).text for text in texts])
        for row, ends in zip(found, table.ends.tolist(), strict=True):
            columns = column_of[table.bucket[ends[kernel.CONCEPTS - 1] : ends[kernel.CONCEPTS]]]
            row[columns[columns >= 0]] = True
        return found

    def _read(self, texts: Sequence[str], with_evidence: bool, doubts: tuple[str, ...] = ()) -> list[Reading]:
        if not texts:
            return []
        answers = self.columns(texts, doubts)
        lists = {name: getattr(answers, name).tolist() for name in ("scores", "probabilities", "present", "uncertain", "carriers")}
        readings = []
        for row, text in enumerate(texts):
            found = {name: values[row] for name, values in lists.items()}
            shown = Shown(text, self.bundle, self._extractor, self._names) if with_evidence else None
            frames = {}
            for k, frame in enumerate(self.codebook.frame_ids):
                frames[frame] = FrameReading(
                    frame=frame,
                    score=found["scores"][k],
                    bias=self.bundle.biases[k],
                    probability=found["probabilities"][k],
                    threshold=self.calibrations[k].threshold,
                    present=found["present"][k],
                    uncertain=found["uncertain"][k],
                    evidence=shown.words[k] if shown else None,
                    concepts=shown.concepts[k] if shown else None,
                    **(self._choices(answers, row, k, shown) if found["present"][k] else {}),
                )
            readings.append(Reading(text, MappingProxyType(frames), answers.reasons(row), str(answers.languages[row])))
        return readings

    def _choices(self, answers: Columns, row: int, k: int, shown: Shown | None) -> dict[str, Choice]:
        """Return voice and sub-frame of a frame that is present, as far as the codebook has them."""
        frame = self.codebook.frame_ids[k]
        told = {}
        if answers.voices is not None:
            told["voice"] = (VOICE, answers.voices[row, k])
        if frame in answers.subframes:
            told["subframe"] = (frame, answers.subframes[frame][row])
        found = {}
        for name, (head_name, chances) in told.items():
            head = next(head for head in self.bundle.heads if head.name == head_name)
            order = np.argsort(-chances, kind="stable").tolist()
            low, high, *_ = answers.carriers[row, k].tolist()
            evidence = shown.choice(head.first + order[0], low, high) if shown else None
            found[name] = Choice(tuple((head.classes[c], float(chances[c])) for c in order), evidence)
        return found


def load(
    model: str | Path | None = None,
    level: float = DEFAULT_LEVEL,
    prevalence: float | Sequence[float] | None = None,
    threads: int | None = None,
) -> Model:
    """Load a model.

    :param model: a version such as ``"1.2.0"``, the path of a model folder, or None for the model in use.
    :param level: how certain an answer must be not to be called uncertain: 0.8, 0.9 or 0.95.
    :param prevalence: share of paragraphs expected to carry a frame; see `Model`, for threads too.
    :raises ModelError: when there is none, or it is damaged or too new; nothing is guessed.
    """
    return Model(bundles.load(stores.default_store().find(model)), level, prevalence, threads=threads)


def _checked(text: Any, what: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"{what} is {type(text).__name__}, wanted str; leave out missing texts or give an empty one")
    if len(text) > LONGEST:
        raise InputError(f"{what} has {len(text):,} characters, at most {LONGEST:,} make a paragraph; break it up, or use score_article")
    return text

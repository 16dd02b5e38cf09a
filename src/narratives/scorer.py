"""The only path from a text to a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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
from narratives.carriers import carrier_spans
from narratives.codebook import Codebook
from narratives.doubt import DEFAULT_LEVEL
from narratives.errors import InputError
from narratives.evidence import ConceptNames, explain
from narratives.features import Events, Extractor
from narratives.features.kernel import DETAIL_GROUPS
from narratives.heads import VOICE
from narratives.language import UNDETERMINED, identify
from narratives.readings import Article, Choice, Evidence, FrameReading, ParagraphReading, Reading
from narratives.text import Normalised, normalise, split_article

LONGEST = 1_000_000  # characters in one paragraph; the longest novel paragraphs have a tenth of that
BATCH = 512


class Model:
    """A trained model that reads paragraphs and articles."""

    def __init__(
        self,
        bundle: Bundle,
        level: float = DEFAULT_LEVEL,
        prevalence: float | Sequence[float] | None = None,
        encoder: encoders.Encoder | None = None,
    ) -> None:
        """Wrap a bundle; `narratives.load` is the usual way to get one.

        :param level: how certain an answer must be not to be called uncertain, one of `narratives.doubt.LEVELS`.
        :param prevalence: share of paragraphs that carry a frame in what will be scored, one for all frames or one for each;
            the nearest of `narratives.calibrate.PREVALENCES` is taken. None: the one it was trained for.
        :param encoder: open already, for a model that was trained with one; None opens the one that the model names.
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

    def raw_scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return raw scores ``(n_texts, n_frames)``, frames in the codebook's order."""
        return self._raw([normalise(text) for text in texts])

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

    def _raw(self, normalised: Sequence[Normalised]) -> NDArray[np.float64]:
        scores = self._extractor.scores([form.text for form in normalised], self.bundle.weights)
        if self.encoder is not None and self.bundle.dense is not None:
            scores = scores + self.encoder.encode([form.text for form in normalised]) @ self.bundle.dense
        return np.add(scores, self.bundle.biases, dtype=np.float64)

    def choices(self, texts: Sequence[str]) -> list[list[dict[str, list[float]]]]:
        """Return for each text and each frame, were it present, the probabilities of its voices and sub-frames, by head."""
        forms = [normalise(text) for text in texts]
        n = len(self.codebook.frame_ids)
        every = self._choices(forms, [(i, k) for i in range(len(forms)) for k in range(n)])
        return [[every[i, k].probabilities for k in range(n)] for i in range(len(forms))]

    def _choices(self, forms: Sequence[Normalised], wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], _Told]:
        """Return what is told of a frame, for pairs of a text and a frame."""
        if not self.bundle.heads:
            return {pair: _Told((0, 0), {}) for pair in wanted}
        texts = [form.text for form in forms]
        spans = carrier_spans(self._extractor, texts, wanted, self.bundle.weights)
        rows = sorted({i for i, _ in wanted})
        whole = dict(zip(rows, self._extractor.scores([texts[i] for i in rows], self.bundle.details[0], DETAIL_GROUPS), strict=True))
        pieces = [texts[i][start:end] for (i, _), (start, end) in zip(wanted, spans, strict=True)]
        carried = self._extractor.scores(pieces, self.bundle.details[1], DETAIL_GROUPS)
        told = {}
        for (i, k), span, sums in zip(wanted, spans, carried, strict=True):
            both = (whole[i] + sums).tolist()
            heads = [head for head in self.bundle.heads if head.name in (VOICE, self.codebook.frame_ids[k])]
            told[i, k] = _Told(span, {head.name: head.probabilities(both[head.columns]) for head in heads})
        return told

    def _read(self, texts: Sequence[str], with_evidence: bool, doubts: tuple[str, ...] = ()) -> list[Reading]:
        forms = [normalise(text) for text in texts]
        scores = self._raw(forms)
        probabilities, present = decide(scores, self.calibrations)
        told = self._choices(forms, [(int(i), int(k)) for i, k in zip(*present.nonzero(), strict=True)])
        far = self.bundle.novelty.far([form.text for form in forms])
        readings = []
        for i, text in enumerate(texts):
            events = self._extractor.events(forms[i].text) if with_evidence else None
            evidence = concepts = None
            if events:
                known = (text, forms[i], events, self.bundle.settings.scales, self.bundle.weights)
                evidence, concepts = explain(*known), self._names.explain(*known)
            reasons = doubts + ((doubt.FAR,) if far[i] else ()) + self._doubts(forms[i])
            near = [band.uncertain(p) for band, p in zip(self.bands, probabilities[i].tolist(), strict=True)]
            if any(near):
                reasons = (*reasons, doubt.NEAR_THRESHOLD)
            frames = {
                frame: FrameReading(
                    frame=frame,
                    score=float(scores[i, k]),
                    bias=self.bundle.biases[k],
                    probability=float(probabilities[i, k]),
                    threshold=self.calibrations[k].threshold,
                    present=bool(present[i, k]),
                    uncertain=near[k] or reasons not in ((), (doubt.NEAR_THRESHOLD,)),
                    evidence=None if evidence is None else evidence[k],
                    concepts=None if concepts is None else concepts[k],
                    **(self._details(text, forms[i], events, told[i, k], frame) if present[i, k] else {}),
                )
                for k, frame in enumerate(self.codebook.frame_ids)
            }
            readings.append(Reading(text, MappingProxyType(frames), reasons))
        return readings

    def _doubts(self, form: Normalised) -> tuple[str, ...]:
        """Return the reasons to doubt any answer to this text, whatever the scores."""
        words = form.text.split()
        return (doubt.TOO_SHORT,) if len(words) < doubt.FEWEST_WORDS else ()

    def _details(self, text: str, form: Normalised, events: Events | None, told: _Told, frame: str) -> dict[str, Choice]:
        """Return voice and sub-frame of a frame that is present, as far as the codebook has them."""
        found = {}
        for name, head_name in (("voice", VOICE), ("subframe", frame)):
            head = next((head for head in self.bundle.heads if head.name == head_name), None)
            if head is None:
                continue
            chances = told.probabilities[head_name]
            order = sorted(range(len(head.classes)), key=lambda k: (-chances[k], k))
            ranked = tuple((head.classes[k], chances[k]) for k in order)
            column = head.first + order[0]
            evidence = self._detail_evidence(text, form, events, told.span, column) if events else None
            found[name] = Choice(ranked, evidence)
        return found

    def _detail_evidence(self, text: str, form: Normalised, events: Events, span: tuple[int, int], column: int) -> tuple[Evidence, ...]:
        """Return what each word added to one class: by standing in the paragraph, and by standing in what carries the frame."""
        scales, (whole, carried) = self.bundle.settings.scales, self.bundle.details[:, :, [column]]
        start, end = span
        pieces = explain(text, form, events, scales, whole, DETAIL_GROUPS)[0]
        again = explain(text, form, self._extractor.events(form.text[start:end]), scales, carried, DETAIL_GROUPS, shift=start)[0]
        more = {(piece.start, piece.end): piece.weight for piece in again}
        return tuple(replace(piece, weight=piece.weight + more.get((piece.start, piece.end), 0.0)) for piece in pieces)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is told of a frame in a text: the span that carries it, and the probabilities of each head's classes."""

    span: tuple[int, int]
    probabilities: dict[str, list[float]]


def load(model: str | Path | None = None, level: float = DEFAULT_LEVEL, prevalence: float | Sequence[float] | None = None) -> Model:
    """Load a model.

    :param model: a version such as ``"1.2.0"``, the path of a model folder, or None for the model in use.
    :param level: how certain an answer must be not to be called uncertain: 0.8, 0.9 or 0.95.
    :param prevalence: share of paragraphs expected to carry a frame; see `Model`.
    :raises ModelError: when there is none, or it is damaged or too new; nothing is guessed.
    """
    store = stores.default_store()
    if model is None:
        return Model(store.load(), level, prevalence)
    is_version = isinstance(model, str) and bool(stores.VERSION.fullmatch(model))
    if is_version or (isinstance(model, str) and not Path(model).exists() and "/" not in model and "\\" not in model):
        return Model(store.load(str(model)), level, prevalence)  # one that is not there: the message says which are
    return Model(bundles.load(Path(model)), level, prevalence)


def _checked(text: Any, what: str) -> str:
    if not isinstance(text, str):
        raise InputError(f"{what} is {type(text).__name__}, wanted str; leave out missing texts or give an empty one")
    if len(text) > LONGEST:
        raise InputError(f"{what} has {len(text):,} characters, at most {LONGEST:,} make a paragraph; break it up, or use score_article")
    return text

"""From counted answers to the share of paragraphs that have a frame, corrected for the classifier's own errors.

A classifier that finds 70 % of the paragraphs with a frame and cries wolf on 3 % of the others says 5 % where the truth is 3 %,
and 37 % where it is 50 %. With both rates known the truth follows: adjusted count (Forman 2008, "Quantifying counts and costs via
classification"; in epidemiology the estimator of Rogan and Gladen 1978)::

    share = (said - false positive rate) / (true positive rate - false positive rate), cut to 0 and 1

Voices divide the share so found: what is left of each said voice without the false alarms is led back through the table of true
and said voices, and the result moved to the nearest shares that add up to that of the frame (projection onto the simplex, Duchi
et al. 2008).

An interval has both doubts in it, that of the sample and that of the rates: each is drawn from its posterior under Jeffreys' prior
(Dirichlet; half a paragraph for absent, half for present), and the middle 95 % of the shares that the draws give is told.
Paragraphs that hang together (of an article, twins in a corpus) count for less, by the design effect (Kish 1965).

What the correction assumes: the rates hold for the text that is counted. Rates from one kind of text are wrong for another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 1000
CELLS_AT_ONCE = 64  # bounds the memory of the draws
FEWEST_LABELLED = 10  # paragraphs, of a frame or of a voice, below which nothing is said of its rates
NEVER_LOWER = 0.025  # share of draws in which presence may be said no oftener with the frame than without


@dataclass(frozen=True, slots=True)
class Rates:
    """How labelled paragraphs were answered for one frame.

    Answers are *absent* and then the voices in the codebook's order; of a codebook without voices *absent* and *present*.

    :param without: paragraphs without the frame by answer, ``(n_answers,)``.
    :param having: paragraphs with it by answer, ``(n_answers,)``.
    :param by_voice: of those, the ones whose voice is stated, a row a true voice, ``(n_voices, n_answers)``.
    :param worth: what a paragraph without and one with the frame counts in the intervals, 1 over the design effect.
    """

    without: Ints
    having: Ints
    by_voice: Ints
    worth: tuple[float, float] = (1.0, 1.0)

    @property
    def true_positive_rate(self) -> float:
        """Share of the paragraphs with the frame of which presence is said."""
        return _present(self.having)

    @property
    def false_positive_rate(self) -> float:
        """Share of the paragraphs without the frame of which presence is said."""
        return _present(self.without)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        counts = {"without": self.without.tolist(), "having": self.having.tolist(), "by_voice": self.by_voice.tolist()}
        return counts | {"worth": list(self.worth)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], n_voices: int) -> Rates:
        """Read what `to_dict` wrote; raises KeyError, TypeError or ValueError on anything else."""
        n_answers = 1 + max(1, n_voices)
        by_voice = np.array(content["by_voice"], np.int64).reshape(n_voices, n_answers)
        without, having = (np.array(content[key], np.int64) for key in ("without", "having"))
        worth = float(content["worth"][0]), float(content["worth"][1])
        sound = without.shape == having.shape == (n_answers,) and all(0 < w <= 1 for w in worth)
        if not sound or min(without.min(), having.min(), by_voice.min(initial=0)) < 0:
            raise ValueError(f"rates {dict(content)!r} do not fit together")
        return cls(without, having, by_voice, worth)


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares with their 95 % intervals, each ``(n_cells, 1 + n_voices)``: the frame, then its voices; undefined ones are NaN."""

    raw: Floats
    raw_low: Floats
    raw_high: Floats
    adjusted: Floats
    adjusted_low: Floats
    adjusted_high: Floats


def count(truth: NDArray[np.bool_], said: Ints, voices: Ints, n_voices: int, groups: Sequence[str]) -> Rates:
    """Count how labelled paragraphs were answered for one frame.

    :param truth: which have the frame, ``(n,)``.
    :param said: the answer to each, 0 for absent, ``(n,)``.
    :param voices: the true voice of each, -1 where there is none, ``(n,)``.
    :param groups: the group of each; what shares one hangs together.
    """
    n_answers = 1 + max(1, n_voices)
    by_voice = np.zeros((n_voices, n_answers), np.int64)
    stated = truth & (voices >= 0)
    np.add.at(by_voice, (voices[stated], said[stated]), 1)
    without, having = (np.bincount(said[rows], minlength=n_answers) for rows in (~truth, truth))
    names = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)[1]
    worth = []
    for rows in (~truth, truth):
        sizes, hits = np.bincount(names[rows]), np.bincount(names[rows], said[rows] > 0)
        worth.append(round(1 / design_effect(hits[sizes > 0], sizes[sizes > 0]), 4))
    return Rates(without, having, by_voice, (worth[0], worth[1]))


def design_effect(hits: NDArray[Any], sizes: Ints, cells: Ints | None = None) -> float:
    """Return by how much drawing whole groups widens the variance of a share, at least 1 (ratio estimator, Kish 1965).

    :param hits: hits in each group, ``(n_groups,)``.
    :param sizes: paragraphs in each group, ``(n_groups,)``.
    :param cells: number of the cell that each group is in, ``(n_groups,)``; each cell has a share of its own. None for one cell.
    """
    if not len(sizes) or sizes.max() == 1:
        return 1.0
    cells = np.zeros(len(sizes), np.int64) if cells is None else cells
    n_groups, n, k = np.bincount(cells), np.bincount(cells, sizes), np.bincount(cells, hits)
    share = k / np.maximum(n, 1)
    spread = np.bincount(cells, (hits - share[cells] * sizes) ** 2) * n_groups / np.maximum(n_groups - 1, 1)
    together, apart = spread[n_groups > 1].sum(), (n * share * (1 - share))[n_groups > 1].sum()
    return max(1.0, float(together / apart)) if apart > 0 else 1.0


def shares(counts: Ints, rates: Rates, worth: float = 1.0, seed: int = 0) -> Shares:
    """Return the shares of a frame and its voices in each cell, as counted and as corrected.

    :param counts: paragraphs by answer in each cell, ``(n_cells, n_answers)``; no cell is empty.
    :param worth: what a paragraph counts in the intervals, 1 over the design effect.
    :param seed: same seed, same intervals.
    """
    random = np.random.default_rng(seed)
    drawn = _Correction(
        _drawn(random, rates.without, rates.worth[0]),
        _drawn(random, rates.having, rates.worth[1]),
        _drawn(random, rates.by_voice, rates.worth[1]),
    )
    told = _Correction(*(_means(part)[None] for part in (rates.without, rates.having, rates.by_voice)))
    parts = []
    for begin in range(0, len(counts), CELLS_AT_ONCE):
        some = counts[begin : begin + CELLS_AT_ONCE]
        draws = _drawn(random, some, worth)
        point, raw = told.shares(_means(some)[None])[0], _raw(_means(some), rates)
        if len(rates.by_voice):
            point[:, 1:] = onto_simplex(point[:, 1:], point[:, 0])
        # Draws are only cut: moved onto the simplex, those of a rare voice would pile up at 0 and the intervals be too narrow. But a
        # voice is never commoner than its frame, at either end.
        ends = (np.minimum(end, end[:, :1]) for end in _ends(np.clip(drawn.shares(draws), 0, 1), point))
        parts.append((raw, *_ends(_raw(draws, rates), raw), point, *ends))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    first_unknown = 0 if not _told_apart(drawn, rates) else 1 if not _voices_known(rates) else None
    if first_unknown is not None:
        for column in columns[3:]:
            column[:, first_unknown:] = np.nan
    return Shares(*columns)


@dataclass(frozen=True, slots=True)
class _Correction:
    """Rates by answer, in as many draws as there are: ``(n_draws, n_answers)``, and by voice ``(n_draws, n_voices, n_answers)``."""

    without: Floats
    having: Floats
    by_voice: Floats

    def shares(self, said: Floats) -> Floats:
        """Return corrected shares of the frame, and of its voices without bounds, ``(n_draws, n_cells, 1 + n_voices)``.

        :param said: shares by answer, ``(n_draws, n_cells, n_answers)``.
        """
        false_alarms, found = 1 - self.without[:, None, 0], 1 - self.having[:, None, 0]
        gap = np.where(found > false_alarms, found - false_alarms, np.nan)
        share = np.clip((1 - said[..., 0] - false_alarms) / gap, 0, 1)[..., None]
        if not self.by_voice.shape[1]:
            return share
        left = said[..., 1:] - self.without[:, None, 1:] * (1 - share)
        return np.concatenate([share, left @ np.linalg.pinv(self.by_voice[:, :, 1:])], axis=-1)


def onto_simplex(values: Floats, total: Floats) -> Floats:
    """Return the nearest values of at least 0 that add up to ``total``, over the last axis (Duchi et al. 2008)."""
    descending = -np.sort(-values, axis=-1)
    over = np.cumsum(descending, axis=-1) - total[..., None]
    ranks = np.arange(1, values.shape[-1] + 1)
    n_kept = np.maximum((descending - over / ranks > 0).sum(axis=-1), 1)
    excess = np.take_along_axis(over, n_kept[..., None] - 1, axis=-1) / n_kept[..., None]
    result: Floats = np.maximum(values - excess, 0)
    return result


def _told_apart(drawn: _Correction, rates: Rates) -> bool:
    """Whether the rates tell paragraphs with the frame from those without it at all."""
    backwards = float((drawn.having[:, 0] >= drawn.without[:, 0]).mean())
    return backwards <= NEVER_LOWER and min(rates.having.sum(), rates.without.sum()) >= FEWEST_LABELLED


def _voices_known(rates: Rates) -> bool:
    return bool((rates.by_voice.sum(axis=1) >= FEWEST_LABELLED).all())


def _raw(said: Floats, rates: Rates) -> Floats:
    """Return the shares of presence and of each voice as they were said."""
    present = 1 - said[..., :1]
    return np.concatenate([present, said[..., 1:]], axis=-1) if len(rates.by_voice) else present


def _ends(draws: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Return the middle 95 % of draws; draws are undefined where rates were drawn that tell nothing."""
    with np.errstate(invalid="ignore"):
        low, high = np.nanpercentile(draws, [2.5, 97.5], axis=0) if not np.isnan(draws).all() else np.full((2, *value.shape), np.nan)
    return np.fmin(low, value), np.fmax(high, value)


def _drawn(random: np.random.Generator, counts: Ints, worth: float) -> Floats:
    """Draw shares by answer from their posterior, ``(DRAWS, ..., n_answers)``."""
    prior = np.full(counts.shape[-1], 0.5 / (counts.shape[-1] - 1))
    prior[0] = 0.5
    drawn = random.standard_gamma(counts * worth + prior, (DRAWS, *counts.shape))
    result: Floats = drawn / drawn.sum(axis=-1, keepdims=True)
    return result


def _means(counts: Ints) -> Floats:
    result: Floats = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return result


def _present(counts: Ints) -> float:
    return float(counts[1:].sum() / counts.sum()) if counts.sum() else float("nan")

"""The run over tables: read a part, score it, write it, go on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from narratives.bulk.parts import Parts, Run, open_text
from narratives.bulk.rows import RowWriter, row_of
from narratives.bulk.sources import COMPRESSED, CSV, PARQUET, Rejected, Row, arrow, kind_of, rows_of
from narratives.errors import InputError
from narratives.scorer import Model

PART_ROWS = 16_384
COLUMNS = "columns.json"


@dataclass(frozen=True, slots=True)
class Done:
    """What a run came to: rows scored, rows rejected, and where the latter are."""

    rows: int
    rejected: int
    aside: Path | None


@dataclass(frozen=True, slots=True)
class Job:
    """What to score and where it goes.

    :param names: files of tables, in order.
    :param column: which column or field holds the text.
    :param kind: how to read them; None by their endings.
    :param evidence: whether rows say which words carried each frame; not for Parquet.
    :param jobs: batches scored at once.
    """

    names: Sequence[str]
    column: str
    output: Path
    kind: str | None = None
    evidence: bool = False
    jobs: int = 1
    resume: bool = False


def score_tables(model: Model, job: Job, options: dict[str, Any]) -> Done:
    """Score tables into one file, part by part.

    :param options: what else shapes the answers, told in the run's description so that no other run's parts are taken for its own.
    :raises InputError: when an input or the output cannot be used; parts that are there stay.
    """
    in_batches = kind_of(job.output.name) == PARQUET
    if in_batches and job.evidence:
        raise InputError(f"{job.output}: evidence goes into .jsonl and .csv only; leave out --evidence or choose another ending")
    described = {"model": model.version, "column": job.column, "kind": job.kind, "evidence": job.evidence, **options}
    parts = Parts(job.output, Run.describe(job.names, part_rows=PART_ROWS, **described), job.resume)
    by_batch = in_batches and all(kind_of(name, job.kind) == PARQUET for name in job.names)
    with _bar(job) as bar:
        if by_batch:
            from narratives.bulk.parquet_run import score_parquet

            n_parts, n_rows = score_parquet(model, job.names, job.column, parts, job.jobs, bar.update)
        else:
            n_parts, n_rows = _score_by_row(model, job, parts, bar)
    if not n_rows:
        parts.discard()
        raise InputError(f"{', '.join(job.names)}: holds no rows; there is nothing to score")
    rejected, aside = parts.finish(n_parts, whole_is_there=by_batch)
    return Done(n_rows - rejected, rejected, aside)


def _score_by_row(model: Model, job: Job, parts: Parts, bar: Any) -> tuple[int, int]:
    number = n_rows = 0
    for name in job.names:
        source = rows_of(name, kind_of(name, job.kind), job.column)
        while piece := list(islice(source, PART_ROWS)):
            if not parts.done(number):
                rows, rejected = [row for row in piece if isinstance(row, Row)], [row for row in piece if isinstance(row, Rejected)]
                (_score_rows_to_parquet if parts.kind == PARQUET else _score_rows)(model, job, rows, rejected, parts, number)
            bar.update(len(piece))
            number, n_rows = number + 1, n_rows + len(piece)
    return number, n_rows


def _bar(job: Job) -> Any:
    """Return a progress bar on a terminal: rows, rate, and the time left where the number of rows is known."""
    total = None
    if all(kind_of(name, job.kind) == PARQUET for name in job.names):
        from narratives.bulk.arrow_tables import n_rows

        total = sum(map(n_rows, job.names))
    elif not any(Path(name).suffix.lower() in COMPRESSED for name in job.names):
        total = sum(_lines_about(Path(name)) for name in job.names)
    return tqdm(total=total, unit=" rows", unit_scale=True, disable=None, desc=job.output.name)


def _lines_about(path: Path, sample: int = 1 << 20) -> int:
    """Estimate how many lines a file has from its first mebibyte."""
    try:
        with path.open("rb") as file:
            head = file.read(sample)
        return round(path.stat().st_size * head.count(b"\n") / max(1, len(head))) or 1
    except OSError:
        return 1  # said when it is read


def _score_rows_to_parquet(model: Model, job: Job, rows: list[Row], rejected: list[Rejected], parts: Parts, number: int) -> None:
    pa = arrow(str(job.output))
    import pyarrow.parquet as pq

    from narratives.bulk.arrow_tables import score_batch

    try:
        table = pa.Table.from_pylist([row.columns for row in rows]).combine_chunks()
    except pa.ArrowException as error:
        raise InputError(f"{rows[0].where} to {rows[-1].where}: the columns do not fit one table: {error}; write .jsonl instead") from error
    batches = table.to_batches()
    scored = [score_batch(model, batch, job.column) for batch in batches]
    whole = pa.Table.from_batches(scored) if scored else pa.table({job.column: pa.array([], pa.string())})
    parts.add(number, lambda path: pq.write_table(whole, path), rejected)


def _score_rows(model: Model, job: Job, rows: list[Row], rejected: list[Rejected], parts: Parts, number: int) -> None:
    kind = parts.kind
    head = parts.folder / COLUMNS
    columns = json.loads(head.read_text(encoding="utf-8")) if kind == CSV and head.exists() else None

    def write(path: Path) -> None:
        with open_text(path, job.output.name) as file:
            writer = RowWriter(file, kind, columns)
            for row, reading in zip(rows, model.score_many([row.text for row in rows], job.evidence), strict=True):
                writer.write(row.columns | row_of(reading, kind, job.evidence))
        if columns is None and writer.columns is not None:
            parts.note(COLUMNS, writer.columns)

    parts.add(number, write, rejected)

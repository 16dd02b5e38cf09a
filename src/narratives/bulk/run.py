"""The run over tables: read a part, score it, write it, go on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
PART_BATCHES = 8  # record batches; those cost less memory than rows
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
    number = rows = rejected = before = 0
    last = ""
    with _bar(job) as bar:
        for name, piece in _pieces(job):
            before = before if name == last else 0
            last = name
            n = sum(len(batch) for batch in piece) if _by_batch(job, name) else len(piece)
            if not parts.done(number):
                if _by_batch(job, name):
                    _score_batches(model, job, name, before, piece, parts, number)
                elif in_batches:
                    _score_rows_to_parquet(model, job, piece, parts, number)
                else:
                    _score_rows(model, job, piece, parts, number)
            out = sum(1 for _ in parts.rejected_path(number).open("rb"))
            rows, rejected, number, before = rows + n - out, rejected + out, number + 1, before + n
            bar.update(n)
    if not rows + rejected:
        parts.discard()
        raise InputError(f"{', '.join(job.names)}: holds no rows; there is nothing to score")
    _, aside = parts.finish(number)
    return Done(rows, rejected, aside)


def _by_batch(job: Job, name: str) -> bool:
    return kind_of(job.output.name) == kind_of(name, job.kind) == PARQUET


def _pieces(job: Job) -> Iterator[tuple[str, list[Any]]]:
    """Go through the inputs in pieces of a part's size: rows, or record batches from Parquet to Parquet."""
    for name in job.names:
        if _by_batch(job, name):
            from narratives.bulk.arrow_tables import batches_of

            source: Iterator[Any] = batches_of(name, job.column)
            size = PART_BATCHES
        else:
            source, size = rows_of(name, kind_of(name, job.kind), job.column), PART_ROWS
        while piece := list(islice(source, size)):
            yield name, piece


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


def _score_batches(model: Model, job: Job, name: str, before: int, batches: list[Any], parts: Parts, number: int) -> None:
    pa = arrow(name)
    import pyarrow.parquet as pq

    from narratives.bulk.arrow_tables import score_batch, usable

    sound, rejected, first = [], [], before + 1
    for batch in batches:
        good, bad = usable(batch, job.column, name, first)
        sound.append(good)
        rejected += bad
        first += len(batch)
    with ThreadPoolExecutor(job.jobs) as pool:
        scored = list(pool.map(lambda batch: score_batch(model, batch, job.column), [batch for batch in sound if len(batch)]))
    table = pa.Table.from_batches(scored) if scored else score_batch_schema(model, batches[0].schema).empty_table()
    parts.add(number, lambda path: pq.write_table(table, path), rejected)


def score_batch_schema(model: Model, schema: Any) -> Any:
    """Return the schema of a table once it is scored."""
    from narratives.bulk.arrow_tables import fields_of

    for name, kind in fields_of(model):
        schema = schema.append(arrow("schema").field(name, kind))
    return schema


def _sorted_out(piece: list[Row | Rejected]) -> tuple[list[Row], list[Rejected]]:
    return [row for row in piece if isinstance(row, Row)], [row for row in piece if isinstance(row, Rejected)]


def _score_rows_to_parquet(model: Model, job: Job, piece: list[Any], parts: Parts, number: int) -> None:
    pa = arrow(str(job.output))
    import pyarrow.parquet as pq

    from narratives.bulk.arrow_tables import score_batch

    rows, rejected = _sorted_out(piece)
    try:
        table = pa.Table.from_pylist([row.columns for row in rows]).combine_chunks()
    except pa.ArrowException as error:
        raise InputError(f"{rows[0].where} to {rows[-1].where}: the columns do not fit one table: {error}; write .jsonl instead") from error
    batches = table.to_batches()
    scored = [score_batch(model, batch, job.column) for batch in batches]
    whole = pa.Table.from_batches(scored) if scored else pa.table({job.column: pa.array([], pa.string())})
    parts.add(number, lambda path: pq.write_table(whole, path), rejected)


def _score_rows(model: Model, job: Job, piece: list[Any], parts: Parts, number: int) -> None:
    rows, rejected = _sorted_out(piece)
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

"""From Parquet to Parquet: batches are read, scored and written at the same time, and a text is written once.

A part keeps the answers alone; the whole file is put together from the input and the answers while the run goes on, and from the
parts that are there when it goes on after a kill.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from narratives.bulk.arrow_tables import answer_schema, answers_of, batches_of, usable
from narratives.bulk.parts import Parts
from narratives.bulk.sources import Rejected, arrow
from narratives.scorer import Model

PART_BATCHES = 2
AT_ONCE = 3  # parts in memory


@dataclass(frozen=True, slots=True)
class _Piece:
    """The record batches of one part: those rows that can be scored, and their answers, there already or to come."""

    number: int
    sound: list[Any]
    rejected: list[Rejected]
    rows: int
    answers: list[Future[Any]] | None


def score_parquet(model: Model, names: Sequence[str], column: str, parts: Parts, jobs: int, said: Callable[[int], Any]) -> tuple[int, int]:
    """Score Parquet files into ``parts.whole``; return the number of parts and of rows.

    :param said: called with the number of rows of each part that is done.
    """
    import pyarrow.parquet as pq

    schema = answer_schema(model)
    whole: Any = None
    n_parts = n_rows = 0
    with ThreadPoolExecutor(jobs) as pool, ThreadPoolExecutor(1) as to_disk:
        waiting: deque[_Piece] = deque()
        written: Future[None] | None = None
        pieces = _pieces(model, names, column, parts, pool)
        while True:
            piece = next(pieces, None)
            if piece is not None:
                waiting.append(piece)
            if not waiting:
                break
            if piece is not None and len(waiting) < AT_ONCE:
                continue
            done = waiting.popleft()
            table = _settled(done, parts, schema)
            if written is not None:
                written.result()
            if whole is None:
                whole = pq.ParquetWriter(parts.whole, table.schema)
            written = to_disk.submit(whole.write_table, table)
            n_parts, n_rows = n_parts + 1, n_rows + done.rows
            said(done.rows)
        if written is not None:
            written.result()
    if whole is not None:
        whole.close()
    return n_parts, n_rows


def _pieces(model: Model, names: Sequence[str], column: str, parts: Parts, pool: ThreadPoolExecutor) -> Iterator[_Piece]:
    number = 0
    for name in names:
        first, source = 1, batches_of(name, column)
        while batches := list(islice(source, PART_BATCHES)):
            sound, rejected, before = [], [], first
            for batch in batches:
                good, bad = usable(batch, column, name, first)
                sound.append(good)
                rejected += bad
                first += len(batch)
            due = None if parts.done(number) else [pool.submit(answers_of, model, batch, column) for batch in sound if len(batch)]
            yield _Piece(number, sound, rejected, first - before, due)
            number += 1


def _settled(piece: _Piece, parts: Parts, schema: Any) -> Any:
    """Return the table of a part, input beside answers, after making sure that the answers are kept."""
    pa = arrow(str(parts.output))
    import pyarrow.parquet as pq

    if piece.answers is None:
        answers = pq.read_table(parts.path(piece.number))
    else:
        answers = pa.Table.from_batches([future.result() for future in piece.answers], schema)
        parts.add(piece.number, lambda path: pq.write_table(answers, path), piece.rejected)
    table = pa.Table.from_batches(piece.sound)
    for field, values in zip(answers.schema, answers.columns, strict=True):
        table = table.append_column(field, values)
    return table

"""Parquet and Arrow: texts straight from their buffers into the kernel, answers as typed columns beside those that came."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narratives.bulk.sources import Rejected, arrow
from narratives.columns import Columns
from narratives.errors import InputError, did_you_mean
from narratives.features import of_utf8
from narratives.heads import VOICE
from narratives.scorer import LONGEST, Model

BATCH_ROWS = 8192


def batches_of(name: str, column: str | None, rows: int | None = None) -> Iterator[Any]:
    """Go through a Parquet file as record batches.

    :param column: which holds the text; None where no text is wanted.
    :raises InputError: when it is none, or has no such column of texts.
    """
    pa = arrow(name)
    with _opened(name) as file:
        if column is not None:
            _check_text(name, file.schema_arrow, column)
        try:
            yield from file.iter_batches(batch_size=rows or BATCH_ROWS)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{name}: is damaged: {error}") from error


def _check_text(name: str, fields: Any, column: str) -> None:
    pa = arrow(name)
    if column not in fields.names:
        known = ", ".join(map(repr, fields.names))
        raise InputError(f"{name}: no column {column!r}{did_you_mean(column, fields.names)} Columns: {known}. Choose one with --text")
    kind = fields.field(column).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)):
        raise InputError(f"{name}: column {column!r} is {kind}, wanted strings; choose the column with --text")


def n_rows(name: str) -> int:
    """Return how many rows a Parquet file has, by its footer; raises as `batches_of`."""
    with _opened(name) as file:
        return int(file.metadata.num_rows)


def _opened(name: str) -> Any:
    pa = arrow(name)
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(name)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{name}: cannot be read as Parquet: {error}") from error


def score_batch(model: Model, batch: Any, column: str) -> Any:
    """Return a record batch with the answers as further columns; parameters and errors as of `answers_of`."""
    answers = answers_of(model, batch, column)
    return arrow("a record batch").RecordBatch.from_arrays([*batch.columns, *answers.columns], [*batch.schema.names, *answers.schema.names])


def answers_of(model: Model, batch: Any, column: str) -> Any:
    """Return a record batch of the answers alone, row by row.

    :param batch: without nulls in the column of texts.
    :raises InputError: when the batch has a column already that an answer is called.
    """
    pa = arrow("a record batch")
    texts = batch.column(batch.schema.get_field_index(column))
    if texts.type != pa.large_string():
        texts = texts.cast(pa.large_string())
    if model.encoder is not None:
        answers = model.columns(texts.to_pylist())
    else:
        offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
        data = texts.buffers()[2]
        content = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
        answers = model.columns(of_utf8(content[offsets[0] : offsets[-1]], offsets - offsets[0]))
    names, arrays = arrays_of(model, answers)
    if taken := set(names) & set(batch.schema.names):
        raise InputError(f"the table has a column {min(taken)!r} already, which a scored table gets; rename or drop it")
    return pa.RecordBatch.from_arrays(arrays, names)


def answers_or_nulls(model: Model, batch: Any, column: str) -> Any:
    """Return a record batch with the answers as further columns; a row that cannot be scored is null there, and says why in ``doubts``."""
    pa = arrow("a record batch")
    import pyarrow.compute as pc

    good, rejected = usable(batch, column, "batch", 0)
    if not rejected:
        return score_batch(model, batch, column) if len(batch) else _empty(model, batch)
    at = {int(row.where.rsplit(" ", 1)[1]): row.reason for row in rejected}
    places = np.cumsum([row not in at for row in range(len(batch))]) - 1
    indices = pa.array([None if row in at else int(place) for row, place in enumerate(places)], pa.int64())
    answers = answers_of(model, good, column) if len(good) else _empty(model, good.select([])).select(answer_schema(model).names)
    columns = {name: pc.take(answers.column(name), indices) for name in answers.schema.names}
    why = pa.array([at.get(row) for row in range(len(batch))], pa.string())
    columns["doubts"] = pc.coalesce(columns["doubts"], pc.binary_join_element_wise("not scored", why, ": "))
    return pa.RecordBatch.from_arrays([*batch.columns, *columns.values()], [*batch.schema.names, *columns])


def _empty(model: Model, batch: Any) -> Any:
    """Return a batch without rows that has the answers' columns too."""
    pa = arrow("a record batch")
    schema = answer_schema(model)
    arrays = [pa.array([], field.type) for field in schema]
    return pa.RecordBatch.from_arrays([*batch.columns, *arrays], [*batch.schema.names, *schema.names])


def usable(batch: Any, column: str, name: str, first: int) -> tuple[Any, list[Rejected]]:
    """Return the rows of a batch whose text can be scored, and the others with the reason.

    :param first: number of the batch's first row, counted from 1.
    """
    pa = arrow(name)
    import pyarrow.compute as pc

    texts = batch.column(batch.schema.get_field_index(column))
    lengths = pc.fill_null(pc.utf8_length(texts.cast(pa.large_string())), -1)
    good = pc.and_(pc.greater_equal(lengths, 0), pc.less_equal(lengths, LONGEST))
    if pc.all(good).as_py() is not False:
        return batch, []
    rejected = []
    for i in np.flatnonzero(~np.asarray(good.to_numpy(zero_copy_only=False), bool)).tolist():
        row = batch.slice(i, 1).to_pylist()[0]
        n = lengths[i].as_py()
        reason = f"column {column!r} is null" if n < 0 else f"the text has {n:,} characters, at most {LONGEST:,} make a paragraph"
        rejected.append(Rejected(f"{name}: row {first + i}", reason, row | ({column: row[column][:200] + " ..."} if n > 0 else {})))
    return batch.filter(good), rejected


def answer_schema(model: Model) -> Any:
    """Return the Arrow schema of the columns that scoring adds."""
    names, arrays = arrays_of(model, model.columns(["a"]))
    return arrow("a schema").schema([(name, array.type) for name, array in zip(names, arrays, strict=True)])


def arrays_of(model: Model, answers: Columns) -> tuple[list[str], list[Any]]:
    """Return the names and the Arrow arrays of the columns that scoring adds; voice and sub-frame are null where a frame is absent."""
    pa = arrow("a record batch")
    heads = {head.name: head.classes for head in model.bundle.heads}
    reasons = {bits: "; ".join(answers.reasons(row)) for bits, row in zip(*np.unique(answers.doubts, return_index=True), strict=True)}
    columns: dict[str, Any] = {
        "language": _coded(answers.languages),
        "doubts": _coded(np.array([reasons[bits] for bits in answers.doubts.tolist()], dtype=object)),
    }
    for k, frame in enumerate(model.codebook.frame_ids):
        present = answers.present[:, k]
        columns[f"{frame}_present"] = pa.array(present)
        columns[f"{frame}_probability"] = pa.array(answers.probabilities[:, k].astype(np.float32))
        columns[f"{frame}_uncertain"] = pa.array(answers.uncertain[:, k])
        columns[f"{frame}_subframe"] = _first(answers.subframes.get(frame), heads.get(frame, ()), present)
        columns[f"{frame}_voice"] = _first(None if answers.voices is None else answers.voices[:, k], heads.get(VOICE, ()), present)
    return list(columns), list(columns.values())


def _first(chances: NDArray[np.float64] | None, classes: tuple[str, ...], present: NDArray[np.bool_]) -> Any:
    """Return the likeliest class of each row as a string, null where the frame is absent or the model does not tell."""
    pa = arrow("a record batch")
    if chances is None:
        return pa.nulls(len(present), pa.string())
    best = np.zeros(len(present), np.int32)
    best[present] = chances[present].argmax(axis=1)
    return pa.DictionaryArray.from_arrays(pa.array(best, mask=~present), pa.array(classes)).cast(pa.string())


def _coded(values: NDArray[Any]) -> Any:
    pa = arrow("a record batch")
    kinds, codes = np.unique(values.astype(str), return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(kinds.tolist())).cast(pa.string())

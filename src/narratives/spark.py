"""Scoring a Spark DataFrame: every worker reads the model once, and batches go through Arrow.

    from narratives import spark
    scored = spark.score(df, text="body")

The model travels with the job, so nothing has to be copied to the workers but the package itself. Rows are kept, all of them and in
their partitions; what cannot be scored (a null, a text of more than a million characters) says so in ``doubts`` and is null elsewhere.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from narratives.bulk.arrow_tables import answer_schema, answers_or_nulls
from narratives.bundle import load as load_bundle
from narratives.doubt import DEFAULT_LEVEL
from narratives.errors import InputError, did_you_mean
from narratives.scorer import Model
from narratives.store import folder_of

_at_hand: dict[str, Model] = {}  # models of this process, by what they are


def score(
    df: Any, text: str = "text", model: str | Path | None = None, level: float = DEFAULT_LEVEL, prevalence: float | None = None
) -> Any:
    """Return the DataFrame with the answers as further columns, the same that `narratives score` writes to Parquet.

    :param df: a DataFrame of Spark 3.5 or later.
    :param text: name of the column that holds the texts.
    :param model: version or folder of a model; None for the one in use.
    :param level: how certain an answer must be not to be called uncertain.
    :param prevalence: share of paragraphs expected to carry a frame; None for that of the model.
    :raises InputError: when the column is missing or holds no strings, or an answer's column is there already; before any work.
    """
    from pyspark.sql.types import BooleanType, FloatType, StringType, StructType

    if text not in df.columns:
        raise InputError(f"the DataFrame has no column {text!r}{did_you_mean(text, df.columns)} Columns: {', '.join(df.columns)}")
    if not isinstance(df.schema[text].dataType, StringType):
        raise InputError(f"column {text!r} is {df.schema[text].dataType.simpleString()}, wanted string")
    folder = folder_of(model)
    content = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    fields = answer_schema(Model(load_bundle(folder), level, prevalence, threads=1))
    if taken := set(fields.names) & set(df.columns):
        raise InputError(f"the DataFrame has a column {min(taken)!r} already, which a scored one gets; rename or drop it")
    kinds = {"bool": BooleanType(), "float": FloatType(), "string": StringType()}
    schema = StructType(list(df.schema.fields))
    for field in fields:
        schema = schema.add(field.name, kinds[str(field.type)])

    def scored(batches: Iterator[Any]) -> Iterator[Any]:
        here = _model(content, level, prevalence)
        for batch in batches:
            yield answers_or_nulls(here, batch, text)

    return df.mapInArrow(scored, schema)


def _model(content: dict[str, bytes], level: float, prevalence: float | None) -> Model:
    """Return the model of these files, read once in this process."""
    key = hashlib.sha256(repr((sorted(content.items()), level, prevalence)).encode()).hexdigest()
    if key not in _at_hand:
        with tempfile.TemporaryDirectory(prefix="narratives-") as folder:
            for name, part in content.items():
                (Path(folder) / name).write_bytes(part)
            _at_hand[key] = Model(load_bundle(folder), level, prevalence, threads=1)  # Spark has a worker for each core
    return _at_hand[key]

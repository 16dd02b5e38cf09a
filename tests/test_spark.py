"""Spark on this machine: row for row what one process answers."""

from __future__ import annotations

import os
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from narratives import spark as spark_module
from narratives.bulk.run import Job, score_tables
from narratives.errors import InputError
from narratives.scorer import LONGEST, Model
from narratives.store import Store
from tests.test_bulk import texts

pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'narratives[spark]'")
pytestmark = pytest.mark.skipif(
    shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="no Java was found, which Spark runs on"
)


@pytest.fixture(scope="module")
def session():
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "2")
    session = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def model(toy_bundle, tmp_path):
    return Store(tmp_path / "models").add(toy_bundle)


def test_spark_answers_row_for_row_as_one_process(session, model, tmp_path):
    pq.write_table(pa.table({"id": range(400), "body": texts(400)}), tmp_path / "in.parquet")
    score_tables(Model(Store(tmp_path / "models").load("1.0.0")), Job([str(tmp_path / "in.parquet")], "body", tmp_path / "out.parquet"), {})
    scored = spark_module.score(session.read.parquet(str(tmp_path / "in.parquet")).repartition(4), text="body", model=model)
    assert [field.dataType.simpleString() for field in scored.schema[:5]] == ["bigint", "string", "string", "string", "boolean"]
    found = scored.orderBy("id").toArrow()
    assert found.to_pylist() == pq.read_table(tmp_path / "out.parquet").to_pylist()


def test_spark_keeps_rows_that_cannot_be_scored(session, model):
    rows = [(1, "Dry wells"), (2, None), (3, "x" * (LONGEST + 1)), (4, "Choir")]
    df = session.createDataFrame(rows, "id int, text string").coalesce(1)
    found = {row["id"]: row for row in spark_module.score(df, model=model).collect()}
    assert len(found) == 4
    assert found[2]["doubts"] == "not scored: column 'text' is null"
    assert "characters" in found[3]["doubts"]
    assert found[2]["shortage_present"] is None
    assert found[4]["shortage_present"] is not None


def test_spark_says_what_is_wrong_before_any_work(session, model):
    df = session.createDataFrame([(1, "a")], "number int, txt string")
    with pytest.raises(InputError, match="did you mean 'txt'"):
        spark_module.score(df, model=model)
    with pytest.raises(InputError, match="is int, wanted string"):
        spark_module.score(df, text="number", model=model)
    taken = session.createDataFrame([("a", True)], "text string, shortage_present boolean")
    with pytest.raises(InputError, match="shortage_present"):
        spark_module.score(taken, model=model)

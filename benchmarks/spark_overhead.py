"""What Spark costs on one machine: local[2] over 1, 2 and 4 partitions against the command on 2 cores, Parquet to Parquet.

python benchmarks/spark_overhead.py --rows 1000000        (pip install 'narratives[spark]', and Java)
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from paragraphs import paragraphs
from pyspark.sql import SparkSession

from narratives import load, spark
from narratives.bulk.run import Job, score_tables
from narratives.report import columns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    options = parser.parse_args()
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    rows = [["", "seconds", "rows a second", "x direct"]]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.parquet"
        table = pa.table({"id": range(options.rows), "text": [text for _, text in paragraphs(options.rows)]})
        pq.write_table(table, source, row_group_size=options.rows // 8 + 1)
        model = load(threads=2)
        model.columns(["warm up " * 10] * 5000)
        began = time.perf_counter()
        score_tables(model, Job([str(source)], "text", Path(folder) / "direct.parquet", jobs=2), {})
        direct = time.perf_counter() - began
        rows.append(["direct, 2 threads", f"{direct:.1f}", f"{options.rows / direct:,.0f}", "1.00"])
        began = time.perf_counter()
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
        session = builder.config("spark.driver.memory", "4g").getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        rows.append(["start of the session", f"{time.perf_counter() - began:.1f}", "", ""])
        spark.score(session.read.parquet(str(source)).limit(1000)).count()  # workers start, the model is read
        for n in (1, 2, 4):
            began = time.perf_counter()
            spark.score(session.read.parquet(str(source)).coalesce(n)).write.parquet(f"{folder}/{n}")
            took = time.perf_counter() - began
            rows.append([f"Spark local[2], {n} partition(s)", f"{took:.1f}", f"{options.rows / took:,.0f}", f"{took / direct:.2f}"])
        session.stop()
    print(columns(rows))


if __name__ == "__main__":
    main()

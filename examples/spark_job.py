"""Score a Parquet data set with Spark.

    spark-submit examples/spark_job.py in.parquet out.parquet --text body

Every worker needs Python with `narratives[spark]` installed; the model itself travels with the job.
"""

from __future__ import annotations

import argparse

from pyspark.sql import SparkSession

from narratives import spark


def main() -> None:
    """Read, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="Parquet file or folder, anything that Spark reads")
    parser.add_argument("target", help="folder to write; must not be there")
    parser.add_argument("--text", default="text", help="column that holds the texts (default: text)")
    parser.add_argument("--model", help="version or folder of a model (default: the one in use)")
    options = parser.parse_args()
    session = SparkSession.builder.appName("narratives").getOrCreate()
    scored = spark.score(session.read.parquet(options.source), options.text, options.model)
    scored.write.parquet(options.target)
    session.stop()


if __name__ == "__main__":
    main()

"""The search over learners in `train.py` on Dask: the same answer, spread by joblib's backend over the workers of a cluster.

python benchmarks/search_dask.py                     a cluster of two processes on this machine (pip install 'dask[distributed]')
python benchmarks/search_dask.py --scheduler tcp://host:8786
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import joblib
from distributed import Client, LocalCluster

from narratives.codebook import read_codebook
from narratives.features.lexicon import load_lexicon
from narratives.records import read_corpus
from narratives.training import Training, TrainingSettings

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scheduler", help="address of a running Dask scheduler (default: two processes here)")
    parser.add_argument("--every", type=int, default=4, help="take every n-th paragraph of the corpus (default: 4)")
    options = parser.parse_args()
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    corpus = read_corpus([ROOT / "data" / "corpus"], codebook)[:: options.every]
    settings = TrainingSettings(lexicon=load_lexicon(ROOT / "data" / "lexicon"), jobs=-1)
    training = Training(corpus, codebook, settings)
    began = time.perf_counter()
    here, rows = training.choose()
    print(f"processes of joblib: {here}, {time.perf_counter() - began:.1f} s")
    cluster = None if options.scheduler else LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with Client(options.scheduler or cluster) as client, joblib.parallel_config("dask"):
        began = time.perf_counter()
        there, other_rows = training.choose()
        print(f"Dask on {len(client.scheduler_info()['workers'])} workers: {there}, {time.perf_counter() - began:.1f} s")
    assert (here, rows) == (there, other_rows), "the two searches differ"
    print("equal tables of candidates")


if __name__ == "__main__":
    main()

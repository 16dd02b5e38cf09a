"""Speed side by side in one run: ours, scikit-learn and fastText on the same paragraphs, and what else there is to say of speed.

    python benchmarks/throughput.py                       100,000 paragraphs, 5 rounds
    python benchmarks/throughput.py --million --memory 5  and a million rows Parquet to Parquet, and 5 GB of JSON lines

Every contender scores a list of texts; rounds are interleaved, and the table holds medians. The slow ones get a share of the paragraphs
that takes them some seconds; the table says how many. fastText is left out where it is not installed (extra `peers`).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from paragraphs import ROOT, paragraphs

from narratives import load
from narratives.codebook import read_codebook
from narratives.features import Engine, of_texts
from narratives.frames import targets
from narratives.records import read_corpus
from narratives.report import columns

SECONDS = 3.0  # that a contender gets a round


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paragraphs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--million", action="store_true", help="also a million rows from Parquet to Parquet")
    parser.add_argument("--memory", type=float, default=0.2, metavar="GB", help="size of the JSON lines for peak memory (default: 0.2)")
    options = parser.parse_args()
    texts = [text for _, text in paragraphs(options.paragraphs)]
    size = sum(len(text.encode()) for text in texts) / len(texts)
    print(
        f"{cpu()}, {os.cpu_count()} cores, Python {platform.python_version()}; {len(texts):,} paragraphs of {size:.0f} bytes on average\n"
    )
    print(side_by_side(texts, options.rounds), end="\n\n")
    print(alone(texts), end="\n\n")
    print(by_length(texts), end="\n\n")
    print(by_labels(texts), end="\n\n")
    print(in_files(options.memory, options.million))


def cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def side_by_side(texts: Sequence[str], rounds: int) -> str:
    """Return the table of all contenders."""
    contenders = ours() | scikit_learn() | fasttext()
    n_of = {}
    for name, score in contenders.items():  # warm up, and see how many paragraphs take a few seconds
        n, took = 64, 0.0
        while took < 0.3 and n < len(texts):
            n = min(len(texts), n * 4)
            began = time.perf_counter()
            score(texts[:n])
            took = time.perf_counter() - began
        n_of[name] = min(len(texts), max(64, int(n * SECONDS / max(took, 1e-9))))
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, score in contenders.items():
            began = time.perf_counter()
            score(texts[: n_of[name]])
            rates[name].append(n_of[name] / (time.perf_counter() - began))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    base = medians["scikit-learn TF-IDF, one thread"]
    rows = [["scorer", "paragraphs a second", "spread", "x scikit-learn TF-IDF", "paragraphs a round"]]
    for name, median in medians.items():
        spread = f"{min(rates[name]):,.0f}-{max(rates[name]):,.0f}"
        rows.append([name, f"{median:,.0f}", spread, f"{median / base:.1f}", f"{n_of[name]:,}"])
    return columns(rows)


def ours() -> dict[str, Callable[[Sequence[str]], Any]]:
    found: dict[str, Callable[[Sequence[str]], Any]] = {}
    for threads, said in ((1, "one thread"), (2, "two threads")):
        model = load(threads=threads)
        bundle = model.bundle
        frames = Engine(bundle.settings, bundle.lexicon, bundle.weights, threads=threads)
        words = Engine(bundle.settings, weights=bundle.weights, threads=threads)
        found[f"ours, everything, {said}"] = lambda texts, model=model: model.columns(texts)
        found[f"ours, frames, {said}"] = lambda texts, engine=frames: engine.score(of_texts(texts))
        found[f"ours, frames without concepts, {said}"] = lambda texts, engine=words: engine.score(of_texts(texts))
    return found


def training_set() -> tuple[list[str], Any, tuple[str, ...]]:
    codebook = read_codebook(ROOT / "data" / "codebook.toml")
    corpus = read_corpus([ROOT / "data" / "corpus"], codebook)
    truth = targets([record.frames for record in corpus], codebook.frame_ids)
    return [record.text for record in corpus], truth.astype(int), codebook.frame_ids


def scikit_learn() -> dict[str, Callable[[Sequence[str]], Any]]:
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    texts, truth, _ = training_set()
    found: dict[str, Callable[[Sequence[str]], Any]] = {}
    for name, kind in (("TF-IDF", TfidfVectorizer), ("hashing", HashingVectorizer)):
        more = {"n_features": 1 << 18} if kind is HashingVectorizer else {}
        both = make_union(kind(ngram_range=(1, 2), **more), kind(analyzer="char_wb", ngram_range=(3, 5), **more))
        model = make_pipeline(both, OneVsRestClassifier(LogisticRegression(solver="liblinear")))
        model.fit(texts[::4], truth[::4])
        found[f"scikit-learn {name}, one thread"] = model.predict_proba
    return found


def fasttext() -> dict[str, Callable[[Sequence[str]], Any]]:
    try:
        import fasttext as library
    except ImportError:
        print("fastText is not installed: pip install 'narratives[peers]'")
        return {}
    texts, truth, frames = training_set()
    found: dict[str, Callable[[Sequence[str]], Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        lines = []
        for text, row in zip(texts, truth, strict=True):
            labels = [f"__label__{frame}" for frame, there in zip(frames, row, strict=True) if there] or ["__label__none"]
            lines.append(f"{' '.join(labels)} {' '.join(text.split())}")
        path.write_text("\n".join(lines), encoding="utf-8")
        for dim in (16, 50):
            model = library.train_supervised(
                str(path), dim=dim, wordNgrams=2, minn=3, maxn=5, bucket=1 << 18, loss="ova", epoch=5, thread=2, verbose=0
            )
            found[f"fastText, dim {dim}, one thread"] = lambda texts, model=model: [
                model.f.predict(text + "\n", 4, 0.0, "strict") for text in texts
            ]
    return found


def alone(texts: Sequence[str]) -> str:
    """Return how long one paragraph takes, warm and cold, and what a model weighs."""
    model = load()
    model.columns(texts[:1000])
    times = []
    for text in texts[:2000]:
        began = time.perf_counter()
        model.score(text, evidence=False)
        times.append(time.perf_counter() - began)
    shown = []
    for text in texts[:200]:
        began = time.perf_counter()
        model.score(text)
        shown.append(time.perf_counter() - began)
    loading = []
    for _ in range(9):
        began = time.perf_counter()
        load()
        loading.append(time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.txt"
        one.write_text(texts[0], encoding="utf-8")
        command = [sys.executable, "-m", "narratives.cli", "score", str(one)]
        cold = []
        for _ in range(6):
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            cold.append(time.perf_counter() - began)
    weight = sum(path.stat().st_size for path in (ROOT / "models" / model.version).iterdir()) / 1e6
    rows = [
        ["alone", ""],
        ["one paragraph, warm, everything", f"{1000 * statistics.median(times):.3f} ms"],
        ["the same with evidence", f"{1000 * statistics.median(shown):.1f} ms"],
        ["load a model", f"{1000 * statistics.median(loading):.0f} ms"],
        ["`narratives score one.txt`, whole process", f"{statistics.median(cold[1:]):.2f} s"],
        ["model folder", f"{weight:.1f} MB"],
    ]
    return columns(rows)


def by_length(texts: Sequence[str]) -> str:
    """Return what a word costs in texts of different lengths."""
    model = load(threads=1)
    words = " ".join(texts[:4000]).split()
    rows = [["words a text", "microseconds a word"]]
    for n in (10, 100, 1000, 10_000, 100_000):
        parts = [" ".join(words[i : i + n]) for i in range(0, min(len(words), max(n, 200_000)) - n + 1, n)]
        model.columns(parts)
        began = time.perf_counter()
        model.columns(parts)
        rows.append([f"{n:,}", f"{1e6 * (time.perf_counter() - began) / (n * len(parts)):.3f}"])
    return columns(rows)


def by_labels(texts: Sequence[str]) -> str:
    """Return what a paragraph costs with more frames, of random weights."""
    bundle = load().bundle
    random = np.random.default_rng(0)
    rows = [["frames", "microseconds a paragraph"]]
    for n in (3, 10, 30, 100):
        weights = random.normal(size=(bundle.settings.n_buckets, n)).astype(np.float32)
        engine, some = Engine(bundle.settings, bundle.lexicon, weights, threads=1), texts[:5000]
        engine.score(of_texts(some))
        began = time.perf_counter()
        engine.score(of_texts(some))
        rows.append([str(n), f"{1e6 * (time.perf_counter() - began) / len(some):.1f}"])
    return columns(rows)


def in_files(gigabytes: float, million: bool) -> str:
    """Return how fast files are scored, and in how much memory."""
    rows = [["files", "rows", "seconds", "rows a second", "peak memory"]]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        n = written(source, gigabytes)
        rows.append([f"{gigabytes:g} GB of JSON lines to JSON lines", *scored(source, Path(folder) / "out.jsonl", n)])
        source.unlink()
        if million:
            import pyarrow as pa
            import pyarrow.parquet as pq

            table = pa.table({"id": range(1_000_000), "text": [text for _, text in paragraphs(1_000_000)]})
            pq.write_table(table, Path(folder) / "in.parquet", row_group_size=65_536)
            rows.append(["Parquet to Parquet", *scored(Path(folder) / "in.parquet", Path(folder) / "out.parquet", 1_000_000)])
    return columns(rows)


def written(path: Path, gigabytes: float) -> int:
    """Write JSON lines of that size; return how many."""
    some = [json.dumps({"id": i, "text": text}, ensure_ascii=False) + "\n" for i, (_, text) in enumerate(paragraphs(20_000))]
    n, left = 0, gigabytes * 1e9
    with path.open("w", encoding="utf-8") as file:
        while left > 0:
            for line in some:
                file.write(line)
                left -= len(line.encode())
                n += 1
                if left <= 0:
                    break
    return n


def scored(source: Path, target: Path, n: int) -> list[str]:
    """Score a file in a process of its own; return rows, seconds, rate and peak memory."""
    # Not getrusage: a child's figure there begins with that of the parent.
    peak_of = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    code = f"import sys; from narratives.cli import main; main(sys.argv[1:]); {peak_of}"
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, "score", str(source), "-o", str(target)], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    peak = int(done.stdout.split()[-1]) * 1024 / 1e6
    return [f"{n:,}", f"{seconds:.1f}", f"{n / seconds:,.0f}", f"{peak:.0f} MB"]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()

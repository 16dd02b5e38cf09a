"""``narratives score``: read articles and tables."""

from __future__ import annotations

import argparse
import sys
import time
from itertools import islice
from pathlib import Path
from typing import IO, Any

from narratives.cli import inputs, outputs
from narratives.doubt import DEFAULT_LEVEL
from narratives.errors import InputError, NarrativesError
from narratives.scorer import BATCH, LONGEST, Model, load
from narratives.text import split_article

SOME_LEFT_OUT = 1
ESTIMATE = "estimate"
FEWEST_TO_ESTIMATE = 100


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "score",
        help="score articles and tables",
        description="Score articles (.txt: every paragraph), tables (.jsonl, .csv: every row), or standard input (-).",
        epilog="Exit code: 0 all scored, 1 some rows or files were left out (said on standard error), 2 nothing could be done.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="file to score; - for standard input")
    parser.add_argument("--model", help="version or folder of a model (default: the one in use)")
    parser.add_argument(
        "--certain",
        type=float,
        default=DEFAULT_LEVEL,
        metavar="LEVEL",
        help="call uncertain what falls short of this: 0.8, 0.9 (default) or 0.95",
    )
    parser.add_argument(
        "--prevalence",
        type=_share,
        metavar="SHARE",
        help="share of paragraphs expected to carry a frame, such as 0.1, or `estimate`: from the paragraphs themselves, which are "
        "then read twice (default: that of the model)",
    )
    parser.add_argument("--text", default="text", metavar="NAME", help="column or field that holds the text (default: text)")
    parser.add_argument("--input", choices=(inputs.TEXT, inputs.JSONL, inputs.CSV), help="how to read the input (default: by its ending)")
    parser.add_argument(
        "--format", choices=(outputs.TABLE, outputs.JSONL, outputs.CSV), help="default: a table; by the ending of -o where given"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of to standard output")
    parser.add_argument(
        "--evidence",
        action=argparse.BooleanOptionalAction,
        help="say which words carried each frame (default: for articles and tables for eyes)",
    )
    parser.add_argument("--colour", "--color", choices=("auto", "always", "never"), default="auto", help="default: on a terminal")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score every file; one that cannot be used is said and left out."""
    model = load(options.model, options.certain, options.prevalence if options.prevalence != ESTIMATE else None)
    if options.prevalence == ESTIMATE:
        model = _estimated(model, options)
    form = options.format or _by_ending(options.output)
    failures = 0
    with outputs.opened(options.output) as file:
        writer = outputs.Writer(file, form)
        for name in options.files:
            kind = inputs.kind_of(name, options.input)
            try:
                if kind == inputs.TEXT:
                    _article(model, name, file, writer, form, options)
                else:
                    failures += _table(model, name, kind, file, writer, form, options)
            except NarrativesError as error:
                print(f"narratives: {error}", file=sys.stderr)
                failures += 1
                if len(options.files) == 1:
                    return 2
    return SOME_LEFT_OUT if failures else 0


def _share(text: str) -> float | str:
    try:
        share = 0.5 if text == ESTIMATE else float(text)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: wanted a share between 0 and 1, or {ESTIMATE}")
    return text if text == ESTIMATE else share


def _estimated(model: Model, options: argparse.Namespace) -> Model:
    """Return the model at the prevalence that all paragraphs of all files add up to; standard input cannot be read twice."""
    if "-" in options.files:
        raise InputError("--prevalence estimate reads its input twice, which standard input does not allow; give a file or a share")
    texts: list[str] = []
    for name in options.files:
        kind = inputs.kind_of(name, options.input)
        try:
            if kind == inputs.TEXT:
                texts += [unit.text for unit in split_article(inputs.read_text(name))]
            else:
                texts += [row.text for row in inputs.rows_of(name, kind, options.text) if isinstance(row, inputs.Row)]
        except NarrativesError:
            continue  # said when it is scored
    if len(texts) < FEWEST_TO_ESTIMATE:
        few = f"{len(texts)} paragraphs are too few to estimate a prevalence from (wanted {FEWEST_TO_ESTIMATE})"
        print(f"narratives: {few}; the model's own is kept", file=sys.stderr)
        return model
    shares = model.prevalence(texts)
    told = ", ".join(f"{frame} {share:.3f}" for frame, share in shares.items())
    print(f"narratives: prevalence estimated from {len(texts)} paragraphs: {told}", file=sys.stderr)
    return Model(model.bundle, options.certain, [min(max(share, 1e-6), 1 - 1e-6) for share in shares.values()], model.encoder)


def _by_ending(path: Path | None) -> str:
    ending = path.suffix.lower().lstrip(".") if path else ""
    return {"jsonl": outputs.JSONL, "ndjson": outputs.JSONL, "json": outputs.JSONL, "csv": outputs.CSV}.get(ending, outputs.TABLE)


def _article(model: Model, name: str, file: IO[str], writer: outputs.Writer, form: str, options: argparse.Namespace) -> None:
    text = inputs.read_text(name)
    if not text.strip():
        raise InputError(f"{name}: is empty; there is nothing to score")
    with_evidence = options.evidence is not False
    article = model.score_article(text, evidence=with_evidence)
    if form == outputs.TABLE:
        print(outputs.article_table(name, article, outputs.colourful(file, options.colour)), file=file)
        return
    for number, paragraph in enumerate(article, start=1):
        row = {"file": name, "paragraph": number, "kind": paragraph.kind, "start": paragraph.start, "end": paragraph.end}
        row |= {"language": article.language.code, "text": paragraph.reading.text}
        writer.write(row | _result(paragraph.reading, form, with_evidence))


def _table(model: Model, name: str, kind: str, file: IO[str], writer: outputs.Writer, form: str, options: argparse.Namespace) -> int:
    with_evidence = options.evidence if options.evidence is not None else form == outputs.TABLE
    colour = outputs.colourful(file, options.colour)
    failures, done, progress = 0, 0, Progress(name)
    source = inputs.rows_of(name, kind, options.text)
    while batch := list(islice(source, BATCH)):
        rows, faults = _usable(batch)
        failures += faults
        for row, reading in zip(rows, model.score_many([row.text for row in rows], evidence=with_evidence), strict=True):
            if form == outputs.TABLE:
                print(outputs.reading_block(row.where, reading, colour), end="\n\n", file=file)
            else:
                writer.write(row.columns | _result(reading, form, with_evidence))
        done += len(batch)
        progress.at(done)
    progress.end(done)
    if not done:
        raise InputError(f"{name}: holds no rows; there is nothing to score")
    return failures


def _usable(batch: list[inputs.Row | InputError]) -> tuple[list[inputs.Row], int]:
    """Return the rows that can be scored; say the others on standard error and count them."""
    rows: list[inputs.Row] = []
    for item in batch:
        if isinstance(item, inputs.Row) and len(item.text) > LONGEST:
            item = InputError(f"{item.where}: the text has {len(item.text):,} characters, at most {LONGEST:,} make a paragraph")
        if isinstance(item, inputs.Row):
            rows.append(item)
        else:
            print(f"narratives: {item}; left out", file=sys.stderr)
    return rows, len(batch) - len(rows)


def _result(reading: Any, form: str, with_evidence: bool) -> dict[str, Any]:
    return outputs.plain(reading, with_evidence) if form == outputs.JSONL else outputs.flat(reading, with_evidence)


class Progress:
    """Says on a terminal how far long work has come, once a second."""

    def __init__(self, name: str) -> None:
        """Begin now."""
        self._name = name
        self._began = self._said = time.monotonic()

    def at(self, done: int) -> None:
        """Say how many rows are done, where a second has passed since the last time."""
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._said >= 1:
            self._said = now
            print(f"\r{self._name}: {done:,} rows, {done / (now - self._began):,.0f} a second", end="", file=sys.stderr)

    def end(self, done: int) -> None:
        """Leave the terminal on a fresh line."""
        if sys.stderr.isatty() and self._said != self._began:
            print(f"\r{self._name}: {done:,} rows in {time.monotonic() - self._began:.1f} s          ", file=sys.stderr)

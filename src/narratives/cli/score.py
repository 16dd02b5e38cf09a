"""``narratives score``: read articles and tables."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import islice
from pathlib import Path
from typing import IO, Any

from narratives.bulk.rows import RowWriter, row_of
from narratives.bulk.sources import CSV, JSONL, PARQUET, STANDARD_INPUT, TABLES, TEXT, Rejected, Row, expanded, kind_of, rows_of
from narratives.cli import inputs, outputs
from narratives.doubt import DEFAULT_LEVEL
from narratives.errors import InputError, NarrativesError
from narratives.scorer import Model, load

SOME_LEFT_OUT = 1
ESTIMATE = "estimate"
FEWEST_TO_ESTIMATE = 100
AT_ONCE = 256  # rows, so that what comes slowly through a pipe is answered soon


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "score",
        help="score articles and tables",
        description="Score articles (.txt: every paragraph), tables (.jsonl, .csv, .parquet, also with .gz or .zst: every row), folders "
        "of both, or standard input (-). Tables written with -o are worked off in parts, in bounded memory.",
        epilog="Exit code: 0 all scored, 1 some rows or files were left out (said on standard error, or in FILE.rejected.jsonl), "
        "2 nothing could be done.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="file or folder to score; - for standard input")
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
    parser.add_argument("--input", choices=(TEXT, *TABLES), help="how to read the input (default: by its ending)")
    parser.add_argument("--format", choices=(outputs.TABLE, JSONL, CSV), help="default: a table; by the ending of -o where given")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there: .jsonl, .csv (also with .gz or .zst) or .parquet")
    parser.add_argument("--resume", action="store_true", help="go on with a run into -o that was cut short")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="threads (default: one a core)")
    parser.add_argument(
        "--evidence",
        action=argparse.BooleanOptionalAction,
        help="say which words carried each frame (default: for articles and tables for eyes)",
    )
    parser.add_argument("--colour", "--color", choices=("auto", "always", "never"), default="auto", help="default: on a terminal")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score every file; one that cannot be used is said and left out."""
    options.files = expanded(options.files)
    if options.jobs < 1:
        raise InputError(f"--jobs {options.jobs}: wanted 1 or more")
    share = options.prevalence if options.prevalence != ESTIMATE else None
    model = load(options.model, options.certain, share, options.jobs)
    if options.prevalence == ESTIMATE:
        model = _estimated(model, options)
    if _only_tables(options):
        return _in_parts(model, options)
    if options.resume:
        raise InputError("--resume goes on with tables that are written with -o; articles and standard input are begun anew")
    form = options.format or _by_ending(options.output)
    failures = 0
    with outputs.opened(options.output) as file:
        writer = RowWriter(file, form)
        for name in options.files:
            kind = kind_of(name, options.input)
            try:
                if kind == TEXT:
                    _article(model, name, file, writer, form, options)
                else:
                    failures += _table(model, name, kind, file, writer, form, options)
            except NarrativesError as error:
                print(f"narratives: {error}", file=sys.stderr)
                failures += 1
                if len(options.files) == 1:
                    return 2
    return SOME_LEFT_OUT if failures else 0


def _only_tables(options: argparse.Namespace) -> bool:
    """Whether the work can be done in parts: files of tables, into a file for programs."""
    names, tables = options.files, [kind_of(name, options.input) != TEXT for name in options.files]
    if options.output is None or STANDARD_INPUT in names or not all(tables) or options.format == outputs.TABLE:
        return False
    return kind_of(options.output.name) in TABLES


def _in_parts(model: Model, options: argparse.Namespace) -> int:
    from narratives.bulk.run import Job, score_tables

    if options.format and options.format != kind_of(options.output.name):
        raise InputError(f"{options.output}: --format {options.format} and the ending differ; leave one out")
    job = Job(options.files, options.text, options.output, options.input, bool(options.evidence), options.jobs, options.resume)
    done = score_tables(model, job, {"certain": options.certain, "prevalence": str(options.prevalence)})
    if done.rejected:
        print(f"narratives: {done.rejected:,} of {done.rows + done.rejected:,} rows left out; reasons in {done.aside}", file=sys.stderr)
    return SOME_LEFT_OUT if done.rejected else 0


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
    if STANDARD_INPUT in options.files:
        raise InputError("--prevalence estimate reads its input twice, which standard input does not allow; give a file or a share")
    texts: list[str] = []
    for name in options.files:
        try:
            texts += [row.text for row in inputs.paragraphs_of(name, options.text, options.input) if isinstance(row, Row)]
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
    if path is None:
        return outputs.TABLE
    kind = kind_of(path.name)
    if kind == PARQUET:
        raise InputError(f"{path}: only tables in files go into Parquet; write articles and standard input to .jsonl or .csv")
    return kind if kind in TABLES else outputs.TABLE


def _article(model: Model, name: str, file: IO[str], writer: RowWriter, form: str, options: argparse.Namespace) -> None:
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
        writer.write(row | row_of(paragraph.reading, form, with_evidence) | {"language": article.language.code})


def _table(model: Model, name: str, kind: str, file: IO[str], writer: RowWriter, form: str, options: argparse.Namespace) -> int:
    with_evidence = options.evidence if options.evidence is not None else form == outputs.TABLE
    colour = outputs.colourful(file, options.colour)
    failures = done = 0
    source = rows_of(name, kind, options.text)
    while batch := list(islice(source, AT_ONCE)):
        rows = [row for row in batch if isinstance(row, Row)]
        for row in batch:
            if isinstance(row, Rejected):
                print(f"narratives: {row.where}: {row.reason}; left out", file=sys.stderr)
        failures += len(batch) - len(rows)
        for row, reading in zip(rows, model.score_many([row.text for row in rows], evidence=with_evidence), strict=True):
            if form == outputs.TABLE:
                print(outputs.reading_block(row.where, reading, colour), end="\n\n", file=file)
            else:
                writer.write(row.columns | row_of(reading, form, with_evidence))
        done += len(batch)
    if not done:
        raise InputError(f"{name}: holds no rows; there is nothing to score")
    return failures

"""``narratives trends``: shares of paragraphs by frame and voice, over time and by group, from scored tables."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from narratives import rates
from narratives.bulk.sources import TABLES, TEXT, Rejected, expanded, kind_of, rows_of
from narratives.cli import inputs, outputs
from narratives.errors import InputError
from narratives.quantify import Rates
from narratives.records import read_records
from narratives.scorer import Model, load
from narratives.trends.periods import EVERY
from narratives.trends.table import FEWEST, KEYS, lines, warnings
from narratives.trends.tally import Tally, UnusableError, Wanted

SCHEMA = 1  # of --json; raise when a reader of the old number would misread it
SOME_LEFT_OUT = 1


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "trends",
        help="shares of frames over time and by group, corrected for the model's errors",
        description="Count what `narratives score` wrote (.jsonl, .csv or .parquet) and tell the share of paragraphs by frame, and by "
        "frame and voice, as said and corrected for the model's own errors (adjusted count), each with its 95 %% interval. What the "
        "correction is worth on your text: docs/trends.md.",
        epilog="Exit code: 0 all rows counted, 1 some left out (said on standard error), 2 nothing could be done.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="scored table, or a folder of them")
    parser.add_argument("--by", action="append", default=[], metavar="FIELD", help="field that makes groups, such as outlet; repeatable")
    parser.add_argument("--every", choices=EVERY, help="length of a period (default: all time together)")
    parser.add_argument("--date", default="date", metavar="FIELD", help="field that holds the date, ISO 8601 (default: date)")
    parser.add_argument("--article", metavar="FIELD", help="field that tells which paragraphs belong together; widens the intervals")
    parser.add_argument("--model", help="version or folder of the model that scored the rows (default: the one in use)")
    parser.add_argument("--prevalence", type=float, metavar="SHARE", help="the --prevalence that they were scored with, if any")
    parser.add_argument(
        "--rates", type=Path, metavar="LABELLED.jsonl", help="take error rates from labelled paragraphs of the kind counted"
    )
    parser.add_argument("--fewest", type=int, default=FEWEST, metavar="N", help=f"mark cells of fewer paragraphs (default: {FEWEST})")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the corrected shares as .svg or .png")
    parser.add_argument("--json", action="store_true", help="write plain data instead of CSV")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of to standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Count, correct, write."""
    model = load(options.model, prevalence=options.prevalence)
    voices = model.codebook.voice_ids if rates.tells_voices(model.bundle) else ()
    worth = _rates(model, options)
    wanted = Wanted(tuple(options.by), options.every, options.date, options.article)
    tally, left_out = Tally(model, wanted, voices), inputs.LeftOut()
    for name in expanded(options.files):
        _count(name, tally, left_out)
    left_out.say()
    table = lines(tally, worth, options.fewest)
    told = warnings(table, tally, worth, options.fewest)
    for line in told:
        print(f"narratives: {line}", file=sys.stderr)
    if options.plot:
        from narratives.trends.picture import plot

        plot(table, wanted, options.plot)
    with outputs.opened(options.output) as file:
        if options.json:
            content = {"schema": SCHEMA, "model": model.version, "rates_from": str(options.rates or "the model's corpus, out of fold")}
            content |= {"rates": {frame: _shown(rate) for frame, rate in worth.items()}, "warnings": told, "shares": table}
            file.write(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
        else:
            columns = [*(KEYS[:2] if wanted.every else ()), *wanted.by, *KEYS[2:]]
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
    return SOME_LEFT_OUT if left_out.n else 0


def _count(name: str, tally: Tally, left_out: inputs.LeftOut) -> None:
    kind = kind_of(name)
    if kind == TEXT:
        raise InputError(
            f"{name}: wanted a scored table ({', '.join('.' + kind for kind in TABLES)}); score articles first: narratives score"
        )
    for row in rows_of(name, kind, None):
        if isinstance(row, Rejected):
            left_out.add(row.where, row.reason)
            continue
        try:
            tally.add(row.columns)
        except UnusableError as error:
            left_out.add(row.where, str(error))
        except InputError as error:
            raise InputError(f"{row.where}: {error}") from None


def _rates(model: Model, options: argparse.Namespace) -> dict[str, Rates]:
    """Return error rates from the model, or from the user's labelled paragraphs."""
    if options.rates is None:
        return rates.kept(model.bundle, options.prevalence)
    records = read_records(options.rates, model.codebook)
    answers = model.columns([record.text for record in records])
    guesses = None
    if answers.voices is not None:
        guesses = answers.voices.argmax(axis=2)  # of absent frames it is no voice, and does not count
    return rates.counted(records, model.codebook, answers.present, guesses)


def _shown(rate: Rates) -> dict[str, Any]:
    told = {"true_positive_rate": rate.true_positive_rate, "false_positive_rate": rate.false_positive_rate}
    return {key: None if value != value else round(value, 4) for key, value in told.items()} | {"counts": rate.to_dict()}

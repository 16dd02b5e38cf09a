"""``narratives corpus``: check a corpus and learn what it lacks; every command works on anybody's file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from narratives.cli import outputs
from narratives.codebook import Codebook, read_codebook
from narratives.errors import InputError
from narratives.files import written_whole
from narratives.records import Record, read_corpus
from narratives.report import columns

DATA = Path("data")


def add_to(commands: Any) -> None:
    """Describe the commands."""
    parser = commands.add_parser("corpus", help="check labelled paragraphs and learn what they lack", description=__doc__)
    jobs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    table: list[tuple[str, Callable[[argparse.Namespace], int], str]] = [
        ("check", _check, "hold the corpus against its floors and look for near-duplicates"),
        ("stats", _stats, "count frames, voices, sub-frames, registers"),
        ("agreement", _agreement, "Krippendorff's alpha of the two readers"),
        ("duplicates", _duplicates, "near-duplicates, stock openings, words that give a label away"),
        ("names", _names, "frame rates of paragraphs with and without each name"),
        ("learning-curve", _curve, "what more of the same would bring"),
        ("distance", _distance, "how far two sets of paragraphs are from each other"),
        ("croissant", _croissant, "describe the corpus for data catalogues"),
        ("export", _export, "write for Label Studio, doccano, Argilla or as CSV"),
        ("import", _import, "read what such a tool exported and write a corpus file"),
    ]
    for name, run, text in table:
        job = jobs.add_parser(name, help=text, description=text.capitalize() + ".")
        job.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files or folders (default: data/corpus)")
        job.add_argument("--codebook", type=Path, default=DATA / "codebook.toml", help="default: data/codebook.toml")
        job.add_argument("--json", action="store_true", help="print plain data")
        job.set_defaults(run=run)
        if name == "check":
            job.add_argument("--floors", type=Path, default=DATA / "floors.toml", help="default: data/floors.toml")
        if name == "names":
            job.add_argument("--roles", type=Path, default=DATA / "roles.toml", help="default: data/roles.toml")
        if name == "learning-curve":
            job.add_argument("--data", type=Path, help="labelled paragraphs to measure on besides cross-validation")
            job.add_argument("--lexicon", type=Path, help="default: data/lexicon where it is there")
            job.add_argument("--draws", type=int, default=5, help="default: 5")
            job.add_argument("--plot", type=Path, help="write the curve as .svg or .png")
        if name == "croissant":
            job.add_argument("-o", "--output", type=Path, help="write there instead of to standard output")
        if name in ("export", "import"):
            job.add_argument("--format", required=True, choices=_formats(), help="the tool")
            job.add_argument("-o", "--output", type=Path, help="write there instead of to standard output")
        if name == "export":
            job.add_argument("--model", help="add this model's readings as suggestions (a version, a folder, or: current)")


def _formats() -> tuple[str, ...]:
    from narratives.corpus.exchange import FORMATS

    return FORMATS


def _read(options: argparse.Namespace) -> tuple[list[Record], Codebook]:
    codebook = read_codebook(options.codebook)
    records = read_corpus(options.files or [DATA / "corpus"], codebook)
    if not records:
        raise InputError("the files hold no paragraphs")
    return records, codebook


def _say(options: argparse.Namespace, content: Any, text: str) -> None:
    with outputs.opened(None) as file:
        print(json.dumps(content, ensure_ascii=False, indent=1) if options.json else text, file=file)


def _check(options: argparse.Namespace) -> int:
    from narratives.corpus import repeats, spread

    records, codebook = _read(options)
    floors = spread.hold_floors(records, codebook, spread.read_floors(options.floors))
    twins = repeats.near_duplicates(records)
    rows = [["", "floor", "wanted", "least", "where"]]
    rows += [["ok" if f.held else "FAILED", f.name, f"{f.wanted:g}", f"{f.found:g}", f.where] for f in floors]
    names = ", ".join(f"{twin['one']}~{twin['other']}" for twin in twins[:4])
    rows.append(["FAILED" if twins else "ok", "near-duplicates", "0", str(len(twins)), names])
    passed = all(floor.held for floor in floors) and not twins
    content = {"passed": passed, "floors": [floor.to_dict() for floor in floors], "near_duplicates": twins}
    _say(options, content, columns(rows))
    return 0 if passed else 1


def _stats(options: argparse.Namespace) -> int:
    from narratives.corpus import spread

    records, _ = _read(options)
    counts = spread.statistics(records)
    totals = ("paragraphs", "pairs", "without_frame", "short", "median_words")
    rows = [["", *counts], *([key, *(f"{part[key]:g}" for part in counts.values())] for key in totals)]
    for key in ("frames", "voices", "subframes", "registers"):
        names = sorted({name for part in counts.values() for name in part[key]})
        rows += [[f"{key[:-1]} {name}", *(str(part[key].get(name, 0)) for part in counts.values())] for name in names]
    _say(options, counts, columns(rows))
    return 0


def _agreement(options: argparse.Namespace) -> int:
    from narratives.corpus import agreement

    records, codebook = _read(options)
    parts = agreement.agreement(records, codebook)
    measures = list(next(iter(parts.values())))
    rows = [["alpha (n)", *measures]]
    for name, part in parts.items():
        shown = {m: "undefined" if v["alpha"] is None else f"{v['alpha']:.3f}" for m, v in part.items()}
        rows.append([name, *(f"{shown[m]} ({part[m]['n']})" for m in measures)])
    disputed = [record.id for record in agreement.disputed(records)]
    text = columns(rows) + f"\n\n{len(disputed)} paragraphs with different frames or voices: {', '.join(disputed[:12])}"
    _say(options, {"alpha": parts, "disputed": disputed}, text)
    return 0


def _duplicates(options: argparse.Namespace) -> int:
    from narratives.corpus import repeats

    records, codebook = _read(options)
    twins, words = repeats.near_duplicates(records), repeats.give_aways(records, codebook)
    openings, runs = repeats.openings(records), repeats.runs(records)
    parts = [
        columns([["near-duplicates", "", "alike"], *([twin["one"], twin["other"], str(twin["alike"])] for twin in twins)]),
        columns([["opening", "groups"], *([text, str(n)] for text, n in openings)]),
        columns([["run", "groups"], *([text, str(n)] for text, n in runs)]),
        columns(
            [["word that gives a frame away", "frame", "precision", "uses"], *([str(value) for value in word.values()] for word in words)]
        ),
    ]
    _say(options, {"near_duplicates": twins, "openings": openings, "runs": runs, "give_aways": words}, "\n\n".join(parts))
    return 1 if twins else 0


def _names(options: argparse.Namespace) -> int:
    from narratives.corpus import names

    records, codebook = _read(options)
    found = names.name_rates(records, codebook, names.read_roles(options.roles))
    rows = [["", "role", "frame", "highest", "lowest", "ratio"]]
    for row in found:
        if "within" in row:
            ends = [f"{row[end]} {row['names'][row[end]]['with']:.2f} ({row['names'][row[end]]['n']})" for end in ("highest", "lowest")]
            rows.append(["ok" if row["within"] else "FAILED", row["role"], row["frame"], *ends, str(row["ratio"])])
    _say(options, found, columns(rows))
    return 0 if all(row.get("within", True) for row in found) else 1


def _curve(options: argparse.Namespace) -> int:
    from narratives.corpus import curve
    from narratives.features.lexicon import NONE, load_lexicon
    from narratives.frames import Learner
    from narratives.records import read_records
    from narratives.training import TrainingSettings

    records, codebook = _read(options)
    folder = options.lexicon or (DATA / "lexicon" if (DATA / "lexicon").is_dir() else None)
    settings = TrainingSettings(lexicon=load_lexicon(folder) if folder else NONE, jobs=-1)
    test = read_records(options.data, codebook) if options.data else None
    rows = curve.learning_curve(
        records, codebook, settings, Learner(), test, draws=options.draws, say=lambda line: print(line, file=sys.stderr)
    )
    parts: dict[str, list[dict[str, Any]]] = {part: curve.summary(rows, part) for part in ("cross_validation", "test") if part in rows[0]}
    table = [["measured on", "paragraphs", "draws", "macro F1 (lowest-highest)", "average precision"]]
    for part, lines in parts.items():
        for line in lines:
            f1 = "{mean:.3f} ({low:.3f}-{high:.3f})".format(**line["macro_f1"])
            table.append([part, str(line["paragraphs"]), str(line["draws"]), f1, f"{line['average_precision']['mean']:.3f}"])
    if options.plot:
        from narratives.plots import plot_learning_curve

        plot_learning_curve(parts, options.plot)
    _say(options, {"rows": rows, "summary": parts}, columns(table))
    return 0


def _distance(options: argparse.Namespace) -> int:
    from narratives.corpus.distance import distance

    if len(options.files) != 2:
        raise InputError(f"corpus distance takes two files or folders and got {len(options.files)}")
    codebook = read_codebook(options.codebook)
    found = distance(read_corpus([options.files[0]], codebook), read_corpus([options.files[1]], codebook), codebook)
    rows = [["", "n", "AUC by words", "AUC by surface", "strongest traits (first / second)"]]
    for name, part in found.items():
        traits = ", ".join(f"{t['trait']} {t['one']:g} / {t['other']:g}" for t in part["traits"][:3])
        rows.append([name, "/".join(map(str, part["n"])), str(part["auc"]), str(part["auc_traits"]), traits])
    _say(options, found, columns(rows))
    return 0


def _croissant(options: argparse.Namespace) -> int:
    from narratives.corpus.croissant import describe

    records, codebook = _read(options)
    paths = options.files or [DATA / "corpus"]
    files = [file for path in paths for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    _write(options, json.dumps(describe(files, records, codebook), ensure_ascii=False, indent=1) + "\n")
    return 0


def _export(options: argparse.Namespace) -> int:
    from narratives.corpus.exchange import export
    from narratives.scorer import load

    records, _ = _read(options)
    model = load(None if options.model == "current" else options.model) if options.model else None
    _write(options, export(records, options.format, model))
    return 0


def _import(options: argparse.Namespace) -> int:
    from narratives.corpus.exchange import read_tool_file

    if not options.files:
        raise InputError("corpus import takes the file that the tool exported")
    rows = [row for path in options.files for row in read_tool_file(path, options.format)]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    _write(options, text)
    return 0


def _write(options: argparse.Namespace, text: str) -> None:
    if options.output is None:
        with outputs.opened(None) as file:
            file.write(text)
        return
    with written_whole(options.output, newline="") as file:
        file.write(text)

"""``narratives models``: which models there are, what they are, and what changed between them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from narratives import bundle, log, signing
from narratives.bulk.sources import Row
from narratives.cli import inputs, model_life, outputs
from narratives.errors import InputError, ModelDamagedError, ModelError
from narratives.report import columns
from narratives.store import LOG, default_store

ENDING = (
    "A MODEL is a version or the path of a model folder. Versions are kept in models/ of the checkout, or where NARRATIVES_MODELS says."
)

STRANGE = (KeyError, TypeError, AttributeError, ValueError)  # what reading plain data of another shape than ours raises


def add_to(commands: Any) -> None:
    """Describe the commands; without one the models are listed."""
    parser = commands.add_parser("models", help="list, check, compare, promote and export models", description=__doc__, epilog=ENDING)
    parser.set_defaults(run=_list, json=False)
    jobs = parser.add_subparsers(title="commands", metavar="COMMAND")
    table: list[tuple[str, Callable[[argparse.Namespace], int], str]] = [
        ("list", _list, "list the models there are; * marks the one in use"),
        ("show", _show, "say what a model is made of and how good it is"),
        ("verify", _verify, "check every part of a model, and its signature by --key"),
        ("diff", _diff, "say what changed from one model to another"),
        ("log", _log, "print who put which model in use when and why, and check that the log was not changed"),
    ]
    for name, run, text in table:
        job = jobs.add_parser(name, help=text, description=text.capitalize() + ".", epilog=ENDING)
        job.set_defaults(run=run)
        if name in ("show", "verify"):
            job.add_argument("model", nargs="?", metavar="MODEL", help="default: the one in use")
        if name == "verify":
            job.add_argument("--key", type=Path, help="the public key (.pub.pem) that must have signed it")
        else:
            job.add_argument("--json", action="store_true", help="print plain data")
        if name == "diff":
            job.add_argument("first", metavar="MODEL")
            job.add_argument("second", metavar="MODEL", nargs="?", help="default: the one in use")
            job.add_argument("--on", metavar="FILE", help="say also which answers flip on these texts: an article, .jsonl, .csv ...")
            job.add_argument("--text", default="text", metavar="NAME", help="column or field that holds the text (default: text)")
            job.add_argument("--most", type=int, default=20, metavar="N", help="show at most so many flips (default: 20; --json has all)")
    model_life.add_to(jobs)


def _list(options: argparse.Namespace) -> int:
    from narratives.lifecycle.summary import row_of

    store, found = default_store(), []
    for version in store.versions():
        told: dict[str, Any] = {"version": version, "in_use": version == store.current()}
        try:
            found.append(told | row_of(bundle.read_manifest(store.root / version), store.root / version))
        except (ModelError, *STRANGE) as error:
            found.append(told | {"fault": str(error)})
    if options.json:
        return _print_json(found)
    rows = [["", "version", "written", "codebook", "paragraphs", "languages", "cross-validated macro F1", "signed"]]
    for told in found:
        head = ["*" if told["in_use"] else "", told["version"]]
        if "fault" in told:
            rows.append([*head, "", f"cannot be used: {told['fault']}", "", "", "", ""])
            continue
        cells = [told["written"], told["codebook"], str(told["paragraphs"]), " ".join(told["languages"]), _shown(told)]
        rows.append([*head, *cells, "yes" if told["signed"] else ""])
    with outputs.opened(None) as file:
        print(outputs.printable(columns(rows)) if len(rows) > 1 else f"{store.root}: no models; train one with: python train.py", file=file)
    return 0


def _shown(told: dict[str, Any]) -> str:
    from narratives.report import shown

    return shown(told["cross_validated_macro_f1"] or {})


def _show(options: argparse.Namespace) -> int:
    from narratives.lifecycle.summary import summary

    folder = default_store().find(options.model)
    manifest = bundle.read_manifest(folder)
    if options.json:
        return _print_json(manifest)
    with _described(folder):
        text = outputs.printable(summary(manifest, folder))
    events = [event for event in log.read(folder.parent / LOG).events if event.manifest_sha256 == manifest["manifest_sha256"]]
    with outputs.opened(None) as file:
        print(text, *(["", log_table(events)] if events else []), sep="\n", file=file)
    return 0


@contextmanager
def _described(*folders: Path) -> Iterator[None]:
    """Turn what a strange manifest provokes into an error that names it."""
    try:
        yield
    except STRANGE as error:
        names = ", ".join(str(folder / bundle.MANIFEST) for folder in folders)
        raise ModelDamagedError(f"{names}: does not describe a model ({type(error).__name__}: {error})") from error


def _verify(options: argparse.Namespace) -> int:
    folder = default_store().find(options.model)
    model = signing.check(folder, options.key)
    signed = (folder / bundle.SIGNATURE).is_file()
    told = f"signed by {options.key}" if options.key else ("signed, not checked: give --key" if signed else "not signed")
    with outputs.opened(None) as file:
        print(f"model {model.version} in {folder}: every part is as its manifest says ({model.manifest_sha256}); {told}", file=file)
    return 0


def _log(options: argparse.Namespace) -> int:
    store = default_store()
    told, current = store.log(), store.current()
    faults = list(told.faults)
    if told.events and told.events[-1].version != current:
        faults.append(f"{store.root / LOG}: the last line put {told.events[-1].version} in use, and {current} is in use")
    if options.json:
        _print_json({"events": [event.to_dict() for event in told.events], "faults": faults, "sha256": told.digest})
    else:
        with outputs.opened(None) as file:
            print(log_table(told.events) if told.events else f"{store.root / LOG}: no lines", file=file)
            print(f"{len(told.events)} lines, the last one with sha256 {told.digest or 'none'}", file=file)
    for fault in faults:
        print(f"narratives: {fault}", file=sys.stderr)
    return 2 if faults else 0


def _diff(options: argparse.Namespace) -> int:
    from narratives.lifecycle.comparison import compare

    if options.most < 0:
        raise InputError(f"--most {options.most}: wanted 0 or more")
    folders = [default_store().find(options.first), default_store().find(options.second)]
    manifests = [bundle.read_manifest(folder) for folder in folders]
    with _described(*folders):
        changes = compare(*manifests)
    content: dict[str, Any] = {"models": [manifest["version"] for manifest in manifests], "changes": changes}
    names = (content["models"][0], content["models"][1])
    if not options.json:
        with outputs.opened(None) as file:
            print(_changes_table(changes, names), file=file)
    if options.on:
        content["on"] = _flips(options, folders, names)
    return _print_json(content) if options.json else 0


def _changes_table(changes: dict[str, Any], names: tuple[str, str]) -> str:
    from narratives.lifecycle.summary import figure_table

    parts = []
    for section in ("settings", "codebook", "corpus", "thresholds"):
        rows = [[section, *names], *([name, *map(_cell, values)] for name, *values in changes[section])]
        parts.append(columns(rows) if len(rows) > 1 else f"{section}: the same")
    rows = [["lexicon", "", ""]]
    for kind, told in changes["lexicon"].items():
        rows += [[kind, f"{how} {len(told[how])}", _cell(" ".join(told[how]))] for how in ("added", "removed") if told[how]]
    parts.append(columns(rows) if len(rows) > 1 else "lexicon: the same names")
    parts.append(figure_table(changes["figures"], names) if changes["figures"] else "cross-validated figures: the same")
    return "\n\n".join(parts)


def _flips(options: argparse.Namespace, folders: Sequence[Path], names: tuple[str, str]) -> dict[str, Any]:
    """Score the texts with both, print what flips, and return it as plain data."""
    from narratives.lifecycle.comparison import FRAME, GAINED, LOST, flips, presence
    from narratives.scorer import Model

    first, second = (Model(bundle.load(folder)) for folder in folders)
    rows = []
    for row in inputs.paragraphs_of(options.on, options.text):
        if isinstance(row, Row):
            rows.append(row)
        else:
            print(f"narratives: {row.where}: {row.reason}; left out", file=sys.stderr)
    if not rows:
        raise InputError(f"{options.on}: holds no texts; there is nothing to compare on")
    texts = [row.text for row in rows]
    found, counts = flips(first, second, texts), presence(first, second, texts)
    gained = {frame: sum(flip.frame == frame and flip.answers == GAINED for flip in found) for frame in counts}
    lost = {frame: sum(flip.frame == frame and flip.answers == LOST for flip in found) for frame in counts}
    if not options.json:
        table = [[f"on {len(texts)} texts", f"present in {names[0]}", f"present in {names[1]}", "gained", "lost"]]
        table += [[frame, str(one), str(other), str(gained[frame]), str(lost[frame])] for frame, (one, other) in counts.items()]
        others = {kind: sum(flip.kind == kind for flip in found) for kind in dict.fromkeys(flip.kind for flip in found) if kind != FRAME}
        with outputs.opened(None) as file:
            print("", columns(table), *(f"another {kind}: {n}" for kind, n in others.items()), sep="\n", file=file)
            for flip in found[: options.most]:
                chance = f"{flip.probabilities[0]:.2f} -> {flip.probabilities[1]:.2f}"
                print(f"\n{flip.frame}  {' -> '.join(flip.answers)}  {chance}  {rows[flip.row].where}", file=file)
                print(outputs.quoted(texts[flip.row]), file=file)
            if len(found) > options.most:
                print(f"\n... and {len(found) - options.most} more flips; --most N shows more, --json all", file=file)
    told = [flip.to_dict() | {"where": rows[flip.row].where, "text": texts[flip.row]} for flip in found]
    present = {
        frame: {"first": one, "second": other, "gained": gained[frame], "lost": lost[frame]} for frame, (one, other) in counts.items()
    }
    return {"n": len(texts), "present": present, "flips": told}


def log_table(events: Sequence[log.Event]) -> str:
    """Return events as a table, oldest first."""
    rows = [["when (UTC)", "by", "event", "version", "before", "gates", "why"]]
    for event in events:
        passed = sum(bool(verdict.get("passed")) for verdict in event.verdicts)
        gates = f"{passed} of {len(event.verdicts)} hold" if event.verdicts else "none"
        told = event.event + (" (forced)" if event.forced else "")
        rows.append([event.when, event.by, told, event.version, event.before or "", gates, event.why])
    return columns([[outputs.printable(cell).replace("\n", " ") for cell in row] for row in rows])


def _cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = outputs.printable(text).replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."


def _print_json(content: Any) -> int:
    with outputs.opened(None) as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.write("\n")
    return 0

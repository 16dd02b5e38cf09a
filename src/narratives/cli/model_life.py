"""The commands of ``narratives models`` that do something: promote, rollback, export, sign, keygen."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from narratives import bundle, log, signing
from narratives.cli import outputs
from narratives.errors import InputError, NarrativesError
from narratives.store import LOG, default_store

FAILED_GATES = 1


def add_to(jobs: Any) -> None:
    """Describe the commands."""
    job = jobs.add_parser(
        "promote",
        help="put a version in use when its gates hold",
        description="Hold the gates against the version's report (reports/VERSION/report.json, written by evaluate.py), put it in use when "
        "all hold, and write down who did it, when, why and by which verdicts.",
        epilog="Exit code: 0 in use, 1 a gate fails, 2 it could not be judged or used. The version in use stays unless it is 0.",
    )
    job.add_argument("version", metavar="VERSION")
    job.add_argument("--reports", type=Path, help="folder of reports (default: reports beside the folder of models)")
    job.add_argument("--gates", type=Path, help="default: gate.toml beside the folder of models")
    job.add_argument("--force", action="store_true", help="also when a gate fails or nothing can be judged; needs --why")
    _add_who(job)
    job.set_defaults(run=_promote)

    text = "put the version in use that was in use before"
    job = jobs.add_parser("rollback", help=text, description=f"{text.capitalize()}, by the log; a second time, the one before that.")
    _add_who(job)
    job.set_defaults(run=_rollback)

    job = jobs.add_parser("export", help="write a model for scikit-learn or ONNX", description="Write a model for other software.")
    job.add_argument("model", metavar="MODEL")
    job.add_argument("output", type=Path, metavar="OUTPUT", help="sklearn: FILE.joblib or a folder to make; onnx: FILE.onnx")
    job.add_argument("--to", required=True, choices=("sklearn", "onnx"), help="sklearn: a pipeline; onnx: weights and calibration")
    job.set_defaults(run=_export)

    job = jobs.add_parser("sign", help="sign a model", description="Check a model and sign its manifest with a private key.")
    job.add_argument("model", metavar="MODEL")
    job.add_argument(
        "--key", type=Path, required=True, help="the private key (.pem); its passphrase, if any, from NARRATIVES_KEY_PASSPHRASE"
    )
    job.set_defaults(run=_sign)

    text = "Make a pair of Ed25519 keys; the private one is encrypted where NARRATIVES_KEY_PASSPHRASE is set."
    job = jobs.add_parser("keygen", help="make a pair of keys to sign with", description=text)
    job.add_argument("private", type=Path, metavar="FILE.pem", help="the private key; the public one is written beside it, as FILE.pub.pem")
    job.set_defaults(run=_keygen)


def _add_who(job: argparse.ArgumentParser) -> None:
    job.add_argument("--why", default="", metavar="TEXT", help="the reason, for the log")
    job.add_argument("--by", metavar="NAME", help="who does it, for the log (default: the user)")


def _promote(options: argparse.Namespace) -> int:
    from narratives.lifecycle.promotion import judge

    store = default_store()
    if options.force and not options.why.strip():
        raise InputError("--force needs --why TEXT: the log must say why a version is in use against its gates")
    reports, gates = options.reports or store.root.parent / "reports", options.gates or store.root.parent / "gate.toml"
    store.folder(options.version)
    judgement = None
    try:
        judgement = judge(store, options.version, reports, gates)
    except NarrativesError as error:
        if not options.force:
            raise
        print(f"narratives: not judged: {error}", file=sys.stderr)
    with outputs.opened(None) as file:
        for verdict in judgement.verdicts if judgement else ():
            print(f"{'ok    ' if verdict.passed else 'FAILED'} {verdict.message}", file=file)
        for gate in judgement.left_out if judgement else ():
            print(f"not measured: {gate.name} ({gate.figure} on {gate.data or 'any data'})", file=file)
    passed = judgement is not None and judgement.passed
    if not passed and not options.force:
        print(f"narratives: model {options.version} was not put in use; --force --why TEXT does it all the same", file=sys.stderr)
        return FAILED_GATES
    verdicts = tuple(verdict.to_dict() for verdict in judgement.verdicts) if judgement else ()
    digest = judgement.report_sha256 if judgement else None
    event = store.use(options.version, log.PROMOTE, options.by, options.why, forced=not passed, verdicts=verdicts, report_sha256=digest)
    return _say(event)


def _rollback(options: argparse.Namespace) -> int:
    store = default_store()
    for fault in store.log().faults:
        print(f"narratives: {fault}", file=sys.stderr)
    return _say(store.rollback(options.by, options.why))


def _say(event: log.Event) -> int:
    with outputs.opened(None) as file:
        print(f"model {event.version} is in use (before: {event.before or 'none'}); noted in {LOG} for {event.by}, {event.when}", file=file)
    return 0


def _export(options: argparse.Namespace) -> int:
    from narratives.lifecycle.exports import ONNX, PICKLE, write_onnx, write_pipeline

    model = bundle.load(default_store().find(options.model))
    path = write_onnx(model, options.output) if options.to == ONNX else write_pipeline(model, options.output)
    with outputs.opened(None) as file:
        print(f"model {model.version} is in {path} ({path.stat().st_size:,} bytes)", file=file)
    if options.to != ONNX:
        print(f"narratives: warning: {PICKLE}", file=sys.stderr)
    return 0


def _sign(options: argparse.Namespace) -> int:
    path = signing.sign(default_store().find(options.model), options.key)
    with outputs.opened(None) as file:
        print(f"signature: {path}", file=file)
    return 0


def _keygen(options: argparse.Namespace) -> int:
    public = signing.make_keys(options.private)
    with outputs.opened(None) as file:
        print(f"private key, keep it to yourself: {options.private}\npublic key, pass it on: {public}", file=file)
    return 0

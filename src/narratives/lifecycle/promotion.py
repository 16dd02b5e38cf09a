"""Whether a version may be put in use: the gates, held against the report of exactly that model."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives import bundle as bundles
from narratives.errors import ModelUnjudgedError
from narratives.evaluation.gates import judge_all, read_gates
from narratives.evaluation.verdicts import Demand, Verdict
from narratives.store import Store

REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gates say of a model.

    :param verdicts: at least one.
    :param left_out: gates on what the report does not have: other data, behaviour tests, a comparison.
    :param report_sha256: of the report's bytes.
    """

    verdicts: tuple[Verdict, ...]
    left_out: tuple[Demand, ...]
    report_sha256: str

    @property
    def passed(self) -> bool:
        """Whether every gate holds that could be judged."""
        return all(verdict.passed for verdict in self.verdicts)


def judge(store: Store, version: str, reports: Path, gates_file: Path) -> Judgement:
    """Hold the gates against the report of a version.

    :param reports: the folder in which `evaluate.py` wrote ``<version>/report.json``.
    :raises ModelError: when there is no such version.
    :raises ModelUnjudgedError: when there is no report of this very model, or no gate fits its data; says which command makes it.
    :raises InputError: when the gates cannot be read; DataError when they have faults.
    """
    manifest = bundles.read_manifest(store.folder(version))
    path = reports / version / REPORT
    command = ["python", "evaluate.py", "--models", store.root, "--model", version, "--reports", reports, "--gates", gates_file]
    advice = f"make it by: {shlex.join(map(str, command))}"
    gates = read_gates(gates_file)
    try:
        content = path.read_bytes()
        report = json.loads(content)
        of = report["model"].get("manifest_sha256")
    except FileNotFoundError as error:
        raise ModelUnjudgedError(f"{path}: there is no report of model {version}; {advice}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelUnjudgedError(f"{path}: is no report ({type(error).__name__}: {error}); {advice}") from error
    if of != manifest["manifest_sha256"]:
        told = f"manifest {str(of)[:12]}..., this one has {manifest['manifest_sha256'][:12]}..." if of else "it does not say of which"
        raise ModelUnjudgedError(f"{path}: is the report of another model ({told}); {advice}")
    verdicts = _verdicts(gates, report, path, advice)
    judged = {verdict.gate for verdict in verdicts}
    return Judgement(verdicts, tuple(gate for gate in gates if gate not in judged), hashlib.sha256(content).hexdigest())


def _verdicts(gates: list[Demand], report: Mapping[str, Any], path: Path, advice: str) -> tuple[Verdict, ...]:
    try:
        measured = {str(evaluation["name"]) for evaluation in report["evaluations"]}
        verdicts = tuple(judge_all(gates, report))
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelUnjudgedError(f"{path}: is no report ({type(error).__name__}: {error}); {advice}") from error
    if not verdicts:
        wanted = ", ".join(sorted({gate.data or "a comparison" for gate in gates})) or "none"
        raise ModelUnjudgedError(f"{path}: measured {', '.join(sorted(measured))}, and the gates are on: {wanted}; nothing can be judged")
    return verdicts

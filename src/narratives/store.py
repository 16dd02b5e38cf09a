"""Models under versions: which there are, which is in use, what the next one is called."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narratives import bundle as bundles
from narratives import log as logs
from narratives.bundle import Bundle
from narratives.errors import ModelError, ModelExistsError, ModelNotFoundError, did_you_mean
from narratives.files import folder_made_whole, written_whole
from narratives.report.card import write_card

CURRENT, LOG = "current", "log.jsonl"
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
VARIABLE = "NARRATIVES_MODELS"


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of model folders, a file ``current`` that names the one in use, and the log of how it came to be so."""

    root: Path

    def versions(self) -> list[str]:
        """Return the versions there are, oldest first."""
        if not self.root.is_dir():
            return []
        names = [path.name for path in self.root.iterdir() if VERSION.fullmatch(path.name) and path.is_dir()]
        return sorted(names, key=_numbers)

    def current(self) -> str | None:
        """Return the version in use, or None where none was chosen."""
        try:
            return (self.root / CURRENT).read_text(encoding="utf-8").strip() or None
        except OSError:
            return None

    def folder(self, version: str | None = None) -> Path:
        """Return the folder of a version, of the one in use by default.

        :raises ModelNotFoundError: when there is no such version; the message names those there are.
        """
        wanted = version or self.current()
        known = self.versions()
        if wanted is None:
            raise ModelNotFoundError(
                f"{self.root}: no model is in use; train one (python train.py) or name one of: {', '.join(known) or 'none'}"
            )
        if wanted not in known:
            raise ModelNotFoundError(f"{self.root}: no model {wanted!r}{did_you_mean(wanted, known)} Known: {', '.join(known) or 'none'}")
        return self.root / wanted

    def find(self, model: str | Path | None = None) -> Path:
        """Return the folder of a model.

        :param model: a version such as ``"1.2.0"``, the path of a model folder, or None for the model in use.
        :raises ModelNotFoundError: when there is no such version; a path is not looked at yet.
        """
        if model is None:
            return self.folder()
        is_version = isinstance(model, str) and bool(VERSION.fullmatch(model))
        if is_version or (isinstance(model, str) and not Path(model).exists() and "/" not in model and "\\" not in model):
            return self.folder(str(model))  # one that is not there: the message says which are
        return Path(model)

    def load(self, version: str | None = None) -> Bundle:
        """Load a version, the one in use by default; raises what `narratives.bundle.load` raises."""
        return bundles.load(self.folder(version))

    def add(self, bundle: Bundle) -> Path:
        """Write a model under its version; it appears whole or not at all, and never over another one.

        :raises ModelExistsError: when the version is there.
        """
        path = self.root / bundle.version
        if path.exists():
            raise ModelExistsError(
                f"{path}: version {bundle.version} is there already; models are never overwritten, choose another with --version"
            )
        with folder_made_whole(path) as folder:
            bundles.save(bundle, folder)
            write_card(folder)
        return path

    def use(self, version: str, event: str = logs.USE, by: str | None = None, why: str = "", **more: Any) -> logs.Event:
        """Make a version the one in use, in one step that readers see before or after, never between, and write that down.

        :param by: who wants it, the user by default.
        :param more: what else the log's line says, see `narratives.log.Event`.
        :raises ModelError: when there is no such version or it cannot be loaded: what cannot be used is not put in use.
        :raises InputError: when the log or the store cannot be written. The log is written first, so that nothing is ever in use
            that it does not tell of.
        """
        with logs.locked(self._root()):
            return self._use(version, event, by, why, **more)

    def rollback(self, by: str | None = None, why: str = "") -> logs.Event:
        """Put the version in use that was in use before this one, by the log.

        :raises ModelNotFoundError: when the log knows of none.
        :raises ModelError: when that version cannot be loaded any more; the current one stays.
        """
        with logs.locked(self._root()):
            current = self.current()
            before = self.log().in_use_before(current)
            if before is None:
                raise ModelNotFoundError(
                    f"{self.root / LOG}: tells of no version in use before {current}; put one in use by: narratives models promote VERSION"
                )
            return self._use(before, logs.ROLLBACK, by, why)

    def log(self) -> logs.Log:
        """Return the log with its faults."""
        return logs.read(self.root / LOG)

    def _use(self, version: str, event: str, by: str | None, why: str, **more: Any) -> logs.Event:
        digest = self.load(version).manifest_sha256
        told = logs.Event(logs.now(), by or logs.user(), event, version, self.current(), why, digest, **more)
        logs.append(self.root / LOG, told)
        with written_whole(self.root / CURRENT) as file:
            file.write(version + "\n")
        return told

    def _root(self) -> Path:
        """Return the store's folder; raises ModelNotFoundError where there is none."""
        if not self.root.is_dir():
            raise ModelNotFoundError(f"{self.root}: no such folder of models; train one (python train.py)")
        return self.root

    def next_version(self, codebook_digest: str, data_digests: Sequence[str], features: dict[str, object]) -> str:
        """Return the next free version.

        Major rises when the codebook or the format breaks, minor with features or data, patch when only retrained.
        """
        known = self.versions()
        if not known:
            return "1.0.0"
        major, minor, patch = _numbers(known[-1])
        try:
            last = bundles.read_manifest(self.root / known[-1])
        except ModelError:  # an unreadable last model says nothing of what changed: take the careful step
            return f"{major + 1}.0.0"
        if last["format"] != bundles.FORMAT or last.get("codebook_sha256") != codebook_digest:
            return f"{major + 1}.0.0"
        data = [last[part]["sha256"] for part in ("corpus", "own") if part in last]
        if data != list(data_digests) or last["features"] != features:
            return f"{major}.{minor + 1}.0"
        return f"{major}.{minor}.{patch + 1}"


def default_store() -> Store:
    """Return the store that is looked in when nobody names one.

    That is the folder named by the environment variable ``NARRATIVES_MODELS``, else the checkout that an editable install
    runs from, else what the package ships.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Store(Path(chosen))
    package = Path(__file__).resolve().parent
    shipped = package / "_models"
    checkout = package.parent.parent
    if not shipped.is_dir() and (checkout / "pyproject.toml").is_file():
        return Store(checkout / "models")
    return Store(shipped)


def _numbers(version: str) -> tuple[int, int, int]:
    match = VERSION.fullmatch(version)
    if match is None:
        raise ModelNotFoundError(f"{version!r} is no version; wanted MAJOR.MINOR.PATCH, such as 1.2.0")
    return int(match[1]), int(match[2]), int(match[3])

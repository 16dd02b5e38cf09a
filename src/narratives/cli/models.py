"""``narratives models``: which models there are, and which is in use."""

from __future__ import annotations

import argparse
from typing import Any

from narratives import bundle
from narratives.cli import outputs
from narratives.errors import ModelError
from narratives.report import columns
from narratives.store import default_store


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "models", help="list the models there are", description="List the models there are; * marks the one in use."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the models."""
    store = default_store()
    rows = [["", "version", "codebook", "paragraphs", "languages", "cross-validated macro F1"]]
    for version in store.versions():
        mark = "*" if version == store.current() else ""
        try:
            manifest = bundle.read_manifest(store.root / version)
            book = f"{manifest['codebook']['name']} {manifest['codebook']['version']}"
            f1 = manifest.get("cross_validation", {}).get("macro_f1/all", {}).get("value", "")
            rows.append([mark, version, book, str(manifest["corpus"]["paragraphs"]), " ".join(manifest["languages"]), str(f1)])
        except (ModelError, KeyError) as error:
            rows.append([mark, version, f"cannot be used: {error}", "", "", ""])
    with outputs.opened(None) as file:
        print(columns(rows) if len(rows) > 1 else f"{store.root}: no models; train one with: python train.py", file=file)
    return 0

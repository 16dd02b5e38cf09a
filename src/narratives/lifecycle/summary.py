"""What a manifest says, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import Any

from narratives import bundle as bundles
from narratives.metrics import Figure
from narratives.report import columns, cross_validation_table, shown


def written_on(folder: Path) -> str:
    """Return the day (UTC) on which the model's manifest was written to this disk: models carry no date, so that they can be remade."""
    return datetime.fromtimestamp((folder / bundles.MANIFEST).stat().st_mtime, UTC).strftime("%Y-%m-%d")


def row_of(manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what a list of models says of one, as plain data."""
    corpus, book = manifest.get("corpus", {}), manifest.get("codebook", {})
    return {
        "version": manifest["version"],
        "written": written_on(folder),
        "codebook": f"{book.get('name')} {book.get('version')}",
        "paragraphs": corpus.get("paragraphs"),
        "languages": manifest.get("languages", []),
        "cross_validated_macro_f1": manifest.get("cross_validation", {}).get("macro_f1/all"),
        "signed": (folder / bundles.SIGNATURE).is_file(),
        "manifest_sha256": manifest["manifest_sha256"],
    }


def summary(manifest: Mapping[str, Any], folder: Path) -> str:
    """Return what a manifest says, one thing a line, then its tables."""
    row, corpus = row_of(manifest, folder), manifest.get("corpus", {})
    learner = manifest.get("learner") or {}
    facts = {
        "model": f"{row['version']} (format {manifest['format']}), {folder}",
        "manifest": row["manifest_sha256"],
        "written": f"{row['written']}{', signed' if row['signed'] else ''}",
        "codebook": row["codebook"],
        "corpus": f"{corpus.get('paragraphs')} paragraphs, {corpus.get('without_frame')} without a frame, sha256 {corpus.get('sha256')}",
        "languages": _counted(corpus.get("languages", {})),
        "frames": _counted(corpus.get("frames", {})),
        **({"own": f"{manifest['own'].get('paragraphs')} own paragraphs"} if manifest.get("own") else {}),
        "learner": _counted(learner),
        "features": _counted(manifest["features"]),
        "lexicon": ", ".join(f"{len(names)} {kind}" for kind, names in manifest["lexicon"].items()),
        "encoder": (manifest.get("encoder") or {}).get("name", "none"),
        "prevalence": manifest.get("prevalence") or "as in the corpus",
        "made with": _counted(manifest.get("versions", {})),
    }
    lines = [f"{name:<11}{value}" for name, value in facts.items()]
    rows = [["frame", "threshold", "in 90 % of resamples"]]
    for frame, told in manifest["frames"].items():
        between = told.get("threshold_range")
        rows.append([frame, f"{told['threshold']:.3f}", f"{between[0]:.3f}-{between[1]:.3f}" if between else "undefined"])
    lines += ["", columns(rows)]
    if figures := manifest.get("cross_validation"):
        lines += ["", cross_validation_table({name: _figure(told) for name, told in figures.items()}, list(manifest["frames"]))]
    rows = [["part", "bytes", "sha256"]]
    rows += [
        [part, str((folder / part).stat().st_size) if (folder / part).exists() else "missing", d] for part, d in manifest["sha256"].items()
    ]
    lines += ["", columns(rows)]
    return "\n".join(lines)


def figure_table(figures: Sequence[Sequence[Any]], names: tuple[str, str]) -> str:
    """Return figures of two models side by side, each row a name and two figures of which one may be None."""
    rows = [["cross-validated", f"n {names[0]}", names[0], f"n {names[1]}", names[1], "difference"]]
    for name, first, second in figures:
        before, after = (figure.get("value") if figure else None for figure in (first, second))
        difference = "undefined" if before is None or after is None else f"{after - before:+.3f}"
        cells = [cell for figure in (first, second) for cell in (str(figure["n"]) if figure else "", shown(figure or {}))]
        rows.append([name, *cells, difference])
    return columns(rows)


def _figure(told: Mapping[str, Any]) -> Figure:
    value, low, high = (nan if told.get(key) is None else float(told[key]) for key in ("value", "low", "high"))
    return Figure(value, low, high, int(told.get("n", 0)))


def _counted(content: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in content.items()) or "none"

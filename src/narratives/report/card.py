"""MODEL_CARD.md: what a model is, for whoever comes across its folder, with the header that model hubs read.

Drawn from the manifest alone when a model is trained, so that the same data gives the same bytes; figures of an evaluation are
added by ``evaluate.py --card``. The card is no part of the model: nothing reads it when a model is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from narratives.files import written_whole
from narratives.report import outline
from narratives.report.content import Table
from narratives.report.markdown import cell_text, escaped, table_lines
from narratives.report.tables import shown

CARD = "MODEL_CARD.md"
MANIFEST = "manifest.json"


def write_card(folder: Path, report: Mapping[str, Any] | None = None, license: str | None = None) -> Path:
    """Write the card of the model in a folder, in place of an earlier one.

    :param report: with the figures of an evaluation (`narratives.evaluation.protocol.report`), or None.
    :param license: of the model, as its owner states it; a card without one says that it is not stated.
    :return: the card.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    with written_whole(folder / CARD) as file:
        file.write(model_card(manifest, report, license))
    return folder / CARD


def model_card(manifest: Mapping[str, Any], report: Mapping[str, Any] | None = None, license: str | None = None) -> str:
    """Return the card; parameters as for `write_card`."""
    codebook = manifest["codebook"]
    blocks = [
        _header(manifest, report, license),
        f"# {escaped(codebook['name'])}, model {manifest['version']}",
        f"Tells which frames of the codebook {escaped(codebook['name'])} {codebook['version']} a paragraph conveys, with a calibrated "
        "probability, a decision, the voice and the sub-frame where the codebook has them, and the words that carried it. "
        "Hashed words, characters and lexicon concepts into one linear model a frame; runs offline on a CPU.",
        *_frames(manifest),
        *_use(),
        *_data(manifest),
        *_cross_validation(manifest),
        *(_evaluations(report) if report else ["## Evaluation", "Not evaluated yet: `python evaluate.py --card` adds the figures."]),
        *_limits(manifest, report),
    ]
    return "\n\n".join(blocks) + "\n"


def _header(manifest: Mapping[str, Any], report: Mapping[str, Any] | None, license: str | None) -> str:
    """Return the metadata as YAML, each value written as JSON, which YAML contains."""
    content: dict[str, Any] = {
        "license": license or "other",
        "language": manifest["languages"],
        "library_name": "narratives",
        "pipeline_tag": "text-classification",
        "tags": ["narratives", "framing", "multi-label", "calibrated", manifest["codebook"]["name"]],
    }
    if license is None:
        content["license_name"] = "not-stated"
    if report:
        content["model-index"] = [
            {"name": f"{manifest['codebook']['name']}-{manifest['version']}", "results": [_result(e) for e in report["evaluations"]]}
        ]
    lines = [f"{key}: {json.dumps(value, ensure_ascii=True)}" for key, value in content.items()]
    return "\n".join(["---", *lines, "---"])


def _result(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    figures = evaluation["figures"]
    told = {f"macro {key}": figures["overall"][name] for key, name in (("F1", "macro_f1"), ("average precision", "average_precision"))}
    told |= {f"F1 {frame}": part["f1"] for frame, part in figures["frames"].items()}
    kinds = {name: "average_precision" if "average" in name else "f1" for name in told}
    return {
        "task": {"type": "text-classification", "name": "multi-label frames of paragraphs"},
        "dataset": {"type": evaluation["name"], "name": evaluation["name"], "split": evaluation["method"]},
        "metrics": [{"type": kinds[name], "name": name, "value": f["value"]} for name, f in told.items() if f["value"] is not None],
    }


def _frames(manifest: Mapping[str, Any]) -> Iterator[str]:
    rows = [["frame", "conveys", "threshold"]]
    for frame in manifest["codebook"]["frames"]:
        rows.append([frame["id"], frame["definition"] or frame["title"], f"{manifest['frames'][frame['id']]['threshold']:.3f}"])
    yield table_lines([[escaped(cell) for cell in row] for row in rows])


def _use() -> Iterator[str]:
    yield "## Intended use"
    yield (
        "Research on framing and disinformation: finding paragraphs worth reading, and shares of frames over many paragraphs, with a "
        "person behind each conclusion. It reads one paragraph at a time and knows nothing of its source."
    )
    yield "## Misuse"
    yield (
        "It is no detector of lies or propaganda and does not say who is right: an official, a reporter and a fact-checker can all "
        "convey a frame. Do not judge a person or an outlet by one paragraph, and do not automate sanctions, moderation or blacklists."
    )


def _data(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield "## Training data"
    rows = [["part", "paragraphs", "languages", "labels", "without a frame", "sha256"]]
    for part in ("corpus", "own"):
        if facts := manifest.get(part):
            counts = (", ".join(f"{name} {n}" for name, n in facts[key].items()) for key in ("languages", "frames"))
            rows.append([part, str(facts["paragraphs"]), *counts, str(facts["without_frame"]), facts["sha256"][:16]])
    yield table_lines([[escaped(cell) for cell in row] for row in rows])
    prevalence = manifest.get("prevalence")
    meant = "that of its training data" if prevalence is None else f"{prevalence:g} for each frame"
    yield f"Probabilities and thresholds are meant for text in which the share of paragraphs with a frame is {meant}."


def _cross_validation(manifest: Mapping[str, Any]) -> Iterator[str]:
    figures = manifest.get("cross_validation", {})
    if not figures:
        return
    ids = [frame["id"] for frame in manifest["codebook"]["frames"]]
    languages = [name.removeprefix("macro_f1/") for name in figures if name.startswith("macro_f1/")]
    rows = [["F1 out of fold", "n", "macro", *map(escaped, ids)]]
    for language in languages:
        macro = figures[f"macro_f1/{language}"]
        cells = [shown(figures[f"f1/{language}/{frame}"]) for frame in ids]
        rows.append([escaped(language), str(macro["n"]), escaped(shown(macro)), *map(escaped, cells)])
    yield "## Cross-validation on the training corpus"
    yield "Text of the kind that it was trained on, so an upper bound. 95 % bootstrap intervals over groups."
    yield table_lines(rows)


def _evaluations(report: Mapping[str, Any]) -> Iterator[str]:
    yield "## Evaluation"
    top = outline.first(report)
    yield f"**{escaped(top.verdict)}.** Figures stand with n and a 95 % interval."
    for message in top.failed:
        yield f"- **FAILED** {escaped(message)}"
    yield _lines(top.whole)
    for evaluation in report["evaluations"]:
        yield f"### {escaped(evaluation['name'])}: {evaluation['n']} paragraphs, {evaluation['method']}"
        figures = evaluation["figures"]
        rows = [
            [frame, str(f["positives"]), *(shown(f[key]) for key in ("precision", "recall", "f1"))]
            for frame, f in figures["frames"].items()
        ]
        head = ["frame", "true", "precision", "recall", "F1"]
        yield table_lines([head, *([escaped(cell) for cell in row] for row in rows)])
    yield "## Slices that fail"
    yield _lines(top.worst) if top.worst.rows else "No slice with enough n lies below the whole with its whole interval."
    yield "## Calibration"
    for evaluation in report["evaluations"]:
        certainty = evaluation["figures"]["certainty"]
        errors = ", ".join(f"{frame} {shown(error)}" for frame, error in certainty["calibration_error"].items())
        risks = ", ".join(f"{point['risk']:.3f} of the surest {point['n']}" for point in certainty["risk_coverage"][4::5])
        yield escaped(f"{evaluation['name']}, n {evaluation['n']}: expected calibration error {errors}.")
        yield escaped(f"Wrong when only the surest answers are given (an answer is one frame in one paragraph): {risks}.")


def _limits(manifest: Mapping[str, Any], report: Mapping[str, Any] | None) -> Iterator[str]:
    yield "## Limits"
    yield (
        f"Languages: {', '.join(manifest['languages'])}; any other is read without promise. Irony, quotations within quotations and ideas "
        "hinted at in a clause are where such a model fails. Small groups have wide intervals: read the report before trusting a number."
    )
    yield "## Time and energy"
    speeds = [e["speed"] for e in (report or {}).get("evaluations", ()) if e["speed"]["paragraphs_per_second"] is not None]
    if speeds:
        yield (
            f"{speeds[0]['paragraphs_per_second']:,} paragraphs a second, without evidence, over {speeds[0]['n']} paragraphs on "
            f"{escaped(speeds[0]['machine'])}. Energy was not measured; no graphics card is used."
        )
    else:
        yield "Not measured yet. Training time is not kept, so that the same data gives the same bytes. No graphics card is used."
    versions = ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items())
    digest = manifest.get("codebook_sha256", "unknown")[:16]
    yield escaped(f"Codebook {manifest['codebook']['version']} (sha256 {digest}), format {manifest['format']}, {versions}.")


def _lines(table: Table) -> str:
    return table_lines([[escaped(name) for name in table.head], *([cell_text(cell) for cell in row] for row in table.rows)])

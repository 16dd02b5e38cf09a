"""Labelled paragraphs to and from annotation tools: Label Studio, doccano, Argilla, plain CSV.

Label names stay as the codebook writes them, ``frame/subframe/voice`` with empty parts left empty, so that nothing is
lost on the way and back; further fields travel as metadata. A reading may go along as a suggestion, with its
probability and the model's version.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from narratives.errors import InputError
from narratives.records import LABEL_KEYS, Label, Record
from narratives.scorer import Model

Suggestion = Mapping[str, float]
FORMATS = ("labelstudio", "doccano", "argilla", "csv")
BETWEEN = "/"
SEPARATOR = "; "
SUGGESTED = ("suggestion", "model_version")
FROM, TO = "frames", "text"  # names in a Label Studio configuration


def label_name(label: Label) -> str:
    """Return ``frame/subframe/voice`` without empty parts at the end."""
    return BETWEEN.join(getattr(label, key) or "" for key in LABEL_KEYS).rstrip(BETWEEN)


def label_of(name: str) -> dict[str, str]:
    """Return the parts of a label's name; `records` then checks them against the codebook."""
    return {key: part for key, part in zip(LABEL_KEYS, name.strip().split(BETWEEN), strict=False) if part}


def export(records: Sequence[Record], form: str, model: Model | None = None) -> str:
    """Return records in the form of a tool.

    :param form: one of `FORMATS`.
    :param model: adds its reading as a suggestion with score and version.
    """
    writers: dict[str, Callable[[Sequence[Record], Model | None], str]] = {
        "labelstudio": _to_label_studio,
        "doccano": _to_doccano,
        "argilla": _to_argilla,
        "csv": _to_csv,
    }
    return writers[form](records, model)


def import_(text: str, form: str, source: str) -> list[dict[str, Any]]:
    """Return what a tool exported as plain records, not yet checked.

    :raises InputError: when it is not of that form; says what came.
    """
    readers = {"labelstudio": _from_label_studio, "doccano": _from_doccano, "argilla": _from_argilla, "csv": _from_csv}
    try:
        return readers[form](text)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, csv.Error) as error:
        raise InputError(f"{source}: is not what {form} exports ({type(error).__name__}: {error})") from error


def read_tool_file(path: Path, form: str) -> list[dict[str, Any]]:
    """Read an exported file; raises as `import_` does."""
    try:
        return import_(path.read_text(encoding="utf-8-sig"), form, str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def _metadata(record: Record) -> dict[str, Any]:
    return {"id": record.id, "lang": record.lang, **record.fields}


def _suggestions(records: Sequence[Record], model: Model | None) -> list[dict[str, float]]:
    if model is None:
        return [{} for _ in records]
    readings = model.score_many([record.text for record in records], evidence=False)
    return [{frame: round(reading.frames[frame].probability, 4) for frame in reading.present} for reading in readings]


def _record(metadata: Mapping[str, Any], text: str, names: Sequence[str], number: int) -> dict[str, Any]:
    rest = {key: value for key, value in metadata.items() if key not in {"id", "lang", *SUGGESTED} and value not in (None, "")}
    identity = str(metadata.get("id") or f"import-{number:05d}")
    return {
        "id": identity,
        "lang": str(metadata.get("lang") or "und"),
        "text": text,
        "labels": [label_of(name) for name in names if name.strip()],
        **rest,
    }


def _to_label_studio(records: Sequence[Record], model: Model | None) -> str:
    tasks = []
    for record, suggestion in zip(records, _suggestions(records, model), strict=True):
        choices = [label_name(label) for label in record.labels]
        task: dict[str, Any] = {"data": {"text": record.text, "meta": _metadata(record)}, "annotations": [{"result": _choices(choices)}]}
        if model:
            score = min(suggestion.values(), default=0.0)
            task["predictions"] = [{"model_version": model.version, "score": score, "result": _choices(list(suggestion))}]
        tasks.append(task)
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _choices(names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"from_name": FROM, "to_name": TO, "type": "choices", "value": {"choices": list(names)}}] if names else []


def _from_label_studio(text: str) -> list[dict[str, Any]]:
    records = []
    for number, task in enumerate(json.loads(text), start=1):
        annotations = [a for a in task.get("annotations", []) if not a.get("was_cancelled")]
        result = annotations[-1]["result"] if annotations else []
        names = [name for part in result if part.get("type") == "choices" for name in part["value"]["choices"]]
        records.append(_record(task["data"].get("meta", {}), task["data"]["text"], names, number))
    return records


def _to_doccano(records: Sequence[Record], model: Model | None) -> str:
    lines = []
    for record, suggestion in zip(records, _suggestions(records, model), strict=True):
        line = {"text": record.text, "label": [label_name(label) for label in record.labels], "meta": _metadata(record)}
        if model:
            line["meta"] = {**_metadata(record), "suggestion": suggestion, "model_version": model.version}
        lines.append(json.dumps(line, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def _from_doccano(text: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in text.split("\n") if line.strip()]
    return [_record(line.get("meta", line.get("Metadata", {})), line["text"], line["label"], n) for n, line in enumerate(lines, start=1)]


def _to_argilla(records: Sequence[Record], model: Model | None) -> str:
    rows = []
    for record, suggestion in zip(records, _suggestions(records, model), strict=True):
        row: dict[str, Any] = {
            "id": record.id,
            "fields": {"text": record.text},
            "metadata": _metadata(record),
            "responses": {"frames": [{"value": [label_name(label) for label in record.labels]}]},
        }
        if model:
            frames = {"value": list(suggestion), "score": list(suggestion.values()), "agent": f"narratives {model.version}"}
            row["suggestions"] = {"frames": frames}
        rows.append(row)
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def _from_argilla(text: str) -> list[dict[str, Any]]:
    records = []
    for number, row in enumerate(json.loads(text), start=1):
        responses = row.get("responses", {}).get("frames", [])
        names = responses[-1]["value"] if responses else []
        records.append(_record({"id": row.get("id"), **row.get("metadata", {})}, row["fields"]["text"], names, number))
    return records


def _to_csv(records: Sequence[Record], model: Model | None) -> str:
    extra = list(dict.fromkeys(key for record in records for key in record.fields))
    suggested = SUGGESTED if model else ()
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "lang", "text", "labels", *extra, *suggested], restval="", lineterminator="\n")
    writer.writeheader()
    for record, suggestion in zip(records, _suggestions(records, model), strict=True):
        row = {
            key: json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value for key, value in record.fields.items()
        }
        row |= {"id": record.id, "lang": record.lang, "text": record.text, "labels": SEPARATOR.join(map(label_name, record.labels))}
        if model:
            row |= {"suggestion": SEPARATOR.join(f"{frame} {p}" for frame, p in suggestion.items()), "model_version": model.version}
        writer.writerow(row)
    return out.getvalue()


def _from_csv(text: str) -> list[dict[str, Any]]:
    csv.field_size_limit(1 << 27)
    records = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text, newline="")), start=1):
        metadata = {key: _value(value) for key, value in row.items() if key not in {"text", "labels"} and key}
        records.append(_record(metadata, row["text"], row["labels"].split(";"), number))
    return records


def _value(text: str) -> Any:
    """Read a cell that was written as JSON, and leave any other as it is."""
    if text[:1] in "[{" and text:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text

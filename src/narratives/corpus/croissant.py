"""A description of a corpus by the Croissant vocabulary, which data catalogues read (mlcommons.org/croissant)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from narratives.codebook import Codebook
from narratives.records import Record

_TERMS = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes"),
    *("isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace"),
    *("samplingRate", "separator", "source", "subField", "transform"),
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    **{name: f"cr:{name}" for name in _TERMS},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
}
FIELDS = {
    "id": "Unique id.",
    "lang": "ISO 639 code.",
    "text": "The paragraph.",
    "labels": "Frames that it conveys, each with sub-frame and voice; empty for none.",
    "register": "Kind of text that it is written as.",
    "moment": "Public events in its background.",
    "device": "How it is written.",
    "written_for": "Version of the codebook.",
    "weight": "How much it counts in training; 1 where it is missing.",
}
NUMBERS = {"weight"}


def describe(files: Sequence[Path], records: Sequence[Record], codebook: Codebook) -> dict[str, Any]:
    """Return the description of a corpus of JSON lines files, each with its sha256."""
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": file.name,
            "name": file.name,
            "contentUrl": f"corpus/{file.name}",
            "encodingFormat": "application/jsonlines",
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in files
    ]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "narratives-corpus",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "description": f"Original paragraphs labelled by narrative frame, codebook {codebook.name} {codebook.version}. "
        "No text is taken from anywhere; how it was made, what it is for and where it is biased stands in DATASHEET.md.",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "inLanguage": sorted({record.lang for record in records}),
        "isLiveDataset": False,
        "keywords": ["framing", "disinformation research", "text classification", "multilingual", *codebook.frame_ids],
        "citeAs": "The narratives authors. narratives corpus.",
        "creator": {"@type": "sc:Organization", "name": "The narratives authors"},
        "datePublished": "2026-11-24",
        "version": "1.0.0",
        "size": f"{len(records)} paragraphs",
        "rai:dataCollection": "Written by language models from randomly drawn briefs, a style guide and a codebook; "
        "a second, blind reading by others.",
        "rai:dataBiases": "Cleaner and more on-topic than print; frames more frequent than in the wild; one conflict, 2007-2025.",
        "rai:dataUseCases": "Training and testing classifiers of framing, teaching annotation. "
        "Not evidence about any real outlet or person.",
        "rai:personalSensitiveInformation": "None: speakers and outlets are invented; public offices and events are named as background.",
        "distribution": objects,
        "recordSet": [_record_set(str(item["@id"])) for item in objects],
    }


def _record_set(file: str) -> dict[str, Any]:
    name = file.removesuffix(".jsonl")
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{field}",
            "name": field,
            "description": text,
            "dataType": "sc:Float" if field in NUMBERS else "sc:Text",
            "source": {"fileObject": {"@id": file}, "extract": {"column": field}},
        }
        for field, text in FIELDS.items()
    ]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": f"Paragraphs of {file}.", "field": fields}

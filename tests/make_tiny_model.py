"""Makes the committed model of a format: ``python -m tests.make_tiny_model`` writes tests/data/models/format-<FORMAT>.

Run it once when `narratives.bundle.FORMAT` was raised, commit what it writes, and leave the older ones as they are: they stand for
the models that people keep. Beside each model lies what it answered when it was made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from narratives import bundle as bundles
from narratives.codebook import read_codebook
from narratives.features.lexicon import load_lexicon
from narratives.files import folder_made_whole, write_json
from narratives.records import read_records
from narratives.scorer import Model
from narratives.training import Training
from tests.conftest import SMALL, TOY, bundle_of

KEPT = TOY / "models"
TEXTS = [
    "Wells in the upper village ran dry on Tuesday, the drought goes on.",
    "Raw sewage polluted the brook again, and the dirty water reached the wells.",
    "There is no shortage of water; the river is not dirty.",
    "The choir sang by the fountain on Sunday.",
    "De putten staan droog en het water van de beek is vuil.",
    "Zażółć gęślą jaźń — «Не пий воду»",
    "",
]


def answers(model: Model) -> list[dict[str, Any]]:
    """Return all that a model says of the texts."""
    return [reading.to_dict() for reading in model.score_many(TEXTS)]


def main() -> None:
    """Train on the toy topic with its lexicon, write the model, load it again and write what it answers."""
    codebook = read_codebook(TOY / "toy.toml")
    settings = replace(SMALL, lexicon=load_lexicon(TOY / "lexicon"), prevalence=0.2)
    training = Training(read_records(TOY / "toy.jsonl", codebook), codebook, settings)
    learner, candidates = training.choose()
    folder = KEPT / f"format-{bundles.FORMAT}"
    with folder_made_whole(folder) as temporary:
        bundles.save(bundle_of(training, learner, candidates), temporary)
    write_json(KEPT / f"format-{bundles.FORMAT}.json", answers(Model(bundles.load(folder))))


if __name__ == "__main__":
    main()

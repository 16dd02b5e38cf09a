"""A toy topic, so that tests are quick and nothing in them depends on the released model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from narratives import codebook as codebooks
from narratives.codebook import Codebook
from narratives.features import FeatureSettings
from narratives.frames import Learner
from narratives.records import Record, read_records
from narratives.scorer import Model
from narratives.training import Training, TrainingSettings

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).parent / "data"
SMALL = TrainingSettings(
    features=FeatureSettings(bits=12), candidates=(Learner("logistic", 10.0, True), Learner("svm", 0.3, True)), prevalence=None
)


def bundle_of(training, learner, table=()):
    """What train.py makes of a training once the learner is chosen."""
    answers = training.out_of_fold(learner)
    return training.bundle("1.0.0", learner, answers, training.facts(learner, list(table), answers))


@pytest.fixture(scope="session")
def toy_codebook() -> Codebook:
    return codebooks.read_codebook(TOY / "toy.toml")


@pytest.fixture(scope="session")
def toy_records(toy_codebook: Codebook) -> list[Record]:
    return read_records(TOY / "toy.jsonl", toy_codebook)


@pytest.fixture(scope="session")
def toy_training(toy_records: list[Record], toy_codebook: Codebook) -> Training:
    return Training(toy_records, toy_codebook, SMALL)


@pytest.fixture(scope="session")
def toy_bundle(toy_training: Training):
    learner, table = toy_training.choose()
    return bundle_of(toy_training, learner, table)


@pytest.fixture(scope="session")
def toy_model(toy_bundle) -> Model:
    return Model(toy_bundle)


@pytest.fixture
def write_lines(tmp_path: Path):
    """Write objects as JSON lines and return the path."""

    def write(name: str, *lines: object) -> Path:
        path = tmp_path / name
        text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
        path.write_text(text + "\n", encoding="utf-8")
        return path

    return write

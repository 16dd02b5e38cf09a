"""Sets of labels: the measure of SemEval-2025 Task 10, and the set with the best expected F1."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from narratives.errors import DataError, InputError
from narratives.labelsets import likeliest_sets, read_semeval2025, samples_f1, targets


def test_samples_f1_is_that_of_scikit_learn():
    from sklearn.metrics import f1_score

    random = np.random.default_rng(0)
    truth, chosen = random.random((50, 6)) < 0.3, random.random((50, 6)) < 0.3
    some = truth.any(axis=1) & chosen.any(axis=1)
    assert samples_f1(truth[some], chosen[some]).mean() == pytest.approx(f1_score(truth[some], chosen[some], average="samples"))
    assert samples_f1(np.array([[True, False]]), np.array([[False, True]])).tolist() == [0.0]


def test_the_set_with_the_best_expected_f1_is_found():
    random = np.random.default_rng(1)
    for p in random.random((20, 5)) ** 2:
        chosen = likeliest_sets(p[None])[0]

        def ratio(members, p=p):
            return 2 * p[list(members)].sum() / (len(members) + p.sum())

        best = max(ratio(members) for n in range(1, 6) for members in itertools.combinations(range(5), n))
        assert ratio(np.flatnonzero(chosen)) == pytest.approx(best)
    assert likeliest_sets(np.zeros((1, 3))).sum() == 1  # never none


def test_reading_drops_unknown_labels_and_lists_faults(tmp_path):
    (tmp_path / "narratives.txt").write_text("A\nOther\n")
    (tmp_path / "subnarratives.txt").write_text("A: x\nOther\n")
    row = {"id": "1", "lang": "en", "text": "t", "narratives": ["A", "unknown"], "subnarratives": None}
    (tmp_path / "documents.jsonl").write_text(json.dumps(row) + "\n")
    taxonomy = read_semeval2025(tmp_path)
    assert taxonomy.documents[0].labels == {"narratives": ("A",), "subnarratives": None}
    assert targets(taxonomy.documents, "narratives", taxonomy.classes["narratives"]).tolist() == [[True, False]]
    (tmp_path / "documents.jsonl").write_text("{}\nnot json\n")
    with pytest.raises(DataError) as caught:
        read_semeval2025(tmp_path)
    assert [fault.split(":")[1] for fault in caught.value.faults] == ["1", "2"]
    with pytest.raises(InputError, match="not the folder"):
        read_semeval2025(tmp_path / "none")

"""Writing a model for other software: a scikit-learn pipeline as joblib, or its linear part as an ONNX graph."""

from __future__ import annotations

import io
import platform
from pathlib import Path
from typing import Any

import numpy as np

from narratives.bundle import Bundle
from narratives.errors import InputError
from narratives.files import folder_made_whole, write_bytes, written_whole
from narratives.pipeline import pipeline_of, refuse_encoder
from narratives.training import versions

SKLEARN, ONNX = "sklearn", "onnx"
PIPELINE, REQUIREMENTS = "pipeline.joblib", "requirements.txt"
OPSET = 18
PICKLE = (
    "a .joblib file is a pickle: opening it runs whatever code it holds. Open only one that you made yourself or whose digest you "
    "know from its maker, and with the versions it was made with. The model folder holds no code; pass that on where you can."
)


def write_pipeline(bundle: Bundle, output: Path) -> Path:
    """Write a model as a scikit-learn pipeline (`narratives.pipeline`).

    :param output: a name that ends in ``.joblib``, or a folder to make, which gets the versions to install beside the pipeline.
    :return: the file of the pipeline.
    :raises InputError: when the output is there already or cannot be written, or for a model with an encoder.
    """
    import joblib

    _new(output)
    content = io.BytesIO()
    joblib.dump(pipeline_of(bundle), content, compress=("zlib", 3))
    if output.suffix == ".joblib":
        write_bytes(output, content.getvalue())
        return output
    made_with = {**versions(), "joblib": joblib.__version__}
    with folder_made_whole(output) as folder:
        write_bytes(folder / PIPELINE, content.getvalue())
        with written_whole(folder / REQUIREMENTS) as file:
            print(
                f"# Model {bundle.version} ({bundle.manifest_sha256}), with Python {platform.python_version()}.\n# Note: {PICKLE}",
                file=file,
            )
            print(*(f"{name}=={version}" for name, version in made_with.items() if name != "python"), sep="\n", file=file)
    return output / PIPELINE


def write_onnx(bundle: Bundle, output: Path) -> Path:
    """Write weights, biases and calibration of a model as an ONNX graph over its hashed features.

    Inputs are ``buckets``, int64 ``(n_texts, n_features)``, and ``values``, double, of the same shape; a row with fewer features is
    filled up with value 0 (`padded` makes both). Outputs are ``probabilities``, double ``(n_texts, n_frames)``, and ``present``,
    bool. The graph's metadata names the frames and the model.

    :raises InputError: when the output is there already or cannot be written, onnx is missing, or for a model with an encoder.
    """
    refuse_encoder(bundle)
    _new(output)
    try:
        import onnx
    except ImportError as error:
        raise InputError("--to onnx needs onnx; install it with: pip install 'narratives[onnx]'") from error
    graph = _graph(bundle, onnx)
    onnx.checker.check_model(graph, full_check=True)
    write_bytes(output, graph.SerializeToString())
    return output


def padded(features: Any) -> tuple[Any, Any]:
    """Return the rows of a sparse matrix as ``buckets`` and ``values``, each ``(n_texts, n_features)`` of the longest row."""
    lengths = np.diff(features.indptr)
    filled = np.arange(max(1, lengths.max(initial=0))) < lengths[:, None]
    buckets, values = np.zeros(filled.shape, np.int64), np.zeros(filled.shape)
    buckets[filled], values[filled] = features.indices, features.data
    return buckets, values


def _graph(bundle: Bundle, onnx: Any) -> Any:
    """Return the graph: look up the weights of each feature, add them up in double precision, calibrate, compare."""
    make, kinds, numbers = onnx.helper, onnx.TensorProto, onnx.numpy_helper
    slopes = np.array([calibration.slope for calibration in bundle.calibrations])
    offsets = np.array([calibration.offset for calibration in bundle.calibrations])
    constants = {
        "weights": bundle.weights.astype(np.float16),  # as they are stored, so nothing is lost
        "slopes": slopes,
        "shift": slopes * np.array(bundle.biases) + offsets,
        "thresholds": np.array([calibration.threshold for calibration in bundle.calibrations]),
        "features_axis": np.array([1], np.int64),
        "frames_axis": np.array([2], np.int64),
    }
    steps = [
        make.make_node("Gather", ["weights", "buckets"], ["found"]),
        make.make_node("Cast", ["found"], ["found_double"], to=kinds.DOUBLE),
        make.make_node("Unsqueeze", ["values", "frames_axis"], ["values_column"]),
        make.make_node("Mul", ["found_double", "values_column"], ["added"]),
        make.make_node("ReduceSum", ["added", "features_axis"], ["sums"], keepdims=0),
        make.make_node("Mul", ["sums", "slopes"], ["sloped"]),
        make.make_node("Add", ["sloped", "shift"], ["logits"]),
        make.make_node("Sigmoid", ["logits"], ["probabilities"]),
        make.make_node("GreaterOrEqual", ["probabilities", "thresholds"], ["present"]),
    ]
    events, answers = ["n_texts", "n_features"], ["n_texts", bundle.weights.shape[1]]
    graph = make.make_graph(
        steps,
        "narratives",
        [make.make_tensor_value_info("buckets", kinds.INT64, events), make.make_tensor_value_info("values", kinds.DOUBLE, events)],
        [make.make_tensor_value_info(name, kind, answers) for name, kind in (("probabilities", kinds.DOUBLE), ("present", kinds.BOOL))],
        [numbers.from_array(array, name) for name, array in constants.items()],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", OPSET)], ir_version=9, producer_name="narratives")
    make.set_model_props(
        model,
        {"version": bundle.version, "manifest_sha256": bundle.manifest_sha256 or "", "frames": " ".join(bundle.codebook.frame_ids)},
    )
    return model


def _new(output: Path) -> None:
    if output.exists():
        raise InputError(f"{output}: is there already; nothing was written over it, choose another name")

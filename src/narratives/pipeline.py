"""A model as a scikit-learn pipeline: our features, then classifiers that are scikit-learn's own.

For those who have a stack around scikit-learn. `Model` stays the way to score: a pipeline tells frames only, no voices, no
sub-frames, no doubts and no evidence. A dumped pipeline is a pickle, which runs code when it is opened, and it wants the versions of
scikit-learn and of this package that it was made with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import Pipeline

from narratives.bundle import FORMAT, Bundle
from narratives.calibrate import Calibration
from narratives.errors import InputError, ModelFormatError
from narratives.features import Extractor, FeatureSettings
from narratives.features.lexicon import Lexicon
from narratives.frames import matrix
from narratives.text import normalise


class FrameFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Turns texts into the hashed features that a model was trained on; there is nothing to fit.

    :param settings: what `FeatureSettings.to_dict` returns.
    :param lexicon: the packed lexicon, ``(n,)``.
    :param format: of the model; a later package may know other features.
    """

    def __init__(self, settings: Mapping[str, Any], lexicon: NDArray[np.int64], format: int = FORMAT) -> None:
        self.settings = settings
        self.lexicon = lexicon
        self.format = format

    def fit(self, texts: Any, y: Any = None) -> FrameFeatures:
        """Do nothing."""
        return self

    def transform(self, texts: Iterable[str]) -> Any:
        """Return the features of each text, a sparse ``(n_texts, n_buckets)`` matrix.

        :raises InputError: when one is no text.
        :raises ModelFormatError: when this package has other features than the model.
        """
        if self.format != FORMAT:
            raise ModelFormatError(f"these are features of format {self.format}, and this version makes those of {FORMAT}; export anew")
        if isinstance(texts, str | bytes):
            raise InputError("a pipeline takes a list of texts and got one text")
        texts = list(texts)
        for i, text in enumerate(texts):
            if not isinstance(text, str):
                raise InputError(f"text {i} is {type(text).__name__}, wanted str; leave out missing texts or give an empty one")
        settings = FeatureSettings.from_dict(self.settings)
        return matrix(Extractor(settings, Lexicon(self.lexicon)).table([normalise(text).text for text in texts]), settings)

    def __sklearn_is_fitted__(self) -> bool:
        """Say that nothing is left to fit."""
        return True


def pipeline_of(bundle: Bundle) -> Pipeline:
    """Return a pipeline whose ``predict_proba`` and ``predict`` are a model's probabilities and decisions, ``(n_texts, n_frames)``.

    The frames' names are in its attribute ``frame_ids_``.

    :raises InputError: for a model with a sentence encoder, whose vectors no pipeline has.
    """
    refuse_encoder(bundle)
    features = FrameFeatures(bundle.settings.to_dict(), bundle.lexicon.packed)
    pipeline = Pipeline([("features", features), ("frames", _classifiers(bundle))])
    pipeline.frame_ids_ = bundle.codebook.frame_ids
    return pipeline


def refuse_encoder(bundle: Bundle) -> None:
    """Raise InputError for a model that needs the vectors of a sentence encoder."""
    if bundle.encoder is not None:
        raise InputError(f"model {bundle.version} needs the encoder {bundle.encoder['name']}, which cannot be exported with it")


def _classifiers(bundle: Bundle) -> ClassifierChain:
    """Return one classifier a frame, each with its own threshold.

    A chain, since of scikit-learn's classifiers of several labels it alone has probabilities in one array and heeds thresholds when it
    decides. Each link gets the decisions before it beside the features, and gives them no weight.
    """
    n_buckets, n_frames = bundle.weights.shape
    links = []
    for k, (bias, calibration) in enumerate(zip(bundle.biases, bundle.calibrations, strict=True)):
        link = _calibrated(np.append(bundle.weights[:, k].astype(np.float64), np.zeros(k)), bias, calibration)
        cut = FixedThresholdClassifier(link, threshold=calibration.threshold, response_method="predict_proba")
        cut.estimator_, cut.n_features_in_ = link, n_buckets + k
        links.append(cut)
    chain = ClassifierChain(links[0])
    chain.order_, chain.chain_method_ = np.arange(n_frames), "predict"
    chain.estimators_, chain.n_features_in_ = links, n_buckets
    chain.classes_ = [link.classes_ for link in links]
    return chain


def _calibrated(weights: NDArray[np.float64], bias: float, calibration: Calibration) -> LogisticRegression:
    """Return a logistic regression whose probability is the calibrated one: slope and offset go into its weights."""
    regression = LogisticRegression()
    regression.coef_ = calibration.slope * weights[None, :]
    regression.intercept_ = np.array([calibration.slope * bias + calibration.offset])
    regression.classes_, regression.n_features_in_, regression.n_iter_ = np.array([0, 1]), len(weights), np.array([0])
    return regression

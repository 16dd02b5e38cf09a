"""From a normalised text to features, and with weights to scores. One meaning for training and scoring alike."""

from narratives.features.engine import ALWAYS, Engine, Scored
from narratives.features.extractor import Events, EventTable, Extractor, FeatureSettings
from narratives.features.forms import Forms, of_maps, of_normalised, of_texts, of_utf8
from narratives.features.sentences import split_sentences

__all__ = [
    "ALWAYS",
    "Engine",
    "EventTable",
    "Events",
    "Extractor",
    "FeatureSettings",
    "Forms",
    "Scored",
    "of_maps",
    "of_normalised",
    "of_texts",
    "of_utf8",
    "split_sentences",
]

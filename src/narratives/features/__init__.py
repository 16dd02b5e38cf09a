"""What a paragraph turns into: hashed features, each of which knows the words it came from."""

from narratives.features.extractor import Events, EventTable, Extractor, FeatureSettings

__all__ = ["EventTable", "Events", "Extractor", "FeatureSettings"]

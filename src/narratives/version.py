"""The version of the package; a model has one of its own."""

__version__ = "0.1.0"

"""Labels paragraphs by narrative frame: which idea a paragraph conveys, how surely, and by which words.

    import narratives
    model = narratives.load()
    reading = model.score("...one paragraph...")

Importing does nothing; `load` and the names below are fetched when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from narratives.version import __version__

if TYPE_CHECKING:
    from narratives.errors import NarrativesError
    from narratives.readings import Article, Evidence, FrameReading, Reading
    from narratives.scorer import Model, load

__all__ = ["Article", "Evidence", "FrameReading", "Model", "NarrativesError", "Reading", "__version__", "load"]

_HOMES = {
    "Article": "readings",
    "Evidence": "readings",
    "FrameReading": "readings",
    "Model": "scorer",
    "NarrativesError": "errors",
    "Reading": "readings",
    "load": "scorer",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'narratives' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"narratives.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)

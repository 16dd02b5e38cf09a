"""Ships the model in use inside the wheel, so that scoring works without training."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShipCurrentModel(BuildHookInterface):
    """Adds ``models/current`` and the folder that it names as ``narratives/_models``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Tell hatchling what to include; an editable install reads the checkout instead."""
        models = Path(self.root) / "models"
        if version == "editable" or not (models / "current").exists():
            return
        name = (models / "current").read_text(encoding="utf-8").strip()
        build_data["force_include"] = {
            str(models / "current"): "narratives/_models/current",
            str(models / name): f"narratives/_models/{name}",
        }

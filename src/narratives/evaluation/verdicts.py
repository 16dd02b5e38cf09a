"""What came of a gate, whatever its kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol


class Demand(Protocol):
    """A gate of any kind; a dataclass."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def figure(self) -> str:
        """What is judged."""

    @property
    def data(self) -> str | None:
        """The evaluation that it is for; None for each."""

    def verdicts(self, report: Mapping[str, Any]) -> Iterable[Verdict]:
        """Judge what the report has; nothing where it was not measured."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a gate on the data of that name; an undefined or missing figure fails it."""

    gate: Demand
    data: str
    value: float | None
    passed: bool
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        told: dict[str, Any] = asdict(self.gate)  # type: ignore[call-overload]
        return (
            told | {"figure": self.gate.figure, "data": self.data} | {"value": self.value, "passed": self.passed, "message": self.message}
        )

"""Pictures of figures that were computed elsewhere, through matplotlib, which comes with the extra ``report``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from narratives.errors import InputError
from narratives.files import bytes_written_whole

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")  # told apart by colour-blind people (Okabe and Ito)


def plot_learning_curve(parts: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Draw macro F1 against paragraphs with the band of the draws, and write it to ``path`` (.svg or .png).

    :raises InputError: when matplotlib is missing or the ending is unknown.
    """
    figure, axes = _axes(path)
    for colour, (name, lines) in zip(COLOURS, parts.items(), strict=False):
        x = [line["paragraphs"] for line in lines]
        axes.plot(x, [line["macro_f1"]["mean"] for line in lines], marker="o", color=colour, label=name.replace("_", " "))
        axes.fill_between(
            x, [line["macro_f1"]["low"] for line in lines], [line["macro_f1"]["high"] for line in lines], color=colour, alpha=0.2
        )
    axes.set_xscale("log", base=2)
    axes.set_xlabel("paragraphs in the corpus")
    axes.set_ylabel("macro F1 (band: lowest to highest draw)")
    axes.set_ylim(0, 1)
    axes.legend()
    axes.grid(alpha=0.3)
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write a figure, whole or not at all.

    :raises InputError: when the place cannot be written.
    """
    with bytes_written_whole(path) as file:
        figure.savefig(file, format=path.suffix[1:], metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


def _axes(path: Path) -> tuple[Any, Any]:
    figure = new_figure(path, (7, 4.2))
    return figure, figure.add_subplot()


def new_figure(path: Path, size: tuple[float, float]) -> Any:
    """Return an empty figure that will be written to ``path``, in inches.

    :raises InputError: when matplotlib is missing or the ending is unknown.
    """
    if path.suffix not in (".svg", ".png"):
        raise InputError(f"{path}: a plot is written as .svg or .png")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("plots need matplotlib; install it with: pip install 'narratives[report]'") from error
    matplotlib.rcParams["svg.hashsalt"] = "narratives"  # the same figure, the same bytes
    return Figure(figsize=size, layout="constrained")

"""Pictures of figures that were computed elsewhere, through matplotlib, which comes with the extra ``report``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from narratives.errors import InputError
from narratives.files import write_bytes

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")  # told apart by colour-blind people (Okabe and Ito)
INK = "#24292f"  # of axes and text; a page in the dark replaces it
SIZE = (7.0, 4.2)  # inches


def plot_learning_curve(parts: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Draw macro F1 against paragraphs with the band of the draws, and write it to ``path`` (.svg or .png).

    :raises InputError: when matplotlib is missing or the ending is unknown.
    """
    with drawing(SIZE, path) as axes:
        learning_curve(parts, axes)


def learning_curve(parts: Mapping[str, Sequence[Mapping[str, Any]]], axes: Any) -> None:
    """Draw macro F1 against paragraphs with the band of the draws on axes."""
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


@contextmanager
def drawing(size: tuple[float, float], *paths: Path) -> Iterator[Any]:
    """Give axes to draw on, and write them to every path when the block ends well; parameters and errors as of `sheet`."""
    with sheet(size, *paths) as figure:
        yield figure.add_subplot()


@contextmanager
def sheet(size: tuple[float, float], *paths: Path) -> Iterator[Any]:
    """Give an empty figure, and write it to every path, whole or not at all, when the block ends well.

    :param size: width and height in inches.
    :param paths: ending in .svg or .png.
    :raises InputError: when matplotlib is missing or an ending is unknown.
    """
    for path in paths:
        if path.suffix not in (".svg", ".png"):
            raise InputError(f"{path}: a plot is written as .svg or .png")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("plots need matplotlib; install it with: pip install 'narratives[report]'") from error
    # The same figure, the same bytes; text stays text, and nothing in it is read as a formula.
    style = {"svg.hashsalt": "narratives", "svg.fonttype": "none", "text.parse_math": False}
    style |= dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color", "grid.color"), INK)
    with matplotlib.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        yield figure
        for path in paths:
            content = BytesIO()
            figure.savefig(content, format=path.suffix[1:], dpi=144, metadata={"Date": None} if path.suffix == ".svg" else None)
            write_bytes(path, content.getvalue())

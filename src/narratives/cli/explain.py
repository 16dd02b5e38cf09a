"""``narratives explain``: one paragraph, every word that counted for or against each frame, and what the frames mean."""

from __future__ import annotations

import argparse
from typing import Any

from narratives.cli import inputs, outputs
from narratives.errors import InputError
from narratives.report import columns
from narratives.scorer import load


def add_to(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "explain",
        help="show what each word added to each frame",
        description="Show for one paragraph how each frame's score came about. Without a text: what the frames mean.",
    )
    parser.add_argument("text", nargs="?", help="the paragraph; - reads standard input")
    parser.add_argument("--model", help="version or folder of a model (default: the one in use)")
    parser.add_argument("--frame", help="this frame only")
    parser.add_argument("--words", type=int, default=12, help="words a frame (default: 12)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain a paragraph, or the codebook."""
    model = load(options.model)
    frames = [model.codebook.frame(options.frame)] if options.frame else list(model.codebook.frames)
    with outputs.opened(None) as file:
        if options.text is None:
            for frame in frames:
                print(f"{frame.id}: {frame.title}\n  {frame.definition}", file=file)
                for subframe in frame.subframes:
                    print(f"    {subframe.id}: {subframe.definition}", file=file)
            return 0
        text = inputs.read_text("-") if options.text == "-" else options.text
        if not text.strip():
            raise InputError("the text is empty; there is nothing to explain")
        reading = model.score(text.strip())
        for frame in frames:
            result = reading.frames[frame.id]
            verdict = "present" if result.present else "not present"
            print(f"{frame.id}: {verdict}, probability {result.probability:.3f} (threshold {result.threshold:.3f})", file=file)
            pieces = sorted(result.evidence or (), key=lambda piece: -abs(piece.weight))[: options.words]
            words = sum(piece.weight for piece in result.evidence or ())
            rest = words - sum(piece.weight for piece in pieces)
            dense = result.score - result.bias - words
            rows = [["  word", "weight", "at"], *([f"  {p.text}", f"{p.weight:+.3f}", f"{p.start}-{p.end}"] for p in pieces)]
            rows += [
                ["  (other words)", f"{rest:+.3f}", ""],
                *([["  (encoder)", f"{dense:+.3f}", ""]] if model.encoder else []),
                ["  (bias)", f"{result.bias:+.3f}", ""],
                ["  score", f"{result.score:+.3f}", ""],
            ]
            print(columns(rows), end="\n\n", file=file)
            told = sorted(result.concepts or (), key=lambda piece: -abs(piece.weight))[: options.words]
            rows = [["  concept", "kind", "weight", "words"], *([f"  {p.name}", p.kind, f"{p.weight:+.3f}", p.text[:60]] for p in told)]
            if told:
                print(columns(rows), end="\n\n", file=file)
    return 0

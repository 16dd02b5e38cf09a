"""Writing readings as a table for eyes; `narratives.bulk.rows` writes them for programs."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from narratives.files import written_whole
from narratives.readings import Article, Reading

TABLE = "table"
COLOURS = ("\x1b[38;5;208m", "\x1b[38;5;39m", "\x1b[38;5;170m", "\x1b[38;5;113m", "\x1b[38;5;220m")
BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@contextmanager
def opened(path: Path | None) -> Iterator[IO[str]]:
    """Give standard output, or a file that appears whole when all is written."""
    if path is None:
        if hasattr(sys.stdout, "reconfigure"):  # a lone surrogate in the input must not break the output
            sys.stdout.reconfigure(errors="backslashreplace")
        yield sys.stdout
    else:
        with written_whole(path, newline="") as file:
            yield file


def colourful(file: IO[str], choice: str) -> bool:
    """Whether to mark evidence in colour: on a terminal, unless NO_COLOR is set or the option says otherwise."""
    if choice != "auto":
        return choice == "always"
    return file.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def article_table(name: str, article: Article, colour: bool) -> str:
    """Return an article as people read it: each paragraph with its frames and the words that carried them."""
    language = article.language
    told = f"{language.code} ({language.confidence:.2f})" + ("" if article.supported else ", not a language of this model: read with care")
    width = min(shutil.get_terminal_size((100, 24)).columns, 110)
    lines = [f"{_bold(name, colour)}  language {told}, {len(article)} paragraphs"]
    for number, paragraph in enumerate(article, start=1):
        kind = "" if paragraph.kind == "paragraph" else f" [{paragraph.kind}]"
        lines += ["", reading_block(f"{number}{kind}", paragraph.reading, colour, width)]
    return "\n".join(lines)


def reading_block(title: str, reading: Reading, colour: bool, width: int = 100) -> str:
    """Return one paragraph: its frames on top, then the text with the evidence marked."""
    order = list(reading.frames)
    head = []
    for frame in reading.present:
        result = reading.frames[frame]
        words = ", ".join(f"{printable(e.text)} {e.weight:+.2f}" for e in result.strongest(6))
        label = f"{frame} {result.probability:.2f}" + (" ?" if result.uncertain else "")
        told = [f"{choice.first} {choice.probability:.2f}" for choice in (result.subframe, result.voice) if choice]
        head.append(f"  {_coloured(label, order.index(frame), colour)}  {', '.join(told)}")
        head.append(f"    {words}")
    if not head:
        closest = max(reading.frames.values(), key=lambda result: result.probability - result.threshold, default=None)
        head.append(
            "  no frame" + (f"  (nearest: {closest.frame} {closest.probability:.2f}, needs {closest.threshold:.2f})" if closest else "")
        )
    if reading.doubts:
        head.append(f"  uncertain: {', '.join(reading.doubts)}")
    body = _wrapped(_marked(reading, order, colour), width)
    return "\n".join([f"{_bold(title, colour)}", *head, body])


def quoted(text: str, width: int = 100) -> str:
    """Return a text as it may be shown on a terminal, indented and broken into lines."""
    return _wrapped(printable(text), width)


def _marked(reading: Reading, order: list[str], colour: bool) -> str:
    """Return the text with the strongest evidence of each present frame in that frame's colour, or between marks."""
    owner: dict[tuple[int, int], tuple[float, int]] = {}
    for frame in reading.present:
        for piece in reading.frames[frame].strongest():
            span = (piece.start, piece.end)
            if span not in owner or piece.weight > owner[span][0]:
                owner[span] = (piece.weight, order.index(frame))
    parts, done = [], 0
    for (start, end), (_, index) in sorted(owner.items()):
        word = printable(reading.text[start:end])
        parts += [printable(reading.text[done:start]), _coloured(word, index, colour) if colour else f"*{word}*"]
        done = end
    return "".join([*parts, printable(reading.text[done:])])


def printable(text: str) -> str:
    """Drop control characters, so that a text cannot steer the terminal."""
    return "".join(character if character.isprintable() or character == "\n" else " " for character in text)


def _wrapped(text: str, width: int) -> str:
    lines = [textwrap.fill(" ".join(line.split()), width - 4, initial_indent="    ", subsequent_indent="    ") for line in text.split("\n")]
    return "\n".join(line for line in lines if line.strip())


def _coloured(text: str, index: int, colour: bool) -> str:
    return f"{COLOURS[index % len(COLOURS)]}{text}{RESET}" if colour else text


def _bold(text: str, colour: bool) -> str:
    return f"{BOLD}{text}{RESET}" if colour else text

"""The command ``narratives``: score files, explain a paragraph, list models."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from narratives.errors import NarrativesError
from narratives.version import __version__

FAILED, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 0 done, 1 done with some inputs left out, 2 not done."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except NarrativesError as error:
        print(f"narratives: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader has seen enough, as in `narratives score ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"narratives: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("narratives: stopped", file=sys.stderr)
        return INTERRUPTED
    return code


def _parser() -> argparse.ArgumentParser:
    from narratives.cli import corpus, drift, explain, models, score, trends

    parser = argparse.ArgumentParser(prog="narratives", description="Label paragraphs by narrative frame, offline, with evidence.")
    parser.add_argument("--version", action="version", version=f"narratives {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (score, explain, trends, drift, models, corpus):
        command.add_to(commands)
    return parser

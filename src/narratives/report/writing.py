"""All files of a report, into one folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from narratives.errors import InputError
from narratives.files import folder_made_whole, write_json, written_whole
from narratives.report.junit import junit
from narratives.report.markdown import markdown
from narratives.report.page import page
from narratives.report.plots import draw_all

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
PLOTS = "plots"


def write_report(report: Mapping[str, Any], folder: Path) -> list[str]:
    """Write report.json and all that is drawn from it: report.md, report.html, junit.xml and plots/.

    Where the environment names a file for the summary of a step, report.md is appended to it.

    :return: what a user should be told, such as that there are no plots.
    :raises InputError: when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
    write_json(folder / "report.json", report)
    remarks: list[str] = []
    pictures: dict[str, str] = {}
    try:
        pictures = _plots(report, folder / PLOTS)
    except InputError as error:
        remarks.append(f"no plots: {error}")
    missing = remarks[0].removeprefix("no plots: ") if remarks else ""
    summary = markdown(report)
    for name, text in (("report.md", summary), ("report.html", page(report, pictures, missing)), ("junit.xml", junit(report))):
        with written_whole(folder / name) as file:
            file.write(text)
    return remarks + _append_to_step(summary)


def _plots(report: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Draw the plots, in place of those of an earlier report."""
    shutil.rmtree(folder, ignore_errors=True)
    with folder_made_whole(folder) as place:
        return draw_all(report, place)


def _append_to_step(summary: str) -> list[str]:
    """Append to the summary of a step; one that cannot be written must not hide the verdict, so it is only told."""
    if not (path := os.environ.get(STEP_SUMMARY)):
        return []
    try:
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(summary)
    except OSError as error:
        return [f"{STEP_SUMMARY} {path}: cannot be written: {error.strerror}"]
    return []

"""Days, weeks, months and years: which one a date lies in."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

EVERY = ("day", "week", "month", "year")
PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")


def start_of(value: Any, every: str) -> date:
    """Return the first day of the period that a date lies in; weeks begin on Monday (ISO 8601).

    :param value: a date or a time, or its text in ISO 8601; a time counts for the day that it names, whatever its zone. ``2024-03``
        and ``2024`` do where the period is no shorter.
    :param every: one of `EVERY`.
    :raises ValueError: for anything else; says what was wanted.
    """
    day = _day(value, every)
    if every == "day":
        return day
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if every == "month" else day.replace(day=1, month=1)


def label(start: date, every: str) -> str:
    """Return how a period is called: ``2024-03-31``, ``2024-W13``, ``2024-03`` or ``2024``."""
    if every == "week":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02d}"
    return {"day": start.isoformat(), "month": f"{start:%Y-%m}", "year": f"{start.year:04d}"}[every]


def following(start: date, every: str) -> date:
    """Return the first day of the next period."""
    far_enough = {"day": 1, "week": 7, "month": 31, "year": 366}[every]
    return start_of(start + timedelta(days=far_enough), every)


def _day(value: Any, every: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip() if value is not None else ""
    if match := PARTIAL.fullmatch(text):
        if (match[2] is None and every != "year") or every in ("day", "week"):
            raise ValueError(f"{text!r} does not say which {every}")
        return date(int(match[1]), int(match[2] or 1), 1)
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no date; wanted ISO 8601, such as 2024-03-31 or 2024-03-31T18:00:00Z") from None

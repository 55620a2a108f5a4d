"""The values of --sample, --event-time-start and --event-time-end: texts -> moments, in UTC."""

from __future__ import annotations

import datetime
from typing import Any

import click

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain
from airflow_sqlmodels.templating.sampling import UNITS, Window, window_before


def window_of(text: str) -> Window:
    """`3 days` up to now, or a mapping with `start` and `end`. Raises UsageError if it is neither."""
    try:
        return _mapping(text) if text.lstrip().startswith("{") else _relative(text)
    except (ValueError, KeyError, TypeError, OverflowError, SqlModelsError):
        form = "'3 days' (hours, days, months or years), or '{start: 2024-07-01, end: 2024-08-01}'"
        raise click.UsageError(f"--sample: {text!r} is no window of time: write {form}") from None


def times_of(start: str | None, end: str | None) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """The values of --event-time-start and -end. Raises UsageError if they don't go together."""
    if start is None and end is None:
        return None, None
    if start is None or end is None:
        raise click.UsageError("--event-time-start and --event-time-end go together")
    times = _moment_of("start", start), _moment_of("end", end)
    if times[0] >= times[1]:
        raise click.UsageError("--event-time-start must be before --event-time-end")
    return times


def _moment_of(which: str, text: str) -> datetime.datetime:
    try:
        return _moment(text)
    except ValueError:
        form = "write '2024-07-01' or '2024-07-01T12:00:00'"
        raise click.UsageError(f"--event-time-{which}: {text!r} is no date: {form}") from None


def _moment(value: Any) -> datetime.datetime:
    found = value if isinstance(value, datetime.date) else datetime.datetime.fromisoformat(str(value))
    if not isinstance(found, datetime.datetime):
        found = datetime.datetime(found.year, found.month, found.day)
    return found.replace(tzinfo=datetime.UTC)


def _relative(text: str) -> Window:
    count, unit = text.split()
    unit = unit.lower().rstrip("s")
    if unit not in UNITS:
        raise ValueError(unit)
    return window_before(datetime.datetime.now(datetime.UTC), int(count), unit)


def _mapping(text: str) -> Window:
    said = plain(parse_yaml(text, "--sample"))
    return Window(_moment(said["start"]), _moment(said["end"]))

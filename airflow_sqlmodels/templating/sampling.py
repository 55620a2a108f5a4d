"""`--sample`: the window of time whose rows a run reads, and the condition that it puts on what is read."""

from __future__ import annotations

import calendar
import datetime

from msgspec import Struct

from airflow_sqlmodels.manifest.nodes import Relational

UNITS = ("hour", "day", "month", "year")
"""What a window can be counted in."""


class Window(Struct, frozen=True):
    """From `start` on, up to before `end`."""

    start: datetime.datetime
    end: datetime.datetime

    def __str__(self) -> str:
        """Under dbt's name for it: macros print `invocation_args_dict.sample`."""
        return f"SampleWindow(start={self.start!r}, end={self.end!r})"

    def within(self, other: Window | None) -> Window:
        """What both have in common."""
        return self if other is None else Window(max(self.start, other.start), min(self.end, other.end))

    @property
    def span(self) -> tuple[datetime.datetime, datetime.datetime]:
        """Both ends."""
        return self.start, self.end

    def condition(self, node: Relational) -> str | None:
        """Which rows of a node are read; None if it has no `event_time`: then it is read as a whole."""
        name = node.config.get("event_time")
        if not name:
            return None
        column = node.columns.get(name)
        quoted = f'"{name}"' if column is not None and column.quote else name
        return f"{quoted} >= '{self.start}' and {quoted} < '{self.end}'"


def window_before(end: datetime.datetime, count: int, unit: str) -> Window:
    """The window of so many hours, days, months or years that ends at `end`. A day that a month lacks is its last."""
    if unit in ("hour", "day"):
        return Window(end - datetime.timedelta(**{f"{unit}s": count}), end)
    months = end.year * 12 + end.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    day = min(end.day, calendar.monthrange(year, month + 1)[1])
    return Window(end.replace(year=year, month=month + 1, day=day), end)

"""Batches of time, for models with the strategy `microbatch`. All moments are UTC."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from airflow_sqlmodels.templating.sampling import Window, window_before

SIZES = ("hour", "day", "month", "year")
_FORMATS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch."""

    window: Window
    size: str
    """hour, day, month or year."""

    @property
    def label(self) -> str:
        """When it begins, as people read it: `2026-11-21`."""
        return self.window.start.strftime(_FORMATS[self.size])

    @property
    def id(self) -> str:
        """The same without dashes: `model.batch.id`."""
        return self.label.replace("-", "")


def begin_of(moment: datetime.datetime, size: str) -> datetime.datetime:
    """The beginning of the batch that a moment lies in."""
    if size == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if size == "day":
        return day
    return day.replace(day=1) if size == "month" else day.replace(day=1, month=1)


def end_of(moment: datetime.datetime, size: str) -> datetime.datetime:
    """The moment itself if a batch begins there, else the beginning of the next batch."""
    begin = begin_of(moment, size)
    return moment if begin == moment else next_of(begin, size)


def next_of(begin: datetime.datetime, size: str) -> datetime.datetime:
    """The beginning of the batch after one that begins then."""
    if size in ("hour", "day"):
        return begin + datetime.timedelta(**{f"{size}s": 1})
    if size == "year":
        return begin.replace(year=begin.year + 1)
    return begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)


def start_of_lookback(end: datetime.datetime, size: str, lookback: int) -> datetime.datetime:
    """Where the batches begin that are worked out again: the one that ends at or after `end`, and those before it."""
    on_the_line = begin_of(end, size) == end
    return begin_of(window_before(end, lookback + int(on_the_line), size).start, size)


def batches_between(start: datetime.datetime, end: datetime.datetime, size: str) -> list[Batch]:
    """All batches from the one that begins at `start` on. The last ends at `end`, even if that is amid a batch."""
    found = []
    while start < end:
        following = next_of(start, size)
        found.append(Batch(Window(start, min(following, end)), size))
        start = following
    return found

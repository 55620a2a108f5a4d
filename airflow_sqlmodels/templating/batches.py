"""Batches of time, for models with the strategy `microbatch`. All moments are UTC."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import Model
from airflow_sqlmodels.templating.macro_table import BUILT_IN_NAMES
from airflow_sqlmodels.templating.sampling import Window, window_before

SIZES = ("hour", "day", "month", "year")
_FORMATS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


class Batch(Struct, frozen=True):
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

    @property
    def config(self) -> dict[str, Any]:
        """What dbt adds to the model's config while the batch is built; macros read it there."""
        start, end = self.window.span
        return {"__dbt_internal_microbatch_event_time_start": start, "__dbt_internal_microbatch_event_time_end": end}


BATCHES_FLAG = "require_batched_execution_for_custom_microbatch_strategy"
"""The flag of dbt_project.yml without which a project's own macro for the strategy is given no batches."""


def has_batches(node: Model) -> bool:
    """Whether a model's strategy is `microbatch`."""
    return node.materialized == "incremental" and node.config.get("incremental_strategy") == "microbatch"


def in_batches(flags: Mapping[str, Any], macros: Iterable[MacroId]) -> bool:
    """Whether such models are built batch by batch: as in dbt, not if a macro of one's own gives their SQL."""
    return bool(flags.get(BATCHES_FLAG, True)) or not any(
        macro.endswith(".get_incremental_microbatch_sql") and macro.split(".")[1] not in BUILT_IN_NAMES
        for macro in macros
    )


def size_of(node: Model) -> str:
    """How long its batches are. Raises ProjectError if it does not say, or not by what time."""
    said, time = str(node.config.get("batch_size") or ""), node.config.get("event_time")
    if said not in SIZES:
        hint = closest(said, SIZES) or f"one of {', '.join(SIZES)}"
        raise ProjectError(f"a microbatch model needs batch_size, not {said!r}", node.at, hint)
    if not time or not isinstance(time, str):
        what = f"a microbatch model needs event_time{f', not {time!r}' if time else ''}"
        raise ProjectError(what, node.at, "event_time: the column with its rows' time")
    return said


def first_moment(node: Model) -> datetime.datetime:
    """When its first batch begins. Raises ProjectError if it does not say."""
    said = node.config.get("begin")
    try:
        begin = said if isinstance(said, datetime.datetime) else datetime.datetime.fromisoformat(str(said))
    except ValueError:
        raise ProjectError(f"a microbatch model needs begin, not {said!r}", node.at, "begin: '2024-01-01'") from None
    return begin.replace(tzinfo=datetime.UTC) if begin.tzinfo is None else begin.astimezone(datetime.UTC)


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

"""When rows of a source are too old: the rules of the source and of its table, put together threshold by threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.manifest.nodes import Freshness, Period
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.yaml_text import YamlMap, plain

_PERIODS = ("minute", "hour", "day")
_THRESHOLDS = ("warn_after", "error_after")


def freshness_of(entry: Entry, table: YamlMap, at: Location) -> Freshness | None:
    """The rule for a table of a source; None if there is none, or it is turned off. Raises ProjectError for a bad one.

    As in dbt what is said later wins: of the source, in its config, of the table, in its config. A threshold that is
    null is turned off, one that is empty or not there is that of the level above.
    """
    rule: dict[str, Any] | None = None
    for said in _levels(entry, table):
        rule = None if said is None else _over(rule or {}, said)
    if rule is None or not any(rule.get(key) for key in _THRESHOLDS):
        return None
    warn, error = (_period(rule.get(key), at) for key in _THRESHOLDS)
    off = tuple(key for key in _THRESHOLDS if key in rule and rule[key] is None)
    return Freshness(warn, error, rule.get("filter"), off)


def _levels(entry: Entry, table: YamlMap) -> Iterator[Mapping[str, Any] | None]:
    for level in (entry.content, entry.config, table, table.get("config") or {}):
        if "freshness" in level:
            yield plain(level["freshness"])


def _over(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key in _THRESHOLDS:
        said = more.get(key, {})
        if said is None:
            merged[key] = None
        elif said:
            merged[key] = {**(merged.get(key) or {}), **said} if isinstance(said, Mapping) else said
    if more.get("filter") is not None:
        merged["filter"] = more["filter"]
    return merged


def _period(value: Any, at: Location) -> Period | None:
    if not value or value.get("count") is None:
        return None
    count, period = value["count"], value.get("period")
    if not str(count).strip().isdecimal() or period not in _PERIODS:
        hint = f"write {{count: 12, period: hour}}; there are {', '.join(_PERIODS)}"
        raise ProjectError(f"this is no time for freshness: {count!r} of {period!r}", at, hint)
    return Period(int(count), str(period))

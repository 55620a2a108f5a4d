"""When rows of a source are too old: the rules of the source and of its table, put together threshold by threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.manifest.nodes import Freshness, Period
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.yaml_text import YamlMap

_KEY = "freshness"
_PERIODS = ("minute", "hour", "day")
_THRESHOLDS = ("warn_after", "error_after")


def freshness_of(
    parts: Parts, entry: Entry, table: YamlMap, fqn: tuple[str, ...], at: Location
) -> tuple[Freshness | None, dict[str, Any]]:
    """The rule for a table of a source, None if there is none, and `{"freshness": …}` as written if it differs.

    As in dbt the strongest place says all: the dbt_project.yml of the root project over a package's source, the
    property file, the source's own dbt_project.yml. Raises ProjectError for a rule that cannot be.
    """
    package, root = entry.file.package, parts.settings.name
    if package != root and _KEY in (above := parts.projects[root].trees["source"].configs(fqn)):
        return _rule(above[_KEY], at), {_KEY: parts.projects[root].written["source"].configs(fqn)[_KEY]}
    said: dict[str, Any] | None = {}
    for level in _levels(parts, entry, table, at):
        said = None if level is None else _over(said or {}, level)
    if said is None:
        return None, {_KEY: None}
    if _has_thresholds(said):
        return _rule(said, at), {}
    below = parts.projects[package].trees["source"].configs(fqn)
    if _KEY in below:
        return _rule(below[_KEY], at), {_KEY: parts.projects[package].written["source"].configs(fqn)[_KEY]}
    return None, {}


def _rule(said: Any, at: Location) -> Freshness | None:
    if said is None:
        return None
    _refuse_shape(said, at)
    if not _has_thresholds(said):
        return None
    warn, error = (_period(said.get(key), at) for key in _THRESHOLDS)
    off = tuple(key for key in _THRESHOLDS if key in said and said[key] is None)
    return Freshness(warn, error, said.get("filter"), off)


def _has_thresholds(said: Mapping[str, Any]) -> bool:
    return any(said.get(key) for key in _THRESHOLDS)


def _refuse_shape(said: Any, at: Location) -> None:
    if not isinstance(said, Mapping) or not all(isinstance(said.get(key) or {}, Mapping) for key in _THRESHOLDS):
        raise ProjectError(f"this is no rule for freshness: {said!r}", at, _HINT)


def _levels(parts: Parts, entry: Entry, table: YamlMap, at: Location) -> Iterator[Mapping[str, Any] | None]:
    """What the property file says: of the source, in its config, of the table, in its config. What is later wins.

    A threshold that is null is turned off, one that is empty or not there is that of the level above.
    """
    configs = (entry.config, table.get("config") or {})
    for level in (entry.content, configs[0], table, configs[1]):
        if _KEY in level:
            said = parts.rendered({_KEY: level[_KEY]}, entry.file.package, at)[_KEY]
            if said is not None:
                _refuse_shape(said, at)
                _refuse_text(said, at, is_config=any(level is each for each in configs))
            yield said


def _refuse_text(said: Mapping[str, Any], at: Location, *, is_config: bool) -> None:
    """A count may be a text, such as a template gives, in a config alone, as in dbt."""
    counts = [(said.get(key) or {}).get("count") for key in _THRESHOLDS]
    text = next((each for each in counts if isinstance(each, str) and each.strip().isdecimal()), None)
    if text is not None and not is_config:
        hint = "leave the quotes out, end its template with '| as_number', or put it into the config"
        raise ProjectError(f"this is a text, and no number: {text!r}", at, hint)


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
        raise ProjectError(f"this is no time for freshness: {count!r} of {period!r}", at, _HINT)
    return Period(int(count), str(period))


_HINT = f"write {{warn_after: {{count: 12, period: hour}}}}; there are {', '.join(_PERIODS)}"

"""Model versions: one entry of a property file that describes several models, taken apart into one entry for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.properties import TEST_KEYS, Entry, Version
from airflow_sqlmodels.project.yaml_text import YamlList, YamlMap


def with_versions(entries: Iterable[Entry]) -> list[Entry]:
    """The entries; in the place of a model's with versions one for each, named like its file."""
    return [each for entry in entries for each in (_versions(entry) if _has_versions(entry) else (entry,))]


def rank(number: str) -> tuple[int, float, str]:
    """What orders versions: numbers by size, then texts."""
    try:
        return 0, float(number), ""
    except ValueError:
        return 1, 0.0, number


def _has_versions(entry: Entry) -> bool:
    return entry.kind == "model" and bool(entry.content.get("versions"))


def _versions(entry: Entry) -> Iterator[Entry]:
    listed = entry.content["versions"]
    numbers = [_number(entry, listed, index, each) for index, each in enumerate(listed)]
    latest = entry.content.get("latest_version")
    if latest is not None and str(latest) not in numbers:
        raise ProjectError(f"{entry.name!r} has no version {latest!r}, which is to be its latest",
                           entry.place(entry.content, "latest_version"), f"it has {', '.join(numbers)}")  # fmt: skip
    newest = max(numbers, key=rank) if latest is None else str(latest)
    for index, (number, each) in enumerate(zip(numbers, listed, strict=True)):
        yield replace(
            entry,
            name=str(each.get("defined_in") or f"{entry.name}_v{number}"),
            content=_content(entry.content, each),
            at=entry.place(listed, index),
            version=Version(entry.name, number, newest),
        )


def _number(entry: Entry, listed: Any, index: int, said: Any) -> str:
    if not isinstance(said, YamlMap) or said.get("v") is None:
        raise ProjectError(
            f"a version of {entry.name!r} has no 'v'", entry.place(listed, index), "begin it with '- v: 1'"
        )
    return str(said["v"])


def _content(base: YamlMap, own: YamlMap) -> YamlMap:
    """What holds for one version: what is said of all, unless it says otherwise itself."""
    tests = any(key in own for key in TEST_KEYS)
    found = YamlMap()
    _take(found, base, ("deprecation_date", *(TEST_KEYS if tests else ())))  # that one is each version's own
    _take(found, own, () if own.get("columns") else ("columns",))
    if base.get("config") and own.get("config"):
        found["config"] = {**base["config"], **own["config"]}
    if own.get("columns"):
        found["columns"] = _columns(base.get("columns") or [], own["columns"])
    return found


def _take(found: YamlMap, holder: YamlMap, but: Collection[str]) -> None:
    for key, value in holder.items():
        if key not in but:
            found[key] = value
            found.places[key] = holder.places.get(key, (0, 0))


def _columns(base: Iterable[Any], own: Iterable[Any]) -> YamlList:
    """The columns of a version: `include` and `exclude` say which of the model's it has too."""
    found, described = YamlList(), YamlList()
    for index, each in enumerate(own):
        if isinstance(each, Mapping) and "include" in each:
            wanted, without = each["include"], each.get("exclude") or []
            for column in base:
                if (wanted in ("all", "*") or column["name"] in wanted) and column["name"] not in without:
                    found.append(column)
        else:
            described.append(each)
            places = getattr(own, "places", None)
            described.places.append(places[index] if places else (0, 0))
    again = {each["name"] for each in described if isinstance(each, Mapping) and each.get("name")}
    kept = [column for column in found if column["name"] not in again]
    result = YamlList()
    for column in kept:
        result.append(column)
        result.places.append(column.places.get("name", (0, 0)) if isinstance(column, YamlMap) else (0, 0))
    result.extend(described)
    result.places.extend(described.places)
    return result

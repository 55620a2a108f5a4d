"""Model versions: one entry of a property file that describes several models, taken apart into one entry for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.versions import rank
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.properties import BESIDE_CONFIG, TEST_KEYS, Entry, Version
from airflow_sqlmodels.project.yaml_text import YamlList, YamlMap


def with_versions(entries: Iterable[Entry], models: Collection[tuple[str, str]]) -> list[Entry]:
    """The entries; in the place of a model's with versions one for each, named like its file.

    `models`: the package and the name of each file that is there.
    """
    return [each for entry in entries for each in (_versions(entry, models) if _has_versions(entry) else (entry,))]


def model_names(files: Iterable[SourceFile]) -> frozenset[tuple[str, str]]:
    """The package and the name of each file that holds a model."""
    return frozenset((file.package, file.stem) for file in files if file.kind == "model")


def _has_versions(entry: Entry) -> bool:
    if entry.kind != "model":
        return False
    if entry.content.get("latest_version") and not entry.content.get("versions"):
        what = f"{entry.name!r} has a latest_version, and no versions"
        raise ProjectError(what, entry.place(entry.content, "latest_version"), "list them below 'versions:'")
    return bool(entry.content.get("versions"))


def _versions(entry: Entry, models: Collection[tuple[str, str]]) -> Iterator[Entry]:
    listed = entry.content["versions"]
    numbers = [_number(entry, listed, index, each) for index, each in enumerate(listed)]
    said = [each["v"] if isinstance(each["v"], (int, float)) else str(each["v"]) for each in listed]
    latest = entry.content.get("latest_version")
    if latest in (None, ""):
        newest = max(numbers, key=rank)
        latest = said[numbers.index(newest)]
    elif latest in said:  # as in dbt 2.0 is 2, and a text is no number
        newest = numbers[said.index(latest)]
    else:
        raise ProjectError(f"{entry.name!r} has no version {latest!r}, which is to be its latest",
                           entry.place(entry.content, "latest_version"),
                           f"it has {', '.join(map(repr, said))}")  # fmt: skip
    for index, (number, each) in enumerate(zip(numbers, listed, strict=True)):
        yield replace(
            entry,
            name=_file_name(entry, each, number, models, latest=number == newest),
            content=_content(entry, each),
            at=entry.place(listed, index),
            version=Version(entry.name, number, newest, said[index], latest),
        )


def _file_name(entry: Entry, own: YamlMap, number: str, models: Collection[tuple[str, str]], *, latest: bool) -> str:
    """The name of the file of a version: the latest one's may be that of the model."""
    name, package = str(own.get("defined_in") or f"{entry.name}_v{number}"), entry.file.package
    bare = latest and (package, name) not in models and (package, entry.name) in models
    return entry.name if bare else name


def _number(entry: Entry, listed: Any, index: int, said: Any) -> str:
    if not isinstance(said, YamlMap) or said.get("v") is None:
        raise ProjectError(
            f"a version of {entry.name!r} has no 'v'", entry.place(listed, index), "begin it with '- v: 1'"
        )
    if isinstance(said["v"], bool):
        what = f"the version of {entry.name!r} must be a text or a number, not {said['v']}"
        raise ProjectError(what, entry.place(said, "v"), "begin it with '- v: 1'")
    return str(said["v"])


def _content(entry: Entry, own: YamlMap) -> YamlMap:
    """What holds for one version: what is said of all, unless it says otherwise itself."""
    base = entry.content
    tests = any(own.get(key) is not None for key in TEST_KEYS)
    found = YamlMap()
    without = ("deprecation_date", *BESIDE_CONFIG, *(TEST_KEYS if tests else ()))  # that one is each version's own
    _take(found, base, without)
    empty = () if tests else TEST_KEYS  # `tests:` with nothing behind it says nothing
    nothing = [key for key in ("columns", "description") if not own.get(key)]
    _take(found, own, ("docs", "access", *empty, *nothing))  # as in dbt, a version says these in its config alone
    beside = {key: base[key] for key in BESIDE_CONFIG if base.get(key) is not None}
    if beside or (base.get("config") and "config" in own):
        found["config"] = _merged({**beside, **(base.get("config") or {})}, own.get("config") or {})
    if own.get("columns"):
        found["columns"] = _columns(entry, base.get("columns") or [], own["columns"])
    return found


def _merged(base: Any, own: Any) -> Any:
    """A config of all versions with that of one: as in dbt mappings are merged, and its own lists stand in front."""
    if isinstance(own, Mapping) and isinstance(base, Mapping):
        return {key: _merged(base.get(key), own[key]) if key in own else base[key] for key in {**base, **own}}
    if isinstance(own, list) and base is not None:
        return [*own, *(base if isinstance(base, (list, Mapping)) else (base,))]
    return own


def _names(said: Any) -> list[str]:
    return [str(each) for each in (said if isinstance(said, list) else [] if said is None else [said])]


def _take(found: YamlMap, holder: YamlMap, but: Collection[str]) -> None:
    for key, value in holder.items():
        if key not in but:
            found[key] = value
            found.places[key] = holder.places.get(key, (0, 0))


_EVERY = (["all"], ["*"])


def _columns(entry: Entry, base: Iterable[Any], own: YamlList) -> YamlList:
    """The columns of a version: the model's, but for what `include` and `exclude` leave out, then its own.

    One of its own counts for all that is said of a column of that name but the tests: as in dbt these are added.
    """
    included = [each for each in own if isinstance(each, Mapping) and "include" in each]
    wanted, without = _EVERY[0], list[str]()
    if len(included) > 1:
        raise ProjectError(f"a version of {entry.name!r} has two 'include'", entry.place(included[1], "include"),
                           "write one with all names, or include: all")  # fmt: skip
    for each in included:
        wanted, without = _names(each["include"]), _names(each.get("exclude"))
        if without and wanted not in _EVERY:
            what = "columns can be excluded only where all are included"
            raise ProjectError(what, entry.place(each, "exclude"), "write include: all")
    result = YamlList()
    for column in base:
        name = str(column.get("name"))
        if (wanted in _EVERY or name in wanted) and name not in without:
            result.append(column)
            result.places.append(column.places.get("name", (0, 0)) if isinstance(column, YamlMap) else (0, 0))
    for each, place in zip(own, own.places, strict=True):
        if each not in included:
            result.append(each)
            result.places.append(place)
    return result

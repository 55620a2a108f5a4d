"""Semantic models and metrics inside of models: what stands there becomes entries like those with a list of their own.

models:
  - name: orders
    semantic_model: true
    agg_time_dimension: ordered_at
    columns:
      - name: id
        entity: primary
      - name: ordered_at
        granularity: day
        dimension: {type: time}
    metrics:
      - {name: orders, type: simple, agg: count, expr: id}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.resolve import Index
from airflow_sqlmodels.project.semantic.elements import derived, of_columns
from airflow_sqlmodels.project.yaml_text import YamlMap


class Home(Struct, frozen=True):
    """The semantic model that metrics inside of a model belong to."""

    semantic_model: str
    agg_time_dimension: str | None


class Inside(Struct, frozen=True):
    """What stands inside of one model."""

    semantic_model: Entry
    metrics: list[Entry]
    home: Home


def inside_of_models(parts: Parts, entries: Iterable[Entry], index: Index) -> Iterator[Inside]:
    """What the models that are semantic models too say of them, and of their metrics."""
    for entry in entries:
        if entry.kind == "model" and _is_semantic(entry) and _is_there(entry, index):
            yield _inside(parts, entry)


def _is_semantic(entry: Entry) -> bool:
    said = entry.content.get("semantic_model")
    if said is None or isinstance(said, bool):
        return bool(said)
    return said.get("enabled") is not False


def _is_there(entry: Entry, index: Index) -> bool:
    """Whether the model has a file: for one that has not, there is a warning already."""
    return entry.version is not None or entry.name in index.by_name or index.is_disabled(entry.name)


def _inside(parts: Parts, entry: Entry) -> Inside:
    said = entry.content["semantic_model"]
    given = said if isinstance(said, Mapping) else {}
    model = entry.name if entry.version is None else entry.version.model
    name = str(given.get("name") or model)
    at = entry.place(entry.content, "semantic_model")
    moment = entry.content.get("agg_time_dimension")
    written, more = of_columns(parts.columns(entry, entry.file.package), at), derived(entry)
    content = YamlMap()
    content |= {
        "name": name,
        "description": entry.content.get("description") or "",
        "model": f"ref('{model}')",
        "defaults": {"agg_time_dimension": moment},
        "primary_entity": entry.content.get("primary_entity"),
        **{key: [*written[key], *more[key]] for key in written},
        "config": _config(given),
    }
    semantic_model = Entry("semantic_model", name, content, entry.file, at, entry.text)
    return Inside(semantic_model, list(_metrics(entry)), Home(name, moment))


def _config(given: Mapping[str, Any]) -> dict[str, Any]:
    """Its configs. As in dbt, those beside `config:` count only if that is there."""
    inside = given.get("config")
    if inside is None:
        return {}
    said = {"meta": inside.get("meta"), "enabled": given.get("enabled", True), "group": given.get("group")}
    return {key: value for key, value in said.items() if value is not None}


def _metrics(entry: Entry) -> Iterator[Entry]:
    listed = entry.content.get("metrics") or ()
    for number, each in enumerate(listed):
        at = entry.place(listed, number)
        if not each.get("name"):
            raise ProjectError("a metric has no name", at, "begin it with '- name:'")
        yield Entry("metric", str(each["name"]), each, entry.file, at, entry.text)

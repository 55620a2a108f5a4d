"""What a semantic model is made of: entities, dimensions and measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import Location, ProjectError, closest
from airflow_sqlmodels.manifest.nodes import Column
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.semantic_words import AGGREGATIONS, DIMENSION_TYPES, ENTITY_TYPES, GRANULARITIES

Element = dict[str, Any]


def described(parts: Parts, entry: Entry, definition: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, Any]:
    """The lists of elements, their descriptions rendered, each with the `meta` of its semantic model below its own."""
    found: dict[str, Any] = {}
    for key, (what, types) in _ELEMENTS.items():
        found[key] = []
        for index, each in enumerate(definition.get(key) or ()):
            at = entry.place(entry.content.get(key), index)
            refuse_type(each, types, what, at)
            if what != "measure" and not isinstance(each.get("expr"), (str, type(None))):
                raise ProjectError(
                    f"the expr of the {what} {each.get('name')!r} must be a text", at, "put quotes around it"
                )
            found[key].append(_described(parts, entry, each, meta))
    return found


_ELEMENTS = {
    "entities": ("entity", ENTITY_TYPES),
    "dimensions": ("dimension", DIMENSION_TYPES),
    "measures": ("measure", AGGREGATIONS),
}


def _described(parts: Parts, entry: Entry, element: Mapping[str, Any], meta: Mapping[str, Any]) -> Element:
    own = (element.get("config") or {}).get("meta") or {}
    said = element.get("description")
    text = None if said is None else parts.description(said, entry.file.package, entry.at)
    name = str(element.get("name"))  # 'None' for one without, as in dbt
    return {**element, "name": name, "description": text, "config": {"meta": {**meta, **own}}}


def of_columns(columns: Mapping[str, Column], at: Location) -> dict[str, list[Element]]:
    """The entities and dimensions that columns say they are. Raises ProjectError for a type that is none."""
    entities = [_entity(each.entity, each, at) for each in columns.values() if each.entity is not None]
    dimensions = [_dimension(each.dimension, each, at) for each in columns.values() if each.dimension is not None]
    return {"entities": entities, "dimensions": dimensions}


def _entity(said: Element | str, column: Column, at: Location) -> Element:
    if isinstance(said, str):
        given: Element = {"name": column.name, "type": said, "config": {"meta": column.meta}}
    else:
        config = said["config"]
        meta = config.get("meta") if "meta" in config else column.meta
        given = {**said, "expr": _other_name(said, column), "config": {"meta": meta or {}}}
    refuse_type(given, ENTITY_TYPES, "entity", at)
    return {"description": column.description, **given}


def _dimension(said: Element | str, column: Column, at: Location) -> Element:
    if isinstance(said, str):
        given: Element = {"name": column.name, "type": said, "config": {"meta": column.meta}}
    else:
        meta = {**column.meta, **(said["config"].get("meta") or {})}
        grain = column.granularity
        params = {"time_granularity": grain, "validity_params": said["validity_params"]} if grain else None
        given = {**said, "expr": _other_name(said, column), "type_params": params, "config": {"meta": meta}}
    refuse_type(given, DIMENSION_TYPES, "dimension", at)
    return {"description": column.description, **given}


def _other_name(element: Mapping[str, Any], column: Column) -> str | None:
    """The column's name, if the element has another."""
    return column.name if element["name"] != column.name else None


def derived(entry: Entry) -> dict[str, list[Element]]:
    """The elements below `derived_semantics`. Raises ProjectError for one that says too little."""
    said = entry.content.get("derived_semantics") or {}
    return {
        "entities": list(_derived(entry, said, "entities", ENTITY_TYPES)),
        "dimensions": [_timed(each) for each in _derived(entry, said, "dimensions", DIMENSION_TYPES)],
    }


def _derived(entry: Entry, said: Mapping[str, Any], key: str, types: tuple[str, ...]) -> Iterator[Element]:
    what = "entity" if key == "entities" else "dimension"
    for index, each in enumerate(said.get(key) or ()):
        at = entry.place(said[key], index)
        if each.get("name") is None:
            raise ProjectError(f"a derived {what} is missing its 'name'", at, "add 'name: …'")
        refuse_type(each, types, what, at)
        yield dict(each)


def _timed(element: Element) -> Element:
    """A derived dimension says its granularity beside its type; as in dbt, without one it is valid at any time."""
    grain, validity = element.pop("granularity", None), element.pop("validity_params", None)
    if grain:
        element["type_params"] = {"time_granularity": grain, "validity_params": validity}
    return element


def refuse_type(element: Mapping[str, Any], types: tuple[str, ...], what: str, at: Location) -> None:
    """Raises ProjectError for an element whose type there is not, or whose granularity."""
    said = element.get("agg" if what == "measure" else "type")
    if str(said).lower() not in types:
        wrong = f"the {what} {element.get('name')!r} has no type" if said is None else f"no type {said!r} of {what}"
        raise ProjectError(wrong, at, closest(str(said), types) or f"there are {', '.join(types)}")
    params = element.get("type_params") or {}
    grain = element.get("granularity") or params.get("time_granularity")
    if grain and str(grain).lower() not in GRANULARITIES:
        hint = closest(str(grain), GRANULARITIES) or f"there are {', '.join(GRANULARITIES)}"
        raise ProjectError(f"no granularity {grain!r} of time", at, hint)

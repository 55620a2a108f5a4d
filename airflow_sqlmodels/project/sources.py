"""Sources: tables that others fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import CompilationError, Location, ProjectError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import (
    NodeId,
    Source,
)
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.configs import merge, merge_all
from airflow_sqlmodels.project.freshness_rules import freshness_of
from airflow_sqlmodels.project.loaded_at import FIELD, QUERY, loaded_at
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry, depth_of_config
from airflow_sqlmodels.project.yaml_text import YamlMap, plain


def sources(parts: Parts, entry: Entry) -> Iterator[Source]:
    """The tables of a source."""
    tables = entry.content.get("tables") or []
    for index, table in enumerate(tables):
        at = entry.place(tables, index)
        if not isinstance(table, YamlMap) or not table.get("name"):
            raise ProjectError(f"a table of the source {entry.name!r} has no name", at, "begin it with '- name:'")
        yield _source(parts, entry, table, at)


def _source(parts: Parts, entry: Entry, table: YamlMap, at: Location) -> Source:
    name, package = str(table["name"]), entry.file.package
    fqn = (package, *entry.file.folders, entry.name, name)
    inside = _inside(parts, entry, table, at)
    # as in dbt the property file always says both: what the source's own dbt_project.yml says counts for nothing
    age = {FIELD: None, QUERY: None, **parts.rendered(loaded_at(entry, table), package, at, known=True)}
    own = parts.own_config("source", package, fqn, entry, {**inside, **age})
    own.pop("freshness", None)
    config = parts.config("source", own, at, entry)
    database = {"database": table.get("database", entry.content.get("database"))}
    said = parts.rendered(database, package, at, known=True)
    freshness, freshness_written = freshness_of(parts, entry, table, fqn, at)
    source = Source(
        id=NodeId(f"source.{package}.{entry.name}.{name}"),
        name=name,
        source_name=entry.name,
        package=package,
        path=entry.file.path,
        fqn=fqn,
        at=at,
        description=parts.description(table.get("description"), package, at),
        doc_blocks=parts.doc_blocks(table.get("description"), package),
        source_description=parts.description(entry.content.get("description"), package, at),
        tags=tuple(config["tags"]),
        meta=plain(config.get("meta") or {}),
        source_meta=parts.rendered({"meta": entry.config.get("meta") or {}}, package, at)["meta"],
        config=config,
        own_config=own,
        written=_source_written(parts, entry, table)
        | _labels_written(parts, package, fqn, inside, own)
        | freshness_written,
        files=(entry.file.shown, PROJECT_FILE),
        loader=str(entry.content.get("loader") or ""),  # as in dbt, what a table says of its own does not count
        relation=_source_relation(parts, entry, table, said),
        columns=parts.columns(entry, package, table),
        loaded_at_field=_text_of(config.get(FIELD)),
        loaded_at_query=_text_of(config.get(QUERY)),
        freshness=freshness,
        external=_external(parts, entry, table, at),
    )
    if freshness is not None and not (source.loaded_at_field or source.loaded_at_query):
        what = f"nothing says when {entry.name}.{name} was loaded, so that its freshness cannot be told"
        text = str(SqlModelsError(what, at, "add loaded_at_field or loaded_at_query: Postgres itself does not know"))
        parts.noted.append(Warned(text, "FreshnessConfigProblem", {"msg": what}, once=True))
    return source


def _external(parts: Parts, entry: Entry, table: YamlMap, at: Location) -> dict[str, Any] | None:
    """What the table says under `external`, with all that readers of `graph.sources` look for."""
    said = parts.rendered({"external": table.get("external")}, entry.file.package, at)["external"]
    if not isinstance(said, Mapping):
        return None
    partitions = [_partition(each, at) for each in said.get("partitions") or ()]
    return {**dict.fromkeys(_OF_EXTERNAL), **plain(said), "partitions": partitions or None}


_OF_EXTERNAL = ("location", "file_format", "row_format", "tbl_properties", "partitions")


def _partition(said: Any, at: Location) -> Any:
    if not isinstance(said, Mapping):
        return said
    if not said.get("name") or not said.get("data_type"):
        raise CompilationError("External partition columns must have names and data types", at)
    return {"description": "", "meta": {}, **plain(said)}


def _source_relation(parts: Parts, entry: Entry, table: YamlMap, said: Mapping[str, Any]) -> Relation:
    """Where a source lies. The project's quoting does not hold for sources; their own does."""
    content = quoting_of(parts, entry, table)
    quoting = Quoting(*(content.get(part) is not False for part in ("database", "schema", "identifier")))
    package = entry.file.package
    names = {"schema": entry.content.get("schema"), "identifier": table.get("identifier")}
    names = parts.rendered(names, package, entry.at, known=True)
    database = said["database"] or parts.settings.target.database
    schema, identifier = names["schema"] or entry.name, names["identifier"] or table["name"]
    return Relation(str(database or ""), str(schema), str(identifier), quoting)


def quoting_of(parts: Parts, entry: Entry, table: YamlMap) -> dict[str, Any]:
    """What is said of quoting, the table's word last."""
    said = {**(entry.content.get("quoting") or {}), **(table.get("quoting") or {})}
    return {key: _as_bool(value) for key, value in parts.rendered(said, entry.file.package, entry.at).items()}


def _as_bool(value: Any) -> Any:
    return value.strip().lower() == "true" if isinstance(value, str) else value


def _source_written(parts: Parts, entry: Entry, table: YamlMap) -> dict[str, Any]:
    """Schema, database and quoting as they are written; what is not said is not there.

    Of a source that is overridden, schema and database are as its own package wrote them: so has dbt.
    """
    itself = entry.content if entry.overridden is None else entry.overridden
    said = {
        "schema": itself.get("schema"),
        "database": table.get("database", itself.get("database")),
        "quoting": quoting_of(parts, entry, table) or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _inside(parts: Parts, entry: Entry, table: YamlMap, at: Location) -> dict[str, Any]:
    """What the property file says of the table, tags and meta with those of the source.

    As in dbt it always says some tags: those that dbt_project.yml gives the project's own sources count for nothing.
    """
    package = entry.file.package
    of_all = parts.rendered(entry.config, package, at)
    own = parts.rendered(_config_of(table), package, at, depth=depth_of_config(table))
    both = merge(of_all, own)
    tags = {each for each in both.get("tags") or () if isinstance(each, str)}  # as in dbt, what is no text is none
    return {**own, "tags": sorted(tags), "meta": both.get("meta") or {}}


def _labels_written(
    parts: Parts, package: str, fqn: tuple[str, ...], inside: Mapping[str, Any], own: Mapping[str, Any]
) -> dict[str, Any]:
    """Tags and meta as they are written, where that is not what they come to: the strongest place says all."""
    root = parts.settings.name
    above = {} if package == root else parts.projects[root].written["source"].configs(fqn)
    said = {key: above.get(key, inside[key]) for key in ("tags", "meta")}
    return {key: value for key, value in said.items() if value != own.get(key)}


def _config_of(table: YamlMap) -> dict[str, Any]:
    beside = {key: table[key] for key in ("tags", "meta", "enabled") if table.get(key) is not None}
    return merge_all((beside, table.get("config") or {}))


def _text_of(value: Any) -> str | None:
    return str(value) if value else None

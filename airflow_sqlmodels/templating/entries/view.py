"""A node as plain data under dbt's names: what templates see as `model`, and what manifest.json says of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from msgspec.structs import asdict

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.file_paths import plain_path
from airflow_sqlmodels.manifest.fixtures import FixtureRows
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    AnyNode,
    Column,
    DataTest,
    Exposure,
    Freshness,
    Function,
    Metric,
    Model,
    Operation,
    Period,
    Ref,
    SavedQuery,
    SemanticModel,
    Source,
    Templated,
    UnitTest,
    resource_type,
)
from airflow_sqlmodels.manifest.overload import Overload
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.batches import has_batches
from airflow_sqlmodels.templating.entries.places import generic_file

_SPELLED = {"pre_hook": "pre-hook", "post_hook": "post-hook"}


def node_view(node: AnyNode, dialect: Dialect, texts: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """The node as a dictionary; nothing in it is shared with the node's own nested values except by reading.

    `texts` are those of the `config(...)` in its own file, if they count.
    """
    view = {
        "unique_id": node.id,
        "name": node.name,
        "resource_type": resource_type(node),
        "package_name": node.package,
        "path": path_below(node),
        "original_file_path": node.path,
        "fqn": list(node.fqn),
        "description": node.description,
        "tags": list(node.tags),
        "meta": node.meta,
        "config": config_view(node),
        "unrendered_config": unrendered_config(node, texts),
        "patch_path": _patch_path(node),
        "checksum": {"name": "sha256", "checksum": node.checksum} if node.checksum else _NO_CHECKSUM,
        "docs": node.config.get("docs") or {"show": True, "node_color": None},
        "group": node.config.get("group") or None,
    }
    view.update(_relation_part(node, dialect))
    if isinstance(node, Templated):
        view.update(_template_part(node))
    columns = getattr(node, "columns", None)
    view["columns"] = {name: _column(column) for name, column in (columns or {}).items()}
    view.update(_own_part(node))
    if isinstance(node, (Exposure, Source)):
        return {key: value for key, value in view.items() if key not in _NOT_OF_OTHERS}
    if isinstance(node, (SemanticModel, Metric, SavedQuery)):
        return {key: value for key, value in view.items() if key not in _NOT_OF_SEMANTICS}
    if isinstance(node, UnitTest):
        return {key: value for key, value in view.items() if key not in _NOT_OF_UNIT_TESTS}
    return view


def unrendered_config(node: AnyNode, texts: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """What was set for it as it is written. `texts` are those of the `config(...)` in its own file, if they count."""
    if isinstance(node, Source):
        return _unrendered_source(node)
    said = {key: value for key, value in node.own_config.items() if key not in _SPELLED}
    said |= texts
    said |= node.written
    return {key: value for key, value in said.items() if value is not None or node.written.get(key, "") is not None}


def _unrendered_source(node: Source) -> dict[str, Any]:
    said = {
        "loaded_at_field": node.loaded_at_field,
        "loaded_at_query": node.loaded_at_query,
        "meta": node.written.get("meta", node.meta),
        "tags": node.written.get("tags", list(node.tags)),
    }
    fresh = {key: node.written[key] for key in ("freshness",) if key in node.written}
    if not fresh and node.freshness is not None:
        fresh = {"freshness": _freshness(node)}
    own = {key: value for key, value in node.own_config.items() if key not in said}
    return {**own, **fresh, **said}


_NOT_OF_OTHERS = ("alias", "checksum", "docs", "functions", "group", "language", "raw_code")
_NOT_OF_SEMANTICS = ("docs", "checksum", "patch_path", "columns", "raw_code", "language")
_NOT_OF_UNIT_TESTS = ("tags", "meta", "columns", "docs", "group", "patch_path", "unrendered_config")
"""What dbt says of every other kind of node."""


class ConfigView(dict[str, Any]):
    """A config under dbt's spelling; templates may ask for a key by either."""

    def __missing__(self, key: str) -> Any:
        other = _SPELLED.get(key)
        if other is None or other not in self:
            raise KeyError(key)
        return self[other]


def config_view(node: AnyNode) -> ConfigView:
    """The config with dbt's own spelling of its keys."""
    view = ConfigView(node.config)
    for key, spelled in _SPELLED.items():
        if key in node.config:
            view[spelled] = view.pop(key)
    if isinstance(view.get("begin"), str) and isinstance(node, Model) and has_batches(node):  # others' stays as written
        with contextlib.suppress(ValueError):  # whoever makes batches refuses it
            view["begin"] = datetime.fromisoformat(view["begin"]).isoformat()
    if isinstance(node, Source):
        loaded = {"loaded_at_field": node.loaded_at_field, "loaded_at_query": node.loaded_at_query}
        view |= {"event_time": None, **view, **loaded, "freshness": _freshness(node)}
    return view


_NO_CHECKSUM = {"name": "none", "checksum": ""}


def _patch_path(node: AnyNode) -> str | None:
    """The properties file, relative to the node's package like the node's own file."""
    if not node.patch_path:
        return None
    folder = node.at.path.removesuffix(node.path) if node.at.path.endswith(node.path) else ""
    return f"{node.package}://{node.patch_path.removeprefix(folder)}"


def path_below(node: AnyNode) -> str:
    """The path below the resource folder, as dbt shows it."""
    if isinstance(node, Operation):
        return f"hooks/{node.name}.sql"
    if isinstance(node, Analysis):
        return f"analysis/{plain_path(node.path).partition('/')[2]}"
    if isinstance(node, DataTest) and node.generic:
        return generic_file(node)
    folders = node.fqn[1:-1]
    name = node.path.rpartition("/")[2]
    below = "/".join((*folders, name))
    # below the resource folder, however deep that lies
    return below if node.path.endswith(f"/{below}") else plain_path(node.path).partition("/")[2] or node.path


def _relation_part(node: AnyNode, dialect: Dialect) -> dict[str, Any]:
    relation = getattr(node, "relation", None)
    if relation is None:
        return {}
    named = not (isinstance(node, Model) and node.materialized == "ephemeral") and not isinstance(node, DataTest)
    return {
        "database": relation.database,
        "schema": relation.schema,
        "alias": relation.identifier,
        "relation_name": relation_name(dialect, relation) if named else None,
    }


def relation_name(dialect: Dialect, relation: Relation) -> str:
    """The relation as entries have it: like dbt's, the text does not double quotes that are part of a name."""
    return dialect.render(relation).replace('""', '"')


def _template_part(node: Templated) -> dict[str, Any]:
    return {
        "raw_code": node.raw_code,
        "language": node.language if isinstance(node, Model) else "sql",
        "refs": [{"name": ref.name, "package": ref.package, "version": ref.version} for ref in node.refs],
        "sources": [[source.source, source.table] for source in node.source_refs],
        "metrics": _named(node.metric_refs),
        "functions": _named(node.function_refs),
        "depends_on": {
            "macros": list(node.macros if node.called is None else node.called),
            "nodes": list(dict.fromkeys((*node.source_ids, *node.ref_ids, *node.function_ids, *node.metric_ids))),
        },
    }


def _named(refs: Iterable[Ref]) -> list[list[str]]:
    return [[ref.package, ref.name] if ref.package else [ref.name] for ref in refs]


def _own_part(node: AnyNode) -> dict[str, Any]:
    """What only some kinds have."""
    match node:
        case Model():
            return {
                "access": node.access,
                "version": node.said_version,
                "latest_version": node.said_latest_version,
                "constraints": [_constraint(each, {"columns": []}) for each in node.constraints],
                "contract": node.config.get("contract") or {"enforced": False, "alias_types": True},
                "time_spine": node.time_spine,  # macros look for the models that have one
                "deprecation_date": node.deprecation_date,
            }
        case Function() | DataTest() | Source():
            return _PART_OF[type(node)](node)
        case Operation():
            return {"index": node.index, "original_file_path": f"./{node.path}"}
        case Exposure():
            owner = {"email": None, "name": None, **node.owner}
            return {"type": node.type, "owner": owner, "label": node.label, "url": node.url, "maturity": node.maturity}
        case UnitTest():
            return _unit_test_part(node)
        case SemanticModel() | Metric() | SavedQuery():
            # few projects have any
            from airflow_sqlmodels.templating.entries.semantic_view import semantic_part  # noqa: PLC0415

            return semantic_part(node)
        case _:
            return {}


def _function_part(node: Function) -> dict[str, Any]:
    return {
        "language": node.language,
        "arguments": [asdict(each) for each in node.arguments],
        "returns": asdict(node.returns),
        "overloads": [_overload(each) for each in node.overloads],
    }


def _overload(overload: Overload) -> dict[str, Any]:
    return {
        "defined_in": overload.defined_in,
        "arguments": [asdict(each) for each in overload.arguments],
        "returns": None if overload.returns is None else asdict(overload.returns),
        "description": overload.description,
        "raw_body": overload.raw_body,
        "compiled_body": None,
    }


def attached_of(node: DataTest) -> str | None:
    """What it stands under; of tests of sources dbt does not say it."""
    found = node.attached_node
    return None if found is None or found.startswith("source.") else found


def _test_part(node: DataTest) -> dict[str, Any]:
    if node.generic is None:
        return {}
    namespace, _, name = node.generic.rpartition(".")
    return {
        "column_name": node.column_name,
        "attached_node": attached_of(node),
        "test_metadata": {"name": name, "kwargs": node.kwargs, "namespace": namespace or None},
    }


def _unit_test_part(node: UnitTest) -> dict[str, Any]:
    overrides = node.overrides
    return {
        "model": node.model_name,
        "given": [{"input": each.input, **_fixture(each)} for each in node.given],
        "expect": None if node.expect is None else _fixture(node.expect),
        "overrides": overrides and {"macros": overrides.macros, "vars": overrides.vars, "env_vars": overrides.env_vars},
        "schema": node.schema or None,
        "checksum": node.checksum,
        "version": node.said_version,
        "versions": node.versions,
    }


def _fixture(each: FixtureRows) -> dict[str, Any]:
    rows = list(each.rows) if each.sql is None else each.sql
    return {"rows": rows, "format": each.format, "fixture": each.fixture}


def _source_part(node: Source) -> dict[str, Any]:
    quoting = node.written.get("quoting") or {}
    return {
        "source_name": node.source_name,
        "source_description": node.source_description,
        "source_meta": node.source_meta,
        "identifier": node.relation.identifier,
        "loader": node.loader,
        "loaded_at_field": node.loaded_at_field,
        "loaded_at_query": node.loaded_at_query,
        "freshness": _freshness(node),
        "external": node.external,
        "quoting": {part: quoting.get(part) for part in ("database", "schema", "identifier", "column")},
    }


def _freshness(node: Source) -> dict[str, Any] | None:
    """The freshness rule of a source: one without periods if none is said, nothing only if just that is said."""
    said_null = "freshness" in node.written and node.written["freshness"] is None
    return None if said_null else freshness_view(node.freshness or Freshness())


def freshness_view(freshness: Freshness | None) -> dict[str, Any] | None:
    """A freshness rule as dbt writes it."""
    if freshness is None:
        return None
    return {
        "warn_after": None if "warn_after" in freshness.off else _period(freshness.warn_after),
        "error_after": None if "error_after" in freshness.off else _period(freshness.error_after),
        "filter": freshness.filter,
    }


_PART_OF: dict[type, Callable[[Any], dict[str, Any]]] = {
    Function: _function_part,
    DataTest: _test_part,
    Source: _source_part,
}


def _period(period: Period | None) -> dict[str, Any]:
    return {"count": None, "period": None} if period is None else {"count": period.count, "period": period.period}


def _constraint(said: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """A constraint with all that is not said of it, and without what constraints do not have."""
    usual = {"name": None, "expression": None, "warn_unenforced": True, "warn_unsupported": True}
    every = {"type": None, **usual, "to": None, "to_columns": [], **more}
    return {key: said.get(key, value) for key, value in every.items()}


def _column(column: Column) -> dict[str, Any]:
    return {
        **column.more,
        "name": column.name,
        "description": column.description,
        "data_type": column.data_type,
        "quote": column.quote,
        "meta": column.meta,
        "tags": list(column.tags),
        "granularity": column.granularity,
        "dimension": column.dimension,
        "entity": column.entity,
        "doc_blocks": list(column.doc_blocks),
        "constraints": [_constraint(each, {}) for each in column.constraints],
        "config": {"meta": column.meta, "tags": list(column.tags)},
    }

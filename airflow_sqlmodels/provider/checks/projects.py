"""What must hold for the SQL of a project, seen without a warehouse. A place stands before each complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import sqlglot
from sqlglot import exp

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, NodeId, Snapshot, Templated, UnitTest
from airflow_sqlmodels.provider.checks.places import place_of_word
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.refusals import NeedsWarehouseError

Check = Callable[["Project"], Iterator[str]]

_SYSTEM = ("information_schema", "pg_catalog")


@dataclass
class Project:
    """A loaded project."""

    manifest: Manifest

    @property
    def own(self) -> Iterator[Model | Snapshot]:
        """The models and snapshots of the project itself, not those of its packages."""
        for node in self.manifest.values():
            if isinstance(node, (Model, Snapshot)) and node.package == self.manifest.settings.name:
                yield node

    @cached_property
    def compiled(self) -> dict[NodeId, str | SqlModelsError]:
        """The SQL of its own nodes, or why it cannot be compiled; without those that ask the warehouse meanwhile."""
        means = answerer(self.manifest, Invocation(command="compile"))
        found: dict[NodeId, str | SqlModelsError] = {}
        for node in self.own:
            try:
                found[node.id] = compile_node(means, node, None).sql
            except NeedsWarehouseError:
                continue
            except SqlModelsError as error:
                found[node.id] = error
        return found

    @cached_property
    def parsed(self) -> dict[NodeId, exp.Expr | str]:
        """The SQL of its own nodes as trees, or why it does not parse."""
        dialect = self.manifest.settings.target.type
        return {
            node_id: _parsed(sql, dialect) for node_id, sql in self.compiled.items() if isinstance(sql, str) and sql
        }


def compiles(project: Project) -> Iterator[str]:
    """Every template gives SQL."""
    yield from (str(error) for error in project.compiled.values() if isinstance(error, SqlModelsError))


def parses(project: Project) -> Iterator[str]:
    """The SQL can be read: no bracket is open, no comma missing."""
    for node_id, tree in project.parsed.items():
        if isinstance(tree, str):
            yield f"{project.manifest[node_id].at.path}: {tree}"


def hard_coded_tables(project: Project) -> Iterator[str]:
    """Tables are named with ref() and source(): a name in plain SQL gives no arrow."""
    names = _names(project.manifest)
    for node_id, tree in project.parsed.items():
        node = project.manifest[node_id]
        if isinstance(tree, str) or not isinstance(node, Templated):
            continue
        known = set(_relations_read(project.manifest, node))
        for schema, table in dict.fromkeys(_tables(tree)):
            if (schema, table) not in known and schema not in _SYSTEM:
                shown = f"{schema}.{table}" if schema else table
                what, hint = f"{shown} is named in plain SQL", _instead(names, schema, table)
                yield str(SqlModelsError(what, place_of_word(node, table), hint))


def tests(project: Project) -> Iterator[str]:
    """Every model has a test."""
    tested: set[NodeId] = set()
    for node in project.manifest.values():
        if isinstance(node, DataTest):
            tested.update(node.ref_ids)
        elif isinstance(node, UnitTest):
            tested.add(node.model)
    yield from (f"{node.at.path}: {node.name} has no test" for node in project.own if node.id not in tested)


def description(project: Project) -> Iterator[str]:
    """Every model has a description."""
    yield from (f"{node.at.path}: {node.name} has no description" for node in project.own if not node.description)


def naming(project: Project, prefixes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Models of a folder begin with one of its prefixes."""
    for node in project.own:
        for folder in node.fqn[1:-1]:
            allowed = tuple(prefixes.get(folder, ("",)))
            if not node.name.startswith(allowed):
                yield f"{node.at.path}: a model in {folder!r} begins with {' or '.join(allowed)}"


CHECKS: dict[str, Check] = {"compiles": compiles, "parses": parses, "hard_coded_tables": hard_coded_tables}

REQUIRABLE: dict[str, Check] = {"tests": tests, "description": description}
"""Checks that a user asks for."""


def naming_check(prefixes: Mapping[str, Sequence[str]]) -> Check:
    """The check `naming` with these prefixes."""
    return partial(naming, prefixes=prefixes)


def _parsed(sql: str, dialect: str) -> exp.Expr | str:
    try:
        return sqlglot.parse_one(sql, dialect=dialect)
    except sqlglot.errors.SqlglotError as error:
        first: Mapping[str, Any] = next(iter(getattr(error, "errors", None) or ()), {})
        where = f"line {first['line']} of the compiled SQL: " if first.get("line") else ""
        return f"{where}{first.get('description') or error}, near {str(first.get('highlight', '')).strip()!r}"


def _tables(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    """(schema, name) of the tables a query reads that are no CTEs of it and no functions."""
    ctes = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and not (not table.db and table.name in ctes):
            yield _folded(table.args.get("db")), _folded(table.this)


def _folded(name: exp.Identifier | None) -> str:
    """A name as the warehouse sees it."""
    if name is None:
        return ""
    return str(name.this) if name.quoted else str(name.this).lower()


def _relations_read(manifest: Manifest, node: Templated) -> Iterator[tuple[str, str]]:
    """What ref(), source() and `this` stand for in a node, and in the ephemeral models it reads."""
    own = getattr(node, "relation", None)
    if own is not None:
        yield own.schema, own.identifier
    for node_id in dict.fromkeys((*node.ref_ids, *node.source_ids)):
        read: AnyNode = manifest[node_id]
        relation = getattr(read, "relation", None)
        if relation is not None:
            yield relation.schema, relation.identifier
        if isinstance(read, Model) and read.materialized == "ephemeral":
            yield from _relations_read(manifest, read)


def _names(manifest: Manifest) -> dict[tuple[str, str], str]:
    """By (schema, name) how a template names that relation."""
    found = {}
    for node in manifest.values():
        relation = getattr(node, "relation", None)
        if relation is not None and not isinstance(node, DataTest):
            source = getattr(node, "source_name", None)
            call = f"source('{source}', '{node.name}')" if source else f"ref('{node.name}')"
            found[relation.schema, relation.identifier] = call
    return found


def _instead(names: Mapping[tuple[str, str], str], schema: str, table: str) -> str:
    exact = names.get((schema, table))
    if exact is None and not schema:
        exact = next((call for (_, name), call in names.items() if name == table), None)
    return f"write {{{{ {exact} }}}}" if exact else "declare it as a source in YAML, and write {{ source(…) }}"

"""Says more of a refusal than the warehouse could: it knows the project, and asks the catalog once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches

from airflow_sqlmodels.errors import SqlModelsError, UnreachableError, WarehouseError, closest
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, Relational, Snapshot, Source, resource_type
from airflow_sqlmodels.run.sources import MISSING_TABLE, missing_source, place_of_call, relations_read
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.refusals import pointed_at
from airflow_sqlmodels.warehouse.session import Session

SHOWN_COLUMNS = 12
"""How many columns of a table a hint lists when none is near."""
SHOWN_TABLES = 3

_RELATION = re.compile(r'relation "([^"]+)" does not exist')
_COLUMN = re.compile(r'column (?:"([^"]+)"|(?:[^" ]+\.)?([^" .]+)) does not exist')
_DENIED = re.compile(r"permission denied for (schema|table|view|materialized view|foreign table) (\S+)")


def explained(error: SqlModelsError, means: Answerer, node: AnyNode, session: Session) -> SqlModelsError:
    """The same error, or one that says more. The transaction must be over; none is left open."""
    explain = _EXPLAIN.get(error.sqlstate) if isinstance(error, WarehouseError) else None
    if explain is None or isinstance(error, UnreachableError):
        return error
    assert isinstance(error, WarehouseError)
    try:
        return explain(error, means, node, session)
    except SqlModelsError:  # what the warehouse said first is what counts
        return error
    finally:
        session.rollback()


def with_makers(error: SqlModelsError, means: Answerer, node: AnyNode, compiled: str) -> SqlModelsError:
    """An error in a line of SQL (the file `compiled`) that its template does not have: says whom to ask."""
    if not isinstance(error, WarehouseError) or error.at is None or error.at.path != compiled:
        return error
    manifest = means.manifest
    called = (manifest.macros.get(each) for each in getattr(node, "macros", ()))
    macros = [f"{each.name} ({each.at.path}:{each.at.line})" for each in called
              if each is not None and each.package in manifest.settings.packages]  # fmt: skip
    calls = f", which calls {', '.join(macros)}" if macros else ""
    made = f"the line was made by the Jinja of {node.at.path}{calls}"
    return _with_hint(error, f"{error.hint}; {made}" if error.hint else made)


def _missing_table(error: WarehouseError, means: Answerer, node: AnyNode, session: Session) -> WarehouseError:
    said = _RELATION.search(error.what)
    name = said[1].rpartition(".")[2] if said else ""
    read = [each for each in relations_read(means.manifest, node) if each.relation.identifier == name]
    for parent in read:
        if isinstance(parent, Source):
            return missing_source(means, node, [parent], session) or error
        kind = resource_type(parent)
        hint = f"the {kind} {parent.name!r} ({parent.at.path}) was not built there yet: select '+{node.name}'"
        return _with_hint(error, hint)
    return _with_hint(error, _near_table(said[1], means, session) or error.hint) if said else error


def _near_table(name: str, means: Answerer, session: Session) -> str:
    schema, _, table = name.rpartition(".")
    there = [key[1] for key in catalog.schema_catalog(session, means.dialect, [schema])] if schema else []
    near = closest(table, there)
    return f"{near} Tables are better named with ref() or source()" if near else ""


def _missing_column(error: WarehouseError, means: Answerer, node: AnyNode, session: Session) -> WarehouseError:
    said = _COLUMN.search(error.what)
    relations = [each.relation for each in relations_read(means.manifest, node)]
    if isinstance(node, Snapshot) or (isinstance(node, Model) and node.materialized == "incremental"):
        relations.append(node.relation)  # these may read their own table; of the others it is only what comes out
    if said is None or not relations:
        return error
    found = catalog.columns(session, means.dialect, relations)
    tables = {str(each): [column.name for column in found[each.key]] for each in relations if each.key in found}
    hint = _near_columns(said[1] or said[2], tables) or "; ".join(_listed(tables))
    return _with_hint(error, hint or error.hint)


def _near_columns(name: str, tables: dict[str, list[str]]) -> str:
    near = [(table, each) for table, columns in tables.items() for each in get_close_matches(name, columns, n=1)]
    if not near:
        return ""
    meant = " or ".join(f"{column!r} of {table}" for table, column in near[:SHOWN_TABLES])
    quoted = any(column.lower() == name.lower() for _, column in near)
    return f"did you mean {meant}?{' Then write it in double quotes' if quoted else ''}"


def _listed(tables: dict[str, list[str]]) -> Iterator[str]:
    for table, columns in list(tables.items())[:SHOWN_TABLES]:
        if columns:
            more = f" and {len(columns) - SHOWN_COLUMNS} more" if len(columns) > SHOWN_COLUMNS else ""
            yield f"{table} has {', '.join(map(repr, columns[:SHOWN_COLUMNS]))}{more}"


def _other_type(error: WarehouseError, _means: Answerer, node: AnyNode, _session: Session) -> WarehouseError:
    """The rows of an incremental model do not fit into its table: no place in the model is at fault."""
    if not isinstance(node, Model) or node.materialized != "incremental" or error.at is None or error.at.column:
        return error
    what = error.what.removesuffix(pointed_at(error.statement, error.position))
    hint = "the table has the older type: cast it in the model, or rebuild it with --full-refresh"
    return type(error)(what, error.at, hint, error.sqlstate, error.statement, error.position)


def _denied(error: WarehouseError, means: Answerer, node: AnyNode, _session: Session) -> WarehouseError:
    """Names the whole table, and asks for no more than is needed."""
    said = _DENIED.search(error.what)
    if said is None:
        return error
    kind, name = said.groups()
    read = list(relations_read(means.manifest, node))
    if kind == "schema":
        own = getattr(node, "relation", None)
        needs = "create" if own is not None and own.schema == name else "usage"
        parents: Sequence[Relational] = [each for each in read if each.relation.schema == name and needs == "usage"]
        wanted = error.hint.replace("grant usage, create on", f"grant usage{', create' * (needs == 'create')} on")
    else:
        parents = [each for each in read if each.relation.identifier == name]
        full = str(parents[0].relation) if len(parents) == 1 else name
        wanted = error.hint.replace(f"grant select on {name} ", f"grant select on {full} ")
    at = error.at if error.position or len(parents) != 1 else place_of_call(node, parents[0])
    return type(error)(error.what, at, wanted, error.sqlstate, error.statement, error.position)


def _with_hint(error: WarehouseError, hint: str) -> WarehouseError:
    return type(error)(error.what, error.at, hint, error.sqlstate, error.statement, error.position)


_EXPLAIN: dict[str, Callable[[WarehouseError, Answerer, AnyNode, Session], WarehouseError]] = {
    MISSING_TABLE: _missing_table,
    "42703": _missing_column,
    "42501": _denied,
    "42804": _other_type,
}

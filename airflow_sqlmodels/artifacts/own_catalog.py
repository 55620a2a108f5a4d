"""What lies in the warehouse, as a project's own `get_catalog` or `get_catalog_relations` has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.manifest.nodes import Relational
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.warehouse.catalog import Described, DescribedColumn
from airflow_sqlmodels.warehouse.session import Session

_FEW = 100
"""Up to so many relations dbt asks for each by its name; for more, or all, it asks for schemas."""

_RELATION = ("table_schema", "table_name", "table_type", "table_owner", "table_comment")
_COLUMN = ("column_name", "column_index", "column_type", "column_comment")


def own_catalog(
    means: Answerer, nodes: Sequence[Relational], session: Session, *, everything: bool
) -> list[Described] | None:
    """The relations that the project's macro tells of; None if it has none. `everything`: nothing was selected.

    Raises ProjectError if the macro gives no such table, and whatever the macro itself refuses.
    """
    by_name = not everything and len(nodes) <= _FEW
    macro = means.macros.of_adapter("get_catalog_relations" if by_name else "get_catalog") if nodes else None
    if macro is None:
        return None
    rendering = Rendering(means, nodes[0], session)
    relations = [rendering.relation_of(node) for node in nodes]
    wanted = relations if by_name else sorted({str(relation.schema) for relation in relations})
    return list(_described(_rows(macro, rendering.called_by_adapter(macro, relations[0].information_schema(), wanted))))


def _rows(macro: Macro, table: Any) -> list[dict[str, Any]]:
    try:
        rows = [dict(zip(map(str.lower, table.column_names), row.values(), strict=True)) for row in table.rows]
    except AttributeError:
        hint = "end it with {{ return(run_query(…)) }}"
        raise ProjectError(f"{macro.name} gave no table", macro.at, hint) from None
    lacking = [name for name in ("table_schema", "table_name", "column_name") if rows and name not in rows[0]]
    if lacking:
        raise ProjectError(f"the table of {macro.name} has no column {lacking[0]!r}", macro.at)
    return rows


def _described(rows: Iterable[dict[str, Any]]) -> Iterable[Described]:
    def place(row: dict[str, Any]) -> tuple[str, str]:
        return str(row["table_schema"]), str(row["table_name"])

    for _, group in groupby(sorted(rows, key=place), key=place):
        listed = list(group)
        schema, name, kind, owner, comment = (listed[0].get(key) for key in _RELATION)
        columns = tuple(DescribedColumn(*(row.get(key) for key in _COLUMN)) for row in listed)  # type: ignore[arg-type]
        yield Described(str(schema), str(name), str(kind or "BASE TABLE"), str(owner or ""), comment, columns)

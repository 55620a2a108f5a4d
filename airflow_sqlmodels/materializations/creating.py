"""The statement that makes a relation: ours, or what the project's own macro says."""

from __future__ import annotations

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.contract import (
    TABLE_MACROS,
    check_contract,
    column_list,
    is_enforced,
    name_foreign_keys,
    table_definition,
)
from airflow_sqlmodels.materializations.main_statement import with_header
from airflow_sqlmodels.materializations.one_statement import refuse_more_statements

_VIEW = ("get_create_view_as_sql", "create_view_as")
"""The same for views."""


def create_table(build: Build, relation: Relation, select: str, *, temporary: bool = False) -> str:
    """SQL that makes a table of what `select` gives."""
    for name in TABLE_MACROS:
        own = build.own(name)
        if own is not None:
            name_foreign_keys(build)
            return str(own(temporary, build.template_relation(relation, "table"), select))
    refuse_more_statements(build)
    check_contract(build)
    unlogged = bool(build.config.get("unlogged")) and not temporary
    if is_enforced(build) and not temporary:
        listed, name = column_list(build), build.dialect.render(relation)
        create = f"create {'unlogged ' if unlogged else ''}table {table_definition(build, relation)}"
        fill = f"insert into {name} ({listed})\nselect {listed} from (\n{select}\n) as model_subq"
        return with_header(build, f"{create};\n{fill}")
    statement = build.dialect.create_table_as(relation, select, unlogged=unlogged, temporary=temporary)
    return with_header(build, statement)


def create_view(build: Build, relation: Relation) -> str:
    """SQL that makes a view of the node's query."""
    for name in _VIEW:
        own = build.own(name)
        if own is not None:
            return str(own(build.template_relation(relation, "view"), build.select))
    refuse_more_statements(build)
    check_contract(build)
    return with_header(build, ddl.create_view(build.dialect, relation, build.select))


def has_own_view(build: Build) -> bool:
    """Whether the project says itself how views are made."""
    return any(build.own(name) is not None for name in _VIEW)

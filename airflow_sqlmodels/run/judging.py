"""What a data test sends: its query with the limit, the relation that keeps the rows, the count that is judged."""

from __future__ import annotations

from typing import Any

from airflow_sqlmodels.compile.compiler import Compiled
from airflow_sqlmodels.errors import CompilationError, WarehouseError, closest
from airflow_sqlmodels.manifest.nodes import DataTest
from airflow_sqlmodels.materializations.main_statement import behind_header
from airflow_sqlmodels.materializations.schemas import create_schemas
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.templating.relation import TemplateRelation
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session

_STORED_AS = ("ephemeral", "table", "view")
_TRUE = ("y", "yes", "t", "true", "on", "1")
_FALSE = ("n", "no", "f", "false", "off", "0")


def header(means: Answerer, node: DataTest) -> str:
    """What the config `sql_header` puts in front, if the project's flags let tests have it; else ""."""
    asked = means.manifest.settings.flags.get("require_sql_header_in_test_configs")
    return str(node.config.get("sql_header") or "") if asked else ""


def limited(means: Answerer, node: DataTest, compiled: Compiled) -> str:
    """The query of the rows at fault, no more of them than the config `limit` allows."""
    limit = node.config.get("limit")
    own = means.macros.own("get_limit_subquery_sql") or means.macros.own("get_limit_sql")
    if own is not None:
        return str(compiled.rendering.called(own, compiled.sql, limit))
    return compiled.sql if limit is None else f"{compiled.sql}\nlimit {int(limit)}"


def judging_query(means: Answerer, node: DataTest, compiled: Compiled, rows: str) -> str:
    """The query that judges a test: one row with the failures and the two verdicts."""
    calculation, warn, error = _rules(node)
    own = means.macros.own("get_test_sql")
    if own is not None:
        return str(compiled.rendering.called(own, rows, calculation, warn, error, limit=None))
    return (
        f"select\n    {calculation} as failures,\n"
        f"    {calculation} {warn} as should_warn,\n"
        f"    {calculation} {error} as should_error\n"
        f"from (\n{rows}\n) as dbt_internal_test"
    )


def stores(means: Answerer, node: DataTest) -> bool:
    """Whether the rows at fault are kept. Raises CompilationError if the config asks to keep them as nothing known."""
    kind = node.config.get("store_failures_as")
    if kind:
        if str(kind).lower() not in _STORED_AS:
            hint = closest(str(kind), _STORED_AS) or f"there are {', '.join(_STORED_AS)}"
            raise CompilationError(f"{kind!r} is not a valid value for store_failures_as", node.at, hint)
        return str(kind).lower() != "ephemeral"
    own = means.macros.own("should_store_failures")
    if own is not None:
        return bool(Rendering(means, node, None).called(own))
    return means.invocation.keeps_failures(node.config.get("store_failures"))


def keep(means: Answerer, node: DataTest, rows: str, session: Session) -> str:
    """Keep the rows at fault as a table or view; its name."""
    assert node.relation is not None
    relation = means.relation(node.relation)
    name = means.dialect.render(relation)
    kind = "view" if str(node.config.get("store_failures_as") or "").lower() == "view" else "table"
    unlogged = "unlogged " if kind == "table" and node.config.get("unlogged") is True else ""
    found = catalog.find(session, means.dialect, relation)
    rendering = Rendering(means, node, session)
    if found is None:
        create_schemas(rendering, session, [relation.schema])
    else:
        session.execute(f"drop {found.kind.replace('_', ' ')} if exists {name} cascade")
    statement = _own_statement(rendering, TemplateRelation(relation, means.dialect, kind), rows)
    session.execute(statement or behind_header(header(means, node), f"create {unlogged}{kind} {name} as\n{rows}"))
    session.commit()
    return name


def _own_statement(rendering: Rendering, relation: TemplateRelation, rows: str) -> str | None:
    """What the project's own macro says for making a table or view; None if it has none."""
    given = (relation, rows) if relation.type == "view" else (False, relation, rows)
    for name in (f"get_create_{relation.type}_as_sql", f"create_{relation.type}_as"):
        own = rendering.means.macros.own(name)
        if own is not None:
            return str(rendering.called(own, *given))
    return None


def verdict(value: Any, node: DataTest) -> bool:
    """What a test's query says in `should_warn` or `should_error`: a macro of the project may say it as text."""
    if not isinstance(value, str):
        return bool(value)
    word = value.strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise WarehouseError(f"macro 'get_test_sql' returns {value!r}, which is neither true nor false", node.at)
    return word in _TRUE


def _rules(node: DataTest) -> tuple[str, str, str]:
    config = node.config
    warn, error = str(config.get("warn_if") or "!= 0"), str(config.get("error_if") or "!= 0")
    return str(config.get("fail_calc") or "count(*)"), warn, error

"""Compiles a unit test: its model's SQL over the rows that it gives, and the query that sets the expected rows beside.

Rows become typed CTEs. The types are those of the input's own columns, so its relation must be there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.compile.compiler import compile_node, refuse_problems
from airflow_sqlmodels.compile.ctes import with_ctes
from airflow_sqlmodels.compile.fixture_sql import UNION, Types, expected_select, given_select
from airflow_sqlmodels.compile.origins import CompiledText, template_of
from airflow_sqlmodels.compile.own_fixtures import own_comparison, own_expected, own_given
from airflow_sqlmodels.errors import CompilationError, Location, UnreachableError, WarehouseError
from airflow_sqlmodels.manifest.fixtures import FixtureRows, Overrides
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    GivenRows,
    Model,
    NodeId,
    Relational,
    Source,
    UnitTest,
    resource_type,
)
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.answering import Answerer, Rendering, at_database
from airflow_sqlmodels.templating.relation import CTE_PREFIX, TemplateRelation
from airflow_sqlmodels.templating.variables import EnvVar
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session

ACTUAL, EXPECTED = "actual", "expected"
"""What the first column of the comparing query says of a row."""


class TestSql(Struct, frozen=True):
    """SQL, and which parts of it rows became: what the warehouse says of such a part is said of a row."""

    __test__ = False  # not a test of ours

    sql: str
    parts: tuple[tuple[str, FixtureRows], ...]

    def row_at(self, error: WarehouseError) -> Location | None:
        """The place of the row at which an error points; None if it points at none."""
        for part, rows in self.parts:
            offset = error.position - 1 - error.statement.find(part)
            if error.position and part in error.statement and 0 <= offset < len(part):
                return rows.place(part.count(UNION, 0, offset)) if rows.rows else rows.at
        return None


def compile_unit_test(means: Answerer, test: UnitTest, session: Session) -> TestSql:
    """The SQL of the test's model over the rows that are given. The transaction is left open.

    Raises CompilationError with the place if rows do not fit, or the relation of an input is missing.
    """
    refuse_problems(test)
    return _sql(means, test, {each.node: each for each in test.given}, test.overrides or Overrides(), session)


def compiled_text(means: Answerer, test: UnitTest, sql: str, label: str) -> CompiledText:
    """The SQL under the name by which people find it, with what tells where a place in it came from."""
    model = means.manifest[test.model]
    assert isinstance(model, Model)
    return CompiledText(sql, label, (template_of(model),))


def comparing_query(
    means: Answerer, test: UnitTest, model: TestSql, types: Mapping[str, str], session: Session
) -> tuple[list[str], TestSql]:
    """What is compared, by name, and the query that gives ACTUAL and EXPECTED rows, each with that word before it.

    `types` are those of the columns that the model's SQL gives. Expected rows are cast to them.
    Raises CompilationError.
    """
    expect = test.expect
    assert expect is not None
    known = Types.of(types)
    columns = list(types)
    if expect.rows:
        columns = [known.name(each, expect, f"the model {test.model_name!r}") for each in expect.rows[0]]
    listed = ", ".join(map(means.dialect.quote, columns))
    actual = f"select '{ACTUAL}' as source, {listed}\nfrom (\n{model.sql}\n) as actual"
    if expect.sql is None and not expect.rows:
        return columns, TestSql(actual, model.parts)
    node = means.manifest[test.model]
    wanted = (
        expect.sql
        or own_expected(means, node, session, expect, types)
        or expected_select(means.dialect, expect, known, columns)
    )
    sql = (
        own_comparison(means, node, session, model.sql, wanted, columns)
        or f"{actual}\nunion all\nselect '{EXPECTED}', {listed}\nfrom (\n{wanted}\n) as expected"
    )
    return columns, TestSql(sql, (*model.parts, (wanted, expect)))


def check_expected(means: Answerer, test: UnitTest, columns: Sequence[str], session: Session) -> None:
    """Raises CompilationError if the expected rows are a query that cannot be run, or lacks columns of the model."""
    if test.expect is None or test.expect.sql is None:
        return
    try:
        there = catalog.types_of_select(session, means.dialect, test.expect.sql)
    except UnreachableError:
        raise
    except WarehouseError as error:
        raise CompilationError(f"the expected rows cannot be read: {error.what}", test.expect.at, error.hint) from error
    lacking = [name for name in columns if name not in there]
    if lacking:
        raise CompilationError(f"the expected rows lack {', '.join(map(repr, lacking))}", test.expect.at,
                               "a query gives all columns of the model; rows name those that count")  # fmt: skip


def cte_name(node: AnyNode) -> str:
    """The name of the CTE that stands for an input."""
    assert isinstance(node, Relational)
    name = f"{node.source_name}__{node.name}" if isinstance(node, Source) else node.relation.identifier
    return CTE_PREFIX + name


def overridden(means: Answerer, overrides: Overrides, model: Model) -> Answerer:
    """The means with a test's own variables, environment variables and macros."""
    manifest = at_database(means.manifest, None, overrides.vars)
    stand_ins: dict[MacroId, Any] = {}
    named = dict(means.more_names)
    table = means.macros
    for name, value in overrides.macros.items():
        owner, _, bare = name.rpartition(".")
        macro = table.of_package(bare, owner) if owner else table.visible(bare, model.package)
        if macro is not None:
            stand_ins[macro.id] = value
        elif bare in means.jinja.shared:
            named[bare] = value
    named["env_var"] = EnvVar({**means.manifest.settings.env, **overrides.env_vars})
    return replace(means, manifest=manifest, more_names=named, stand_ins=stand_ins)


@dataclass(slots=True)
class _TestRendering(Rendering):
    """The names of a model while it is tested: what it reads are the rows of the test."""

    given: Mapping[NodeId, GivenRows] = field(default_factory=dict)
    used: dict[NodeId, None] = field(default_factory=dict)
    """The inputs that were read, in the order in which they were asked for."""

    def relation_of(self, node: AnyNode) -> TemplateRelation:
        """The CTE with the rows that are given for a node."""
        if node.id not in self.given:
            name = f"source('{node.source_name}', '{node.name}')" if isinstance(node, Source) else f"ref('{node.name}')"
            raise CompilationError(f"the model reads {name}, and the unit test gives no rows for it", None,
                                   f"add '- input: {name}' to what is given; 'rows: []' may do")  # fmt: skip
        self.used[node.id] = None
        return TemplateRelation(Relation("", "", cte_name(node)), self.means.dialect, "cte")

    def this(self) -> TemplateRelation | None:
        """The CTE with the rows that are there already; None if the test gives none."""
        return self.relation_of(self.node) if self.node.id in self.given else None


def _sql(
    means: Answerer, test: UnitTest, given: Mapping[NodeId, GivenRows], overrides: Overrides, session: Session
) -> TestSql:
    model = means.manifest[test.model]
    assert isinstance(model, Model)
    rendering = _TestRendering(overridden(means, overrides, model), model, session, given=given)
    body = rendering.text(model.raw_code, Location(model.at.path), model.body_line)
    ctes, parts = [], []
    types = _stored_types(means, rendering, session)
    for node_id in rendering.used:
        node, rows = means.manifest[node_id], given[node_id]
        if rows.sql is None:
            known = types.get(node_id) or _types_of_query(means, test, node, session)
            query = own_given(means, node, session, rows, known) or given_select(
                means.dialect, rows, Types.of(known), f"the input {rows.input.strip()}"
            )
        else:
            query = _rendered(means, node, rows.sql, rows.at, session)
        ctes.append((cte_name(node), query))
        parts.append((query, rows))
    return TestSql(with_ctes(body, ctes), tuple(parts))


def _stored_types(means: Answerer, rendering: _TestRendering, session: Session) -> dict[NodeId, Mapping[str, str]]:
    """The columns of the inputs that are relations in the warehouse, if rows are given for them by column."""
    inputs = (means.manifest[node_id] for node_id in rendering.used if rendering.given[node_id].sql is None)
    stored = {node.id: _relation(means, node) for node in inputs if isinstance(node, Relational)}
    there = catalog.types(session, means.dialect, list(stored.values()))
    return {node_id: there[relation.key] for node_id, relation in stored.items() if relation.key in there}


def _relation(means: Answerer, node: Relational) -> Relation:
    """Where the columns of an input are looked up: with --defer maybe in the earlier state."""
    return means.relation(means.earlier[node.id] if node.id in means.deferred else node.relation)


def _types_of_query(means: Answerer, test: UnitTest, node: AnyNode, session: Session) -> Mapping[str, str]:
    """The columns of an input that is no relation in the warehouse, from the query that makes it.

    An ephemeral model is never one. An incremental model is none before its first run: then its columns are those of
    the query that makes its table.
    """
    if isinstance(node, Model) and node.materialized == "ephemeral":
        sql = compile_node(means, node, session).sql
    elif node.id == test.model:
        others = {each.node: each for each in test.given if each.node != node.id}
        said = test.overrides or Overrides()
        first = Overrides(macros={**said.macros, "is_incremental": False}, vars=said.vars, env_vars=said.env_vars)
        sql = _sql(means, test, others, first, session).sql
    else:
        raise _missing(means, node, next(each for each in test.given if each.node == node.id))
    return catalog.types_of_select(session, means.dialect, sql)


def _missing(means: Answerer, node: AnyNode, given: GivenRows) -> CompilationError:
    assert isinstance(node, Relational)
    relation = means.relation(node.relation)
    what = f"there is no table {relation}: the types of the rows given for {given.input.strip()} are its columns'"
    if isinstance(node, Source):
        return CompilationError(what, given.at, "it must be there, if only without rows; or give rows as a query, "
                                "with 'format: sql'")  # fmt: skip
    command = {"seed": "seed", "snapshot": "snapshot"}.get(resource_type(node), "run")
    hint = f"build it first; without its rows that is 'sqlmodels {command} --select {node.name} --empty'"
    return CompilationError(what, given.at, hint)


def _rendered(means: Answerer, node: AnyNode, sql: str, at: Location, session: Session) -> str:
    """A query that stands for rows; one from a fixture file may be a template."""
    if "{{" not in sql and "{%" not in sql and "{#" not in sql:
        return sql
    return Rendering(means, node, session).text(sql, at)

"""Compiles a unit test: its model's SQL over the rows that it gives, and the query that sets the expected rows beside.

Rows become typed CTEs. The types are those of the input's own columns, so its relation must be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_sqlmodels.compile.compiler import compile_node, refuse_problems
from airflow_sqlmodels.compile.ctes import with_ctes
from airflow_sqlmodels.compile.fixture_sql import Types, expected_select, given_select
from airflow_sqlmodels.compile.origins import CompiledText, template_of
from airflow_sqlmodels.errors import CompilationError, Location
from airflow_sqlmodels.manifest.fixtures import Overrides
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    GivenRows,
    MacroId,
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


def compile_unit_test(means: Answerer, test: UnitTest, session: Session) -> str:
    """The SQL of the test's model over the rows that are given. The transaction is left open.

    Raises CompilationError with the place if rows do not fit, or the relation of an input is missing.
    """
    refuse_problems(test)
    model = means.manifest[test.model]
    assert isinstance(model, Model)
    given = {each.node: each for each in test.given}
    rendering = _TestRendering(overridden(means, test.overrides or Overrides(), model), model, session, given=given)
    body = rendering.text(model.raw_code, Location(model.at.path), model.body_line)
    types = _types(means, [means.manifest[each] for each in rendering.used], given, session)
    ctes = [(cte_name(means.manifest[each]), _query(means, given[each], types, session)) for each in rendering.used]
    return with_ctes(body, ctes)


def compiled_text(means: Answerer, test: UnitTest, sql: str, label: str) -> CompiledText:
    """The SQL under the name by which people find it, with what tells where a place in it came from."""
    model = means.manifest[test.model]
    assert isinstance(model, Model)
    return CompiledText(sql, label, (template_of(model),))


def comparing_query(means: Answerer, test: UnitTest, sql: str, types: Mapping[str, str]) -> tuple[list[str], str]:
    """What is compared, by name, and the query that gives ACTUAL and EXPECTED rows, each with that word before it.

    `types` are those of the columns that `sql` gives. Expected rows are cast to them. Raises CompilationError.
    """
    expect = test.expect
    assert expect is not None
    known = Types.of(types)
    columns = list(types)
    if expect.rows:
        columns = [known.name(each, expect, f"the model {test.model_name!r}") for each in expect.rows[0]]
    listed = ", ".join(map(means.dialect.quote, columns))
    actual = f"select '{ACTUAL}' as source, {listed}\nfrom (\n{sql}\n) as actual"
    if expect.sql is None and not expect.rows:
        return columns, actual
    wanted = expect.sql or expected_select(means.dialect, expect, known, columns)
    return columns, f"{actual}\nunion all\nselect '{EXPECTED}', {listed}\nfrom (\n{wanted}\n) as expected"


def cte_name(node: AnyNode) -> str:
    """The name of the CTE that stands for an input."""
    assert isinstance(node, Relational)
    name = f"{node.source_name}__{node.name}" if isinstance(node, Source) else node.relation.identifier
    return CTE_PREFIX + name


def overridden(means: Answerer, overrides: Overrides, model: Model) -> Answerer:
    """The means with a test's own variables, environment variables and macros."""
    manifest = at_database(means.manifest, None, overrides.vars)
    stand_ins: dict[MacroId, Any] = {}
    shared = dict(means.shared)
    table = means.library.table
    for name, value in overrides.macros.items():
        owner, _, bare = name.rpartition(".")
        macro = table.of_package(bare, owner) if owner else table.visible(bare, model.package)
        if macro is not None:
            stand_ins[macro.id] = value
        elif bare in shared:
            shared[bare] = value
    shared["env_var"] = EnvVar({**means.manifest.settings.env, **overrides.env_vars})
    return replace(means, manifest=manifest, shared=shared, stand_ins=stand_ins)


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


def _types(
    means: Answerer, inputs: Iterable[AnyNode], given: Mapping[NodeId, GivenRows], session: Session
) -> dict[NodeId, Types]:
    """The columns of the inputs whose rows are not written as a query."""
    asked = [node for node in inputs if isinstance(node, Relational) and given[node.id].sql is None]
    inline = [node for node in asked if isinstance(node, Model) and node.materialized == "ephemeral"]
    stored = {node.id: means.relation(node.relation) for node in asked if node not in inline}
    there = catalog.types(session, means.dialect, list(stored.values()))
    found = {node_id: Types.of(there.get(relation.key, {})) for node_id, relation in stored.items()}
    for node in asked:
        if node in inline:
            sql = compile_node(means, node, session).sql
            found[node.id] = Types.of(catalog.types_of_select(session, means.dialect, sql))
        elif not found[node.id].columns:
            raise _missing(means, node, given[node.id])
    return found


def _missing(means: Answerer, node: Relational, given: GivenRows) -> CompilationError:
    relation = means.relation(node.relation)
    what = f"there is no table {relation}: the types of the rows given for {given.input.strip()} are its columns'"
    if isinstance(node, Source):
        return CompilationError(what, given.at, "it must be there, if only without rows; or give rows as a query, "
                                "with 'format: sql'")  # fmt: skip
    command = {"seed": "seed", "snapshot": "snapshot"}.get(resource_type(node), "run")
    hint = f"build it first; without its rows that is 'sqlmodels {command} --select {node.name} --empty'"
    return CompilationError(what, given.at, hint)


def _query(means: Answerer, given: GivenRows, types: Mapping[NodeId, Types], session: Session) -> str:
    if given.sql is None:
        return given_select(means.dialect, given, types[given.node], f"the input {given.input.strip()}")
    if "{{" not in given.sql and "{%" not in given.sql and "{#" not in given.sql:
        return given.sql
    return Rendering(means, means.manifest[given.node], session).text(given.sql, given.at)

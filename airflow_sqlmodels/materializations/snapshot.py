"""snapshot: the table keeps every version of a row, with the time from which and until which it was valid."""

from __future__ import annotations

from msgspec.structs import replace

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations import snapshot_sql
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.creating import create_table
from airflow_sqlmodels.materializations.dressing import comment_statements, regrant_statements
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.main_statement import send_main
from airflow_sqlmodels.materializations.own_dressing import dress
from airflow_sqlmodels.materializations.schema_change import columns_of, differences, widen_and_add
from airflow_sqlmodels.materializations.snapshot_rules import (
    Rules,
    changed,
    refuse_other_table,
    rules_of,
    tell_other_time,
)
from airflow_sqlmodels.materializations.table import whole_table
from airflow_sqlmodels.materializations.writing import writing_of

_CHANGES = "__changes"


def snapshot(build: Build) -> Built:
    """Close the versions that are no longer valid and insert the new ones, in one transaction."""
    rules = rules_of(build)
    run_outside(build, build.pre_hooks)
    with writing_of(build) as writing:
        if writing.existing is None:
            built = whole_table(replace(build, select=snapshot_sql.first(build.select, rules)), writing)
            if rules.updated_at != rules.now:
                tell_other_time(build, rules, columns_of(build, build.relation))
        elif writing.existing != "table":
            what = f"{build.relation} is a {writing.existing}, and a snapshot needs a table"
            raise CompilationError(what, build.node.at, "drop it, or give the snapshot another alias")
        else:
            built = _applied(build, rules)
    run_outside(build, build.post_hooks)
    return built


def _applied(build: Build, rules: Rules) -> Built:
    run_inside(build, build.pre_hooks)
    there = columns_of(build, build.relation)
    refuse_other_table(build, rules, there)
    changes = _gather(build, rules, list(there))
    new = {name: kind for name, kind in columns_of(build, changes).items() if name not in snapshot_sql.HELPERS}
    tell_other_time(build, rules, new)
    widen_and_add(build, differences(there, new))
    outcome = build.session.execute(snapshot_sql.apply(build, rules, changes, list(new)))
    comments = comment_statements(build, build.relation, "table")
    drop = ddl.drop(build.dialect, changes, "table")
    build.session.execute(";\n".join((drop, *comments, *regrant_statements(build))))
    run_inside(build, build.post_hooks)
    dress(build, "table", rebuilt=False)
    return Built(outcome.rows, outcome.status)


def _gather(build: Build, rules: Rules, there: list[str]) -> Relation:
    """The changes in a temporary table, which nobody else sees and which goes with the session."""
    names = _names_in(build, build.select)
    condition = changed(build, rules, _checked(build, names), there)
    select = snapshot_sql.changes(build, rules, condition, names, there)
    changes = Relation("", "", build.dialect.fit(build.relation.identifier, _CHANGES))
    made = send_main(build, create_table(build, changes, select, temporary=True))
    build.log(f"{made.rows} changes")
    return changes


def _checked(build: Build, names: list[str]) -> list[str]:
    """The columns that the strategy `check` looks at, as the query has them."""
    said = build.config.get("check_cols")
    if not isinstance(said, (list, tuple)):
        return names
    return _names_in(build, f"select {', '.join(map(str, said))} from (\n{build.select}\n) subq")


def _names_in(build: Build, query: str) -> list[str]:
    """The names of a query's columns."""
    return list(build.session.query(f"select * from (\n{query}\n) looked_at limit 0").columns)

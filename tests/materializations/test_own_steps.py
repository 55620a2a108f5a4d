"""Steps of building that a project says itself, under dbt's names for them: each is asked, and the rest goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, rows_of
from tests.projects import load


def noting(*signatures: str) -> str:
    """Macros of these names that write down that they were asked, and leave the answer to dbt's own."""
    macros = []
    for signature in signatures:
        name = signature.partition("(")[0]
        note = f"{{% if execute %}}{{% do run_query(\"insert into noted values ('{name}')\") %}}{{% endif %}}"
        macros.append(f"{{% macro {signature} %}}{note}{{{{ return(dbt.{signature}) }}}}{{% endmacro %}}")
    return "\n".join(macros)


class Project:
    """A project in a folder, built node by node in a schema of its own."""

    def __init__(self, root: Path, session: DbApiSession, connection: Connection) -> None:
        self.root, self.session, self.connection = root, session, connection
        connection.execute("create table noted (name text)")

    def run(self, files: dict[str, str], node: str, **asked: Any) -> Result:
        """Build one node."""
        manifest = load(self.root, files, target=Target("dev", "public", self.connection.info.dbname))
        return run_step(answerer(manifest, Invocation(**asked)), NodeId(node), self.session, StepRules())

    def noted(self) -> set[str]:
        """The macros that were asked since the last time."""
        found = {name for (name,) in rows_of(self.connection, "select name from noted")}
        self.connection.execute("truncate noted")
        return found


@pytest.fixture
def project(tmp_path: Path, session: DbApiSession, connection: Connection) -> Project:
    return Project(tmp_path, session, connection)


CSV = "id,name,price,at\n1,a'b,1.5,2024-01-31\n2,,2,\n3,c,3,2024-02-01\n"
SEED = ("create_csv_table(model, agate_table)", "load_csv_rows(model, agate_table)")


def test_a_seed_is_loaded_by_the_macros_of_the_project(project: Project) -> None:
    batches = "{% macro default__get_batch_size() %}{{ return(2) }}{% endmacro %}"
    reset = noting("reset_csv_table(model, full_refresh, old_relation, agate_table)")
    files = {"seeds/s.csv": CSV, "macros/own.sql": noting(*SEED) + batches + reset}

    for asked in ({"create_csv_table", "load_csv_rows"}, {"reset_csv_table", "load_csv_rows"}):
        result = project.run(files, "seed.shop.s")
        assert (result.status, result.message) == ("success", "INSERT 3")
        assert project.noted() == asked
        assert rows_of(project.connection, "select id, name, price, at::text from s order by 1") == [
            (1, "a'b", 1.5, "2024-01-31"), (2, None, 2.0, None), (3, "c", 3.0, "2024-02-01"),
        ]  # fmt: skip
    assert rows_of(project.connection, "select pg_typeof(price)::text, pg_typeof(at)::text from s limit 1") == [
        ("double precision", "date")
    ]
    assert project.run(files, "seed.shop.s", full_refresh=True).message == "CREATE 3"


def test_a_seed_takes_no_view_away(project: Project) -> None:
    project.connection.execute("create view s as select 1 as id")
    result = project.run({"seeds/s.csv": CSV, "macros/own.sql": noting(*SEED)}, "seed.shop.s")
    assert result.status == "error"
    assert "it is a view" in str(result.message)


@pytest.mark.parametrize(
    "config",
    [
        "strategy='check', check_cols=['name'], hard_deletes='new_record'",
        "strategy='timestamp', updated_at='at', hard_deletes='invalidate'",
        "strategy='timestamp', updated_at='at', dbt_valid_to_current=\"'9999-12-31'::timestamp\"",
        "strategy='check', check_cols='all', unique_key=['id', 'name'], hard_deletes='invalidate'",
    ],
)
def test_a_snapshot_by_macros_keeps_the_versions_that_ours_keeps(project: Project, config: str) -> None:
    """The same snapshot twice: by the built-in code, and with steps that the project has itself."""
    key = "" if "unique_key" in config else "unique_key='id', "
    template = f"{{% snapshot @ %}}{{{{ config({key}{config}) }}}} select * from people{{% endsnapshot %}}"
    plain = {"snapshots/ours.sql": template.replace("@", "ours")}
    own = noting("snapshot_merge_sql(target, source, insert_cols)", "post_snapshot(staging_relation)",
                 "build_snapshot_table(strategy, sql)")  # fmt: skip
    files = {"snapshots/theirs.sql": template.replace("@", "theirs"), "macros/own.sql": own}
    people = project.connection
    people.execute("create table people (id int, name text, at timestamp)")
    people.execute("insert into people values (1, 'a', '2024-01-01'), (2, 'b', '2024-01-01'), (3, 'c', '2024-01-01')")
    changes = (
        "",
        "update people set name = 'z', at = '2024-02-01' where id = 1; delete from people where id = 2;"
        "alter table people add column more int default 7",
        "insert into people values (2, 'b', '2024-03-01'), (4, 'd', '2024-03-01'); update people set name = null,"
        " at = '2024-03-02' where id = 3",
    )
    for change in changes:
        if change:
            people.execute(change)
        for name, each in (("ours", plain), ("theirs", files)):
            (project.root / "snapshots" / f"{'theirs' if name == 'ours' else 'ours'}.sql").unlink(missing_ok=True)
            (project.root / "macros" / "own.sql").unlink(missing_ok=True)
            result = project.run(each, f"snapshot.shop.{name}")
            assert result.status == "success", result.message
        assert "build_snapshot_table" in project.noted()
        first, second = (_versions(project, name) for name in ("ours", "theirs"))
        assert second == first


def _versions(project: Project, name: str) -> list[tuple[Any, ...]]:
    columns = [each for (each,) in rows_of(
        project.connection, f"select attname::text from pg_attribute where attrelid = '{name}'::regclass and attnum > 0"
    )]  # fmt: skip
    plain = [each for each in columns if each not in ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from")]
    shown = [f"{each} is null or {each} > now()" if each == "dbt_valid_to" else each for each in plain]
    return sorted(rows_of(project.connection, f"select {', '.join(sorted(shown))} from {name}"), key=str)


def test_a_materialized_view_is_made_and_refreshed_by_the_macros_of_the_project(project: Project) -> None:
    own = noting("get_create_materialized_view_as_sql(relation, sql)", "refresh_materialized_view(relation)")
    config = "materialized='materialized_view', indexes=[{'columns': ['id']}]"
    files = {"models/m.sql": f"{{{{ config({config}) }}}} select id from there", "macros/own.sql": own}
    project.connection.execute("create table there as select 1 as id")

    assert project.run(files, "model.shop.m").status == "success"
    assert project.noted() == {"get_create_materialized_view_as_sql"}
    project.connection.execute("insert into there values (2)")
    assert project.run(files, "model.shop.m").status == "success"
    assert project.noted() == {"refresh_materialized_view"}
    assert rows_of(project.connection, "select count(*) from m") == [(2,)]
    assert rows_of(project.connection, "select count(*) from pg_indexes where tablename = 'm'") == [(1,)]

    files["models/m.sql"] = files["models/m.sql"].replace("['id']", "['id'], 'unique': true")
    assert project.run(files, "model.shop.m").status == "success"
    unique = "select count(*) from pg_index where indrelid = 'm'::regclass and indisunique"
    assert rows_of(project.connection, unique) == [(1,)]


def test_columns_of_an_incremental_model_change_as_the_projects_macros_say(project: Project) -> None:
    own = noting("alter_relation_add_remove_columns(relation, add_columns, remove_columns)")
    model = """{{ config(materialized='incremental', on_schema_change='sync_all_columns') }}
        select 1 as id {% if is_incremental() %}, 'x'::text as added{% else %}, 2 as gone{% endif %}"""
    files = {"models/m.sql": model, "macros/own.sql": own}
    for _ in range(2):
        result = project.run(files, "model.shop.m")
        assert result.status == "success", result.message
    assert project.noted() == {"alter_relation_add_remove_columns"}
    assert sorted(rows_of(project.connection, "select id, added from m"), key=str) == [(1, "x"), (1, None)]


def test_a_contract_holds_for_tables_that_the_project_makes_itself(project: Project) -> None:
    own = noting("create_table_as(temporary, relation, sql)")
    columns = (
        "{name: id, data_type: int, constraints: [{type: not_null}, {type: primary_key}]}, {name: n, data_type: text}"
    )
    properties = (
        f"models: [{{name: m, config: {{contract: {{enforced: true}}, materialized: table}}, columns: [{columns}],"
        " constraints: [{type: check, expression: id > 0, name: positive}]}]"
    )
    files = {"models/m.sql": "select 'x' as n, 1 as id", "models/m.yml": properties, "macros/own.sql": own}
    for _ in range(2):
        result = project.run(files, "model.shop.m")
        assert result.status == "success", result.message
    assert project.noted() == {"create_table_as"}
    assert rows_of(project.connection, "select contype::text from pg_constraint where conrelid = 'm'::regclass"
                   " and contype in ('p', 'c') order by 1") == [("c",), ("p",)]  # fmt: skip

    files["models/m.sql"] = "select 1 as id"
    result = project.run(files, "model.shop.m")
    assert result.status == "error"
    assert "This model has an enforced contract that failed" in str(result.message)
    assert rows_of(project.connection, "select id, n from m") == [(1, "x")]


@pytest.mark.parametrize("level", ["model", "column"])
def test_foreign_keys_of_such_a_table_point_to_what_ref_means(project: Project, level: str) -> None:
    key = "{type: foreign_key, to: ref('one'), to_columns: [id]"
    at_model, at_column = (f"constraints: [{key}, columns: [one_id]}}], " if level == "model" else "", f"{key}}}")
    contract = "config: {contract: {enforced: true}, materialized: table}"
    properties = f"""models:
        - {{name: one, {contract}, columns: [{{name: id, data_type: int, constraints: [{{type: primary_key}}]}}]}}
        - {{name: m, {contract}, {at_model}columns: [
            {{name: one_id, data_type: int, constraints: [{at_column if level == "column" else ""}]}}]}}"""
    files = {"models/one.sql": "select 1 as id", "models/m.sql": "select 1 as one_id", "models/m.yml": properties,
             "macros/own.sql": noting("create_table_as(temporary, relation, sql)")}  # fmt: skip
    for node in ("model.shop.one", "model.shop.m", "model.shop.m"):
        result = project.run(files, node)
        assert result.status == "success", result.message
    keys = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'm'::regclass and contype = 'f'"
    assert rows_of(project.connection, keys) == [("FOREIGN KEY (one_id) REFERENCES one(id)",)]


def test_a_project_may_say_when_a_model_is_built_anew(project: Project) -> None:
    never = "{% macro should_full_refresh() %}{{ return(false) }}{% endmacro %}"
    model = "{{ config(materialized='incremental') }} select 1 as id"
    files = {"models/m.sql": model, "macros/own.sql": never}
    for _ in range(2):
        assert project.run(files, "model.shop.m", full_refresh=True).status == "success"
    assert rows_of(project.connection, "select count(*) from m") == [(2,)]


def test_a_function_is_made_of_the_projects_parts(project: Project) -> None:
    own = "{% macro default__scalar_function_body_sql() %}$$ select 42 $$ language sql{% endmacro %}"
    properties = "functions: [{name: f, arguments: [{name: a, data_type: int}], returns: {data_type: int}}]"
    files = {"functions/f.sql": "select a", "functions/f.yml": properties, "macros/own.sql": own}
    assert project.run(files, "function.shop.f").status == "success"
    assert rows_of(project.connection, "select f(1)") == [(42,)]


def test_rows_of_unit_tests_are_made_by_the_projects_macros(project: Project) -> None:
    lenient = """{% macro get_unit_test_sql(main, expected, names) %}
        {{- dbt.get_unit_test_sql(main, main, names) }}{% endmacro %}"""
    shout = """{% macro format_row(row, column_name_to_data_types) %}
        {% set found = dbt.format_row(row, column_name_to_data_types) %}
        {% do found.update({'name': 'upper(' ~ found['name'] ~ ')'}) %}{{ return(found) }}{% endmacro %}"""
    properties = """unit_tests:
        - {name: u, model: m, given: [{input: ref('s'), rows: [{name: x}, {name: y}]}],
           expect: {rows: [{name: x}, {name: Y}]}}"""
    files = {"seeds/s.csv": "id,name\n1,a\n", "models/m.sql": "select name from {{ ref('s') }}",
             "models/m.yml": properties, "macros/own.sql": shout}  # fmt: skip
    project.run(files, "seed.shop.s")
    result = project.run(files, "unit_test.shop.m.u")
    assert result.status == "pass", result.message

    wrong = {**files, "models/m.sql": "select 'other' as name from {{ ref('s') }}"}
    assert project.run(wrong, "unit_test.shop.m.u").status == "fail"
    assert project.run({**wrong, "macros/own.sql": lenient}, "unit_test.shop.m.u").status == "pass"


def test_rows_that_a_test_keeps_lie_in_a_table_of_the_projects_making(project: Project) -> None:
    own = noting("create_table_as(temporary, relation, sql)")
    always = "{% macro should_store_failures() %}{{ return(true) }}{% endmacro %}"
    files = {"tests/odd.sql": "select 1 as id", "macros/own.sql": own + always}
    assert project.run(files, "test.shop.odd").status == "fail"
    assert project.noted() == {"create_table_as"}
    assert rows_of(project.connection, "select id from public_dbt_test__audit.odd") == [(1,)]


@pytest.mark.parametrize(("flag", "rows"), [("true", 1), ("false", 2)])
@pytest.mark.since_postgres(15)
def test_nulls_are_one_key_if_the_project_says_so(project: Project, flag: str, rows: int) -> None:
    settings = f"name: shop\nprofile: shop\nflags: {{enable_truthy_nulls_equals_macro: {flag}}}\n"
    model = """{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
        select null::int as id, 'x' as name"""
    for _ in range(2):
        result = project.run({"models/m.sql": model, "dbt_project.yml": settings}, "model.shop.m")
        assert result.status == "success", result.message
    assert rows_of(project.connection, "select count(*) from m") == [(rows,)]

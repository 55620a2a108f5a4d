"""Macros of the project that take part in building: materializations, strategies, statements, what is put on top."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.manifest.manifest import Manifest, Target
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, names_in, rows_of
from tests.projects import load

STAMPED = """\
{% materialization stamped, default %}
  {%- set target = this.incorporate(type='table') -%}
  {%- set old = load_cached_relation(this) -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks) }}
  {%- set new = make_intermediate_relation(target) -%}
  {% call statement('main') %}{{ get_create_table_as_sql(False, new, sql) }}{% endcall %}
  {% do create_indexes(new) %}
  {% do drop_relation_if_exists(old) %}
  {% do adapter.rename_relation(new, target) %}
  {{ run_hooks(post_hooks) }}
  {% do apply_grants(target, config.get('grants'), should_revoke(old, full_refresh_mode=True)) %}
  {% do persist_docs(target, model) %}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target]}) }}
{% endmaterialization %}
"""
MODEL = "{{ config(materialized=%r) }} select 1 as id"


def test_a_materialization_builds_with_hooks_indexes_and_comments(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    config = """{{ config(materialized='stamped', persist_docs={'relation': true}, indexes=[{'columns': ['id']}],
        post_hook=['insert into done values (1)', {'sql': 'vacuum {{ this }}', 'transaction': false}]) }}"""
    properties = "models: [{name: m, description: All of them}]"
    files = {"macros/s.sql": STAMPED, "models/m.sql": f"{config} select 7 as id", "models/m.yml": properties}
    connection.execute("create table done (n int)")

    for _ in range(2):
        result = _run(_project(tmp_path, files, connection), session)
        assert (result.status, result.message, result.rows) == ("success", "SELECT 1", 1)

    assert rows_of(connection, "select id, obj_description('m'::regclass) from m") == [(7, "All of them")]
    assert rows_of(connection, "select count(*) from done") == [(2,)]
    assert rows_of(connection, "select count(*) from pg_indexes where tablename = 'm'") == [(1,)]
    assert names_in(connection) == {"done", "m"}


def test_a_hook_that_says_nothing_is_passed_over(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    config = "{{ config(materialized='stamped', post_hook='{% if false %}select 1{% endif %}') }}"
    files = {"macros/s.sql": STAMPED, "models/m.sql": f"{config} select 7 as id"}
    result = _run(_project(tmp_path, files, connection), session)
    assert (result.status, result.message) == ("success", "SELECT 1")


def test_one_for_this_warehouse_is_better_than_one_for_all(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    main = "{% call statement('main') %}create table {{ this }} as select '@' as made_by{% endcall %}"
    body = f"{main}{{{{ adapter.commit() }}}}"
    macros = "".join(
        f"{{% materialization table, {where} %}}{body.replace('@', name)}{{% endmaterialization %}}\n"
        for where, name in (("default", "all"), ("adapter='postgres'", "this"))
    )
    _run(_project(tmp_path, {"macros/t.sql": macros, "models/m.sql": MODEL % "table"}, connection), session)
    assert rows_of(connection, "select made_by from m") == [("this",)]


def test_what_a_materialization_does_not_commit_is_undone(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macro = """{% materialization lost, default %}
        {% call statement('main') %}create table {{ this }} as {{ sql }}{% endcall %}{{ return({'relations': []}) }}
        {% endmaterialization %}"""
    result = _run(_project(tmp_path, {"macros/l.sql": macro, "models/m.sql": MODEL % "lost"}, connection), session)
    assert result.status == "success"
    assert names_in(connection) == set()


def test_a_materialization_without_a_main_statement_is_told(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macro = "\n{% materialization silent, default %}{{ return({'relations': []}) }}{% endmaterialization %}"
    result = _run(_project(tmp_path, {"macros/s.sql": macro, "models/m.sql": MODEL % "silent"}, connection), session)
    assert result.status == "error"
    assert "macros/s.sql:2" in str(result.message)
    assert "no statement named 'main'" in str(result.message)


def test_an_error_in_a_materialization_has_its_place(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macro = "\n{% materialization odd, default %}\n{{ nothing.at_all() }}\n{% endmaterialization %}"
    result = _run(_project(tmp_path, {"macros/o.sql": macro, "models/m.sql": MODEL % "odd"}, connection), session)
    assert result.status == "error"
    assert "macros/o.sql:" in str(result.message)
    assert "'nothing' is undefined" in str(result.message)


def test_columns_of_a_temporary_table_are_found_by_its_name_alone(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    code = """{% do run_query('create temporary table brief (a int, b text)') %}
        {% set columns = adapter.get_columns_in_relation(api.Relation.create(identifier='brief')) %}
        select '{{ columns | map(attribute='name') | join(' ') }}' as found,
            {{ adapter.get_columns_in_relation(api.Relation.create(identifier='absent')) | length }} as others"""
    result = _run(_project(tmp_path, {"models/m.sql": code}, connection), session)
    assert result.status == "success", result.message
    assert rows_of(connection, "select found, others from m") == [("a b", 0)]


def test_columns_in_another_database_cannot_be_told(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    elsewhere = "api.Relation.create(database='elsewhere', schema='public', identifier='m')"
    code = f"select {{{{ adapter.get_columns_in_relation({elsewhere}) | length }}}} as n"
    result = _run(_project(tmp_path, {"models/m.sql": code}, connection), session)
    assert result.status == "error"
    assert "Cross-db references not allowed in postgres (elsewhere vs" in str(result.message)


STRATEGY = """{% macro get_incremental_only_new_sql(arg_dict) %}
  {% set target, key = arg_dict['target_relation'], arg_dict['unique_key'] %}
  insert into {{ target }} ({{ get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) }})
  select * from {{ arg_dict['temp_relation'] }} n
  where not exists (select from {{ target }} t where t.{{ key }} = n.{{ key }})
{% endmacro %}"""


@pytest.mark.parametrize(
    ("macro", "strategy", "rows"),
    [
        (STRATEGY, "only_new", [(1, "old"), (2, "new")]),
        ("{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}"
         "delete from {{ target }}; insert into {{ target }} select * from {{ source }}{% endmacro %}",
         "delete+insert", [(1, "new"), (2, "new")]),
        ("{% macro postgres__get_incremental_default_sql(arg_dict) %}"
         "insert into {{ arg_dict['target_relation'] }} values (9, 'own'){% endmacro %}",
         "default", [(1, "old"), (9, "own")]),
    ],
    ids=["a new one", "a part of dbt's", "the default"],
)  # fmt: skip
def test_a_strategy_of_ones_own(
    macro: str, strategy: str, rows: list[Any], tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    model = f"""{{{{ config(materialized='incremental', unique_key='id', incremental_strategy={strategy!r}) }}}}
        {{% if is_incremental() %}} select 1 as id, 'new' as what union all select 2, 'new'
        {{% else %}} select 1 as id, 'old' as what {{% endif %}}"""
    manifest = _project(tmp_path, {"macros/s.sql": macro, "models/m.sql": model}, connection)
    for _ in range(2):
        assert _run(manifest, session).status == "success"
    assert rows_of(connection, "select id, what from m order by id") == rows


def test_statements_of_ones_own(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    macros = """{% macro create_table_as(temporary, relation, sql) %}
        create table {{ relation }} as select *, 'own' as made_by from ({{ sql }}) q {% endmacro %}
        {% macro postgres__create_view_as(relation, sql) %}
        create view {{ relation }} as select *, 'view' as made_by from ({{ sql }}) q {% endmacro %}
        {% macro default__apply_grants(relation, grant_config, should_revoke) %}
        {% do run_query("comment on " ~ relation.type ~ " " ~ relation ~ " is 'granted " ~ should_revoke ~ "'") %}
        {% endmacro %}"""
    for kind, made_by, revoke in (("table", "own", False), ("view", "view", False), ("view", "view", False)):
        manifest = _project(tmp_path, {"macros/o.sql": macros, "models/m.sql": MODEL % kind}, connection)
        assert _run(manifest, session).message
        found = rows_of(connection, "select made_by, obj_description('m'::regclass) from m")
        assert found == [(made_by, f"granted {revoke}")]


def _project(root: Path, files: dict[str, str], connection: psycopg.Connection[Any]) -> Manifest:
    return load(root, files, target=Target("dev", "public", connection.info.dbname))


def _run(manifest: Manifest, session: DbApiSession) -> Result:
    return run_step(answerer(manifest, Invocation()), NodeId("model.shop.m"), session, StepRules())


def test_macros_ask_for_the_columns_of_a_query(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    model = """{{ config(materialized='table') }}
        {% set found = get_column_schema_from_query("select 1 as id, 'x'::text as name") %}
        select '{% for each in found %}{{ each.name }}:{{ each.dtype }} {% endfor %}' as told"""
    _run(_project(tmp_path, {"models/m.sql": model}, connection), session)
    assert rows_of(connection, "select told from m") == [("id:INTEGER name:STRING ",)]


def test_macros_see_how_many_rows_a_statement_wrote(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macro = """{% materialization told, default %}
        {% call statement('first', fetch_result=True) %}create table {{ this }} as {{ sql }}{% endcall %}
        {% set result = load_result('first') %}
        {% call noop_statement('main', 'BASE LOAD %s' % result['response']['rows_affected']) %}{{ sql }}{% endcall %}
        {% do run_query("insert into m values ('%s')" % (result.keys() | sort | join(' '))) %}
        {% do run_query("insert into m values ('%s')" % result.response.code) %}
        {{ adapter.commit() }}{{ return({'relations': [this]}) }}{% endmaterialization %}"""
    model = "{{ config(materialized='told') }} select n::text as told from generate_series(1, 3) n"

    result = _run(_project(tmp_path, {"macros/t.sql": macro, "models/m.sql": model}, connection), session)

    assert result.message == "BASE LOAD 3"
    assert rows_of(connection, "select told from m where length(told) > 1") == [("data response table",), ("SELECT",)]


def test_texts_are_widened_when_a_macro_asks_for_it(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    connection.execute("create table old (a varchar(2), b text, c varchar(9))")
    connection.execute("create table new (a varchar(5), b varchar(900), c varchar(3))")
    model = """{{ config(materialized='table', pre_hook="{{ widened() }}") }} select 1 as id"""
    macro = """{% macro widened() %}{% set of = api.Relation.create %}
        {% do adapter.expand_target_column_types(from_relation=of(schema='public', identifier='new'),
                                                 to_relation=of(schema='public', identifier='old')) %}{% endmacro %}"""

    _run(_project(tmp_path, {"macros/w.sql": macro, "models/m.sql": model}, connection), session)

    sizes = "select character_maximum_length from information_schema.columns"
    assert rows_of(connection, f"{sizes} where table_name = 'old' order by column_name") == [(5,), (None,), (9,)]


@pytest.mark.parametrize(("explicit", "noted"), [(True, set()), (False, {("test.shop.odd", 2)})])
def test_a_package_may_judge_the_data_tests(
    explicit: bool, noted: set[tuple[str, int]], tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    """elementary does it: it keeps samples of the rows at fault. dbt wants a flag for that."""
    connection.execute("create table noted (test text, failures int)")
    files = {
        "dbt_project.yml": f"""\
            name: shop
            profile: shop
            flags: {{require_explicit_package_overrides_for_builtin_materializations: {str(explicit).lower()}}}
            """,
        "packages.yml": "packages: [{local: watch}]",
        "dbt_packages/watch/dbt_project.yml": "name: watch\n",
        "dbt_packages/watch/macros/t.sql": """\
            {% materialization test, default %}{{ return(watch.noting(dbt.materialization_test_default)) }}
            {% endmaterialization %}
            {% macro noting(judge) %}
            {% set result = judge() %}{% set failures = load_result('main').table.columns['failures'].values()[0] %}
            {% do run_query("insert into noted values ('%s', %s)" % (model.unique_id, failures)) %}
            {{ return(result) }}{% endmacro %}
            """,
        "tests/odd.sql": "{{ config(store_failures=true) }} select 1 as id union all select 2",
    }
    manifest = _project(tmp_path, files, connection)

    result = run_step(answerer(manifest, Invocation()), NodeId("test.shop.odd"), session, StepRules())

    assert (result.status, result.failures) == ("fail", 2)
    assert set(rows_of(connection, "select * from noted")) == noted
    assert rows_of(connection, "select count(*) from public_dbt_test__audit.odd") == [(2,)]


def test_methods_of_the_adapter_are_the_projects_macros(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macros = """
        {% macro postgres__get_columns_in_relation(relation) %}
          {% set there = dbt.postgres__get_columns_in_relation(relation) | map(attribute='name') | list %}
          {{ return(['mine'] + there) }}
        {% endmacro %}
        {% macro drop_relation(relation) %}
          {% do run_query("insert into dropped values ('" ~ relation.identifier ~ "')") %}
          {% do adapter.drop_relation(relation) %}
        {% endmacro %}"""
    model = """{{ config(materialized='table') }}
        {% set old = api.Relation.create(schema=this.schema, identifier='old', type='table') %}
        {% if execute %}{% do adapter.drop_relation(old) %}{% endif %}
        select '{{ adapter.get_columns_in_relation(this) | join(",") }}' as seen"""
    connection.execute("create table dropped (name text)")
    connection.execute("create table old (n int)")
    project = _project(tmp_path, {"macros/own.sql": macros, "models/m.sql": model}, connection)

    for expected in ("mine", "mine,seen"):
        result = _run(project, session)
        assert (result.status, result.message) == ("success", "SELECT 1")
        assert rows_of(connection, "select seen from m") == [(expected,)]
    assert rows_of(connection, "select distinct name from dropped") == [("old",)]
    assert names_in(connection) == {"dropped", "m"}


def test_a_dispatch_order_leaves_the_projects_macros_out(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macro = "{% macro default__get_columns_in_relation(relation) %}{{ return(['mine']) }}{% endmacro %}"
    settings = "name: shop\nprofile: shop\ndispatch: [{macro_namespace: dbt, search_order: [dbt]}]\n"
    model = """{{ config(materialized='table') }}
        select '{{ adapter.get_columns_in_relation(this) | join(",") }}' as seen"""
    files = {"macros/own.sql": macro, "models/m.sql": model, "dbt_project.yml": settings}

    assert _run(_project(tmp_path, files, connection), session).status == "success"
    assert rows_of(connection, "select seen from m") == [("",)]


def test_schemas_are_made_by_the_projects_macro(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    macro = """{% macro create_schema(relation) %}
        {% do run_query('create schema ' ~ relation.without_identifier().include(database=False)) %}
        {% do run_query("comment on schema " ~ relation.schema ~ " is 'made by us'") %}
        {% endmacro %}"""
    model = "{{ config(materialized='table', schema='apart') }} select 1 as id"
    files = {"macros/own.sql": macro, "models/m.sql": model}

    for _ in range(2):
        assert _run(_project(tmp_path, files, connection), session).status == "success"

    said = rows_of(connection, "select obj_description('public_apart'::regnamespace)")
    assert said == [("made by us",)]
    connection.execute("drop schema public_apart cascade")


def test_schemas_are_made_by_a_packages_macro(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    """dbt's adapter looks for it in all packages, and for the names in it where it stands."""
    macros = """{% macro create_schema(relation) %}{{ return(told(relation.schema)) }}{% endmacro %}
        {% macro told(name) %}
        {% do run_query('create schema ' ~ name) %}
        {% do run_query("comment on schema " ~ name ~ " is 'made by a package'") %}
        {% endmacro %}"""
    files = {
        "models/m.sql": "{{ config(materialized='table', schema='apart') }} select 1 as id",
        "macros/other.sql": "{% macro told(name) %}{{ exceptions.raise_compiler_error('not this') }}{% endmacro %}",
        "dbt_packages/places/dbt_project.yml": "name: places\n",
        "dbt_packages/places/macros/schemas.sql": macros,
    }

    result = _run(_project(tmp_path, files, connection), session)

    assert result.status == "success", result.message
    said = rows_of(connection, "select obj_description('public_apart'::regnamespace)")
    connection.execute("drop schema public_apart cascade")
    assert said == [("made by a package",)]


def test_a_materialization_for_another_language_is_refused(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macro = STAMPED.replace("stamped, default", "stamped, default, supported_languages=['python', 'js']")
    files = {"macros/s.sql": macro, "models/m.sql": MODEL % "stamped"}

    result = _run(_project(tmp_path, files, connection), session)

    assert result.status == "error"
    said = "\"materialization_stamped_default\" only supports languages ['python', 'js']; got \"sql\""
    assert said in str(result.message)


def test_a_model_in_python_is_refused_with_the_code_that_it_has(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    files = {"models/m.py": "def model(dbt, session):\n    return session.sql('select 1')\n"}

    result = _run(_project(tmp_path, files, connection), session)

    assert result.status == "error"
    assert """"materialization_table_default" only supports languages ['sql']; got "python\"""" in str(result.message)

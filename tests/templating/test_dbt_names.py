"""The built-in macros and methods of the adapter, by the names and arguments that dbt 1.12 has for them.

`dbt_macros.txt` lists what dbt ships for Postgres, without what only models in Python need.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.dialects.postgres import Postgres
from airflow_sqlmodels.errors import CompilationError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.project.macro_files import built_in_macros
from airflow_sqlmodels.templating.adapter_texts import AdapterTexts
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.signature import arguments_of
from airflow_sqlmodels.templating.type_names import driver_name
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.projects import load

LISTED = Path(__file__).with_name("dbt_macros.txt").read_text(encoding="utf-8").splitlines()


def test_every_macro_of_dbt_is_there_with_its_arguments() -> None:
    own = {macro.name: f"{macro.name}({', '.join(arguments_of(macro.text))})" for macro in built_in_macros().values()}
    assert [own.get(line.partition("(")[0]) for line in LISTED] == LISTED


def answer(expression: str, root: Path, session: DbApiSession, connection: psycopg.Connection[Any]) -> str:
    """What a template says between two marks, with its white space made one."""
    template = f"""
        {{%- set rel = api.Relation.create(schema='public', identifier='t', type='table') -%}}
        {{%- set view = api.Relation.create(schema='public', identifier='v', type='view') -%}}
        {{%- set mv = api.Relation.create(schema='public', identifier='mv', type='materialized_view') -%}}
        {{%- set cols = adapter.get_columns_in_relation(rel) if execute -%}}
        {{%- if execute -%}}{{{{ {expression} }}}}{{%- endif -%}}"""
    for statement in (
        "create table t (id int, name varchar(20))",
        "create view v as select * from t",
        "create materialized view mv as select * from t",
        "create index of_mv on mv (id)",
    ):
        connection.execute(statement)
    manifest = load(root, {"models/m.sql": template}, target=Target("dev", "public", connection.info.dbname))
    compiled = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], session)
    return " ".join(compiled.sql.replace(connection.info.dbname, "db").split())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("information_schema_name(none)", "information_schema"),
        ("list_schemas('db').column_names", "('nspname',)"),
        ("check_schema_exists(rel.information_schema(), 'public').rows[0][0]", "1"),
        ("list_relations_without_caching(rel).column_names", "('database', 'name', 'schema', 'type')"),
        (
            "list_relations_without_caching(rel).rows | map('list') | map('last') | sort | join(' ')",
            "materialized_view table view",
        ),
        (
            "get_catalog(rel.information_schema(), ['public']).rows | map('list') | map('join', ' ') | sort | first",
            "db public mv MATERIALIZED VIEW None id 1 integer None postgres",
        ),
        ("get_relations().rows | map('list') | list | sort | first", "['public', 'mv', 'public', 't']"),
        ("run_query(get_show_indexes_sql(mv)).rows | map('list') | list", "[['of_mv', 'btree', False, 'id']]"),
        ("get_drop_index_sql(mv, 'of_mv')", 'drop index if exists "public"."of_mv"'),
        ("collect_freshness(rel, 'now()', 'id < 5').table.column_names", "('max_loaded_at', 'snapshotted_at')"),
        ("get_show_sql('select 1', none, 5)", "select 1 limit 5"),
        ("validate_sql('select 1').response", "EXPLAIN"),
        (
            "get_empty_schema_sql({'i': {'name': 'i', 'data_type': 'int'}, "
            "'x': {'name': 'x', 'data_type': 'text', 'quote': true}})",
            'select cast(null as int) as i, cast(null as text) as "x"',
        ),
        ("format_columns(get_column_schema_from_query('select 1 as a'))[0].formatted", "a INTEGER"),
        ("get_snapshot_get_time_data_type()", "DATETIME"),
        ("get_drop_sql(mv)", 'drop materialized view if exists "public"."mv" cascade'),
        ("get_rename_sql(view, 'n')", 'alter view "public"."v" rename to n'),
        (
            "get_replace_sql(view, rel, 'select 1 as a')",
            'drop table if exists "public"."t__dbt_tmp" cascade; '
            'create table "public"."t__dbt_tmp" as ( select 1 as a ); ; '
            'drop view if exists "public"."v__dbt_backup" cascade; alter view "public"."v" rename to v__dbt_backup; '
            'alter table "public"."t__dbt_tmp" rename to t; drop view if exists "public"."v__dbt_backup" cascade',
        ),
        ("make_backup_relation(rel, 'view').type", "view"),
        ("make_temp_relation(rel).schema", "None"),
        ("get_binding_char() ~ get_batch_size()", "%s10000"),
        ("get_seed_column_quoted_csv({'config': {}}, ['a', 'b'])", '"a", "b"'),
        ("can_clone_table()", "False"),
        ("get_merge_unique_key_match('a', 'b')", "(a = b)"),
        ("get_merge_update_columns(none, ['ID'], cols)", "['\"name\"']"),
        ("unique_key_join_on(['a', 'b'], 'x', 'y')",
         "(x.dbt_unique_key_1 = y.dbt_unique_key_1) and (x.dbt_unique_key_2 = y.dbt_unique_key_2)"),
        ("unique_key_fields('a')", "a as dbt_unique_key"),
        ("snapshot_string_as_time('2024-01-01')", "'2024-01-01'::timestamp without time zone"),
        ("get_revoke_sql(rel, 'select', ['a'])", 'revoke select on "public"."t" from "a"'),
        (
            "alter_relation_comment(rel, \"it's\")",
            'comment on table "public"."t" is $dbt_comment_literal_block$it\'s$dbt_comment_literal_block$;',
        ),
        ("copy_grants() ~ dbt.default__copy_grants()", "FalseTrue"),
        ("adapter.convert_type(run_query('select 1 as a, 1.5 as b, true as c, now() as d'), 1)", "float8"),
        ("adapter.behavior.enable_truthy_nulls_equals_macro.no_warn", "False"),
        ("adapter.get_columns_in_table('public', 't') | length", "2"),
    ],
)  # fmt: skip
def test_they_answer_as_in_dbt(
    expression: str, expected: str, tmp_path: Path, session: DbApiSession, connection: psycopg.Connection[Any]
) -> None:
    assert answer(expression, tmp_path, session, connection) == expected


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("adapter.get_relation(target.database, 'PUBLIC', 'T')", 'there is .*"public"."t": an approximate match'),
        ("run_query('-- nothing')", "empty query"),
        ("adapter.execute('')", "empty query"),
    ],
)
def test_they_refuse_as_in_dbt(
    expression: str, told: str, tmp_path: Path, session: DbApiSession, connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(SqlModelsError, match=told):
        answer(expression, tmp_path, session, connection)


def test_a_relation_is_found_in_small_letters_if_the_project_does_not_quote(
    tmp_path: Path, session: DbApiSession, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("create table public.small (id int)")
    settings = "name: shop\nprofile: shop\nquoting: {identifier: false}\n"
    files = {"models/m.sql": "{{ adapter.get_relation(none, 'public', 'Small') }}", "dbt_project.yml": settings}
    manifest = load(tmp_path, files)
    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], session).sql
    assert sql == '"public"."small"'


def test_nulls_are_equal_if_the_project_says_so(
    tmp_path: Path, session: DbApiSession, connection: psycopg.Connection[Any]
) -> None:
    settings = "name: shop\nprofile: shop\nflags: {enable_truthy_nulls_equals_macro: true}\n"
    files = {"models/m.sql": "select {{ equals('null', 'null') }}", "dbt_project.yml": settings}
    manifest = load(tmp_path, files)
    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], session).sql
    assert connection.execute(sql).fetchone() == (True,)


CONSTRAINTS = [
    {"type": "not_null"},
    {"type": "check", "expression": "id > 0", "name": "x"},
    {"type": "foreign_key", "to": "s.o", "to_columns": ["id"]},
    {"type": "custom", "expression": "generated"},
]


def test_constraints_are_rendered_as_in_dbt() -> None:
    adapter = AdapterTexts(Postgres(), {})
    columns = {
        "id": {"name": "id", "data_type": "int", "constraints": CONSTRAINTS},
        "b c": {"name": "b c", "quote": True, "data_type": "text"},
    }
    table = [
        {"type": "primary_key", "columns": ["id", "b"], "name": "pk"},
        {"type": "unique", "columns": ["id"], "expression": "nulls not distinct"},
        {"type": "foreign_key", "columns": ["id"], "expression": "s.o (id)"},
        {"type": "custom", "expression": "exclude (a with =)", "name": "cc"},
        {"type": "not_null", "columns": ["id"]},
    ]
    assert adapter.render_raw_columns_constraints(raw_columns=columns) == [
        "id int not null check (id > 0) references s.o (id) generated",
        '"b c" text',
    ]
    assert adapter.render_raw_model_constraints(raw_constraints=table) == [
        "constraint pk primary key (id, b)",
        "unique nulls not distinct (id)",
        "foreign key (id) references s.o (id)",
        "constraint cc exclude (a with =)",
    ]
    with pytest.raises(CompilationError, match="Could not parse constraint"):
        adapter.render_raw_model_constraints([{"type": "nix"}])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"unique": True}, "'columns' is a required property"),
        ({"columns": ["a"], "kind": "hash"}, "an index has no 'kind'"),
    ],
)
def test_an_index_that_is_none_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(CompilationError, match=told):
        AdapterTexts(Postgres(), {}).parse_index(said)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("character varying(20)", "STRING"),
        ("bigint[]", "LONGINTEGERARRAY"),
        ("timestamp(3) with time zone", "DATETIMETZ"),
        ("uuid", "uuid"),
    ],
)
def test_types_have_the_drivers_names(kind: str, expected: str) -> None:
    assert driver_name(kind) == expected

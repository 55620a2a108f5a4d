"""Data tests at the warehouse: what is sent, what is kept, how it is judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.errors import CompilationError, WarehouseError
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.manifest.nodes import DataTest
from airflow_sqlmodels.run.data_test import run_data_test
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, rows_of
from tests.projects import load

FIVE = "select n from generate_series(1, 5) as n"


def test_rows_at_fault_can_be_kept_in_an_unlogged_table(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    config = "{{ config(store_failures=true, unlogged=true, limit=3, alias='kept') }}"
    result = _run(tmp_path, {"tests/t.sql": f"{config} {FIVE}"}, session, connection)

    assert (result.status, result.failures) == ("fail", 3)
    assert rows_of(connection, "select relpersistence::text from pg_class where relname = 'kept'") == [("u",)]
    assert rows_of(connection, f"select count(*) from {result.relation_name}") == [(3,)], "the limit holds there too"


@pytest.mark.parametrize(
    ("config", "flag", "kept"),
    [
        ("severity='error'", False, False),
        ("severity='error'", True, True),
        ("store_failures=false", True, False),
        ("store_failures=true", False, True),
        ("store_failures=true, store_failures_as='ephemeral'", True, False),
        ("store_failures=false, store_failures_as='table'", False, True),
    ],
)
def test_the_config_of_a_test_counts_more_than_the_flag(
    config: str, flag: bool, kept: bool, tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    files = {"tests/t.sql": f"{{{{ config({config}) }}}} {FIVE}"}

    result = _run(tmp_path, files, session, connection, store_failures=flag)

    assert (result.relation_name is not None) is kept


def test_a_view_is_never_unlogged(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    """`unlogged` may be meant for all that a folder keeps."""
    config = "{{ config(store_failures_as='view', unlogged=true, alias='kept') }}"
    result = _run(tmp_path, {"tests/t.sql": f"{config} {FIVE}"}, session, connection)

    assert result.failures == 5
    assert rows_of(connection, "select relkind::text from pg_class where relname = 'kept'") == [("v",)]


def test_a_project_words_the_judging_and_the_limit_itself(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    macros = """
        {% macro get_limit_subquery_sql(sql, limit) %}{{ sql }} limit {{ limit - 1 }}{% endmacro %}
        {% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}
          select {{ fail_calc }} as failures, 'yes' as should_warn, 'no' as should_error from ({{ main_sql }}) as x
        {% endmacro %}"""
    files = {"macros/m.sql": macros, "tests/t.sql": f"{{{{ config(limit=4) }}}} {FIVE}"}

    result = _run(tmp_path, files, session, connection)

    assert (result.status, result.failures) == ("warn", 3)


def test_a_verdict_that_is_none_is_refused(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    macro = "{% macro get_test_sql(main_sql, a, b, c, limit) %}select 1, 'x', 'y'{% endmacro %}"
    with pytest.raises(WarehouseError, match=r"'get_test_sql' returns 'x'"):
        _run(tmp_path, {"macros/m.sql": macro, "tests/t.sql": FIVE}, session, connection)


def test_rows_cannot_be_kept_as_something_else(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    files = {"tests/t.sql": f"{{{{ config(store_failures_as='tabel') }}}} {FIVE}"}
    with pytest.raises(CompilationError, match=r"(?s)'tabel' is not a valid value.*did you mean 'table'"):
        _run(tmp_path, files, session, connection)


@pytest.mark.parametrize("stored", [True, False])
def test_a_header_stands_in_front_if_the_flag_says_so(
    stored: bool, tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    header = "{% call set_sql_header(config) %}set local search_path to elsewhere{% endcall %}"
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, flags: {require_sql_header_in_test_configs: true}}",
        "tests/t.sql": f"{{{{ config(store_failures={stored}) }}}} {header} select n from numbers",
    }
    connection.execute("create schema elsewhere; create table elsewhere.numbers as select 1 as n")

    assert _run(tmp_path, files, session, connection).failures == 1


def _run(
    root: Path, files: dict[str, str], session: DbApiSession, connection: psycopg.Connection[Any], **flags: Any
) -> Result:
    target = Target(name="dev", schema="public", database=str(connection.info.dbname))
    manifest = load(root, files, target=target)
    (node,) = (each for each in manifest.values() if isinstance(each, DataTest))
    means = answerer(manifest, Invocation(**flags))
    return run_data_test(means, node, session, log=lambda _: None, on_compiled=lambda _: None, label="t.sql")

"""Unit tests on a live Postgres: verdicts, messages, and that nothing stays behind."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.errors import DataTestError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import answerer, at_database
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.conftest import Golden
from tests.projects import load

MODELS = {
    "models/stg.sql": "select 1 as id",
    "models/inline.sql": "{{ config(materialized='ephemeral') }} select id, amount * 2 as twice from {{ ref('stg') }}",
    "models/totals.sql": "select who, sum(amount) as total, count(*) as n from {{ ref('stg') }} group by 1",
    "models/reads_inline.sql": "select id, twice + 1 as more from {{ ref('inline') }}",
    "models/two.sql": "select o.id, s.who from {{ source('raw', 'orders') }} o join {{ ref('stg') }} s using (id)",
    "models/delta.sql": "{{ config(materialized='incremental') }} select id from {{ ref('stg') }}"
    " {% if is_incremental() %}where id > (select max(id) from {{ this }}){% endif %}",
    "models/told.sql": "select '{{ var('day', 'none') }}' as day, '{{ env_var('UT_ENV', 'none') }}' as env,"
    " {{ cents(1) }} as cents, {{ through() }} as through, {{ shop.cents(1) }} as named, '{{ invocation_id }}' as run",
    "models/kinds.sql": "select tags, data, span, kind, at, code || '!' as code from {{ source('raw', 'kinds') }}",
    "macros/macros.sql": "{% macro cents(x) %}{{ x }}00{% endmacro %}{% macro through() %}{{ cents(2) }}{% endmacro %}",
    "models/sources.yml": "sources:\n  - name: raw\n    tables: [{name: orders}, {name: kinds}]\n",
}
STG = "create table shop.stg (id int, amount numeric(10,2), who varchar(3))"
TABLES = f"""\
create schema shop; create schema raw; {STG}; create table raw.orders (id bigint, "When" timestamp);
create type raw.mood as enum ('good', 'bad');
create table raw.kinds (tags text[], data jsonb, span interval, kind raw.mood, at timestamptz(0), code char(3));
"""


def run(root: Path, dsn: str, test: str, **files: str) -> Result:
    text = indent(dedent(test), "    ").lstrip()
    manifest = load(root, {**MODELS, "models/tests.yml": f"unit_tests:\n  - name: it\n    {text}", **files})
    database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    means = answerer(at_database(manifest, str(database), {}), Invocation())
    (node_id,) = (each for each in manifest if each.startswith("unit_test."))
    session = DbApiSession(psycopg.connect(dsn))
    try:
        return run_step(means, NodeId(node_id), session, StepRules())
    finally:
        session.close()


@pytest.fixture
def tables(connection: psycopg.Connection[Any]) -> None:
    """The relations that the models read, without rows."""
    connection.execute(TABLES)  # type: ignore[arg-type]


PASSING = {
    "rows": """\
        model: totals
        given:
          - input: ref('stg')
            rows: [{who: a, amount: 1.5}, {WHO: a, amount: 2}, {who: b}]
        expect: {rows: [{n: 1, who: b, total: null}, {who: a, n: 2, TOTAL: "3.50"}]}
        """,
    "some columns": """\
        model: totals
        given: [{input: ref('stg'), format: csv, rows: "who,amount\\na,1\\n,2\\n"}]
        expect: {format: csv, rows: "who\\na\\n\\"\\"\\n"}
        """,
    "no rows": """\
        model: totals
        given: [{input: ref('stg'), rows: []}]
        expect: {rows: []}
        """,
    "queries": """\
        model: two
        given:
          - {input: "source('raw', 'orders')", format: sql, rows: "select {{ 1 + 1 }} as id"}
          - {input: ref('stg'), format: sql, fixture: people}
        expect: {format: sql, rows: "select 'ann' as who, 2 as id"}
        """,
    "a fixture": """\
        model: two
        given:
          - {input: "source('raw', 'orders')", format: csv, fixture: orders}
          - {input: ref('stg'), rows: [{id: 7, who: longer than three}]}
        expect: {rows: [{id: 7, who: longer than three}]}
        """,
    "an ephemeral model as input": """\
        model: reads_inline
        given: [{input: ref('inline'), rows: [{twice: 3}]}]
        expect: {rows: [{more: 4}]}
        """,
    "an ephemeral model": """\
        model: inline
        given: [{input: ref('stg'), rows: [{id: 1, amount: 2}]}]
        expect: {rows: [{twice: "4.00"}]}
        """,
    "the first run of an incremental model": """\
        model: delta
        overrides: {macros: {is_incremental: false}}
        given: [{input: ref('stg'), rows: [{id: 1}, {id: 2}]}]
        expect: {rows: [{id: 2}, {id: 1}]}
        """,
    "a later run of an incremental model without its table": """\
        model: delta
        overrides: {macros: {is_incremental: true}}
        given: [{input: ref('stg'), rows: [{id: 1}, {id: 2}]}, {input: this, rows: [{id: 1}]}]
        expect: {rows: [{id: 2}]}
        """,
    "overrides": """\
        model: told
        given: []
        overrides:
          vars: {day: monday}
          env_vars: {UT_ENV: mine}
          macros: {cents: 5, invocation_id: abc}
        expect: {rows: [{day: monday, env: mine, cents: 5, through: 5, named: 5, run: abc}]}
        """,
    "an environment variable that is null": """\
        model: told
        given: []
        overrides: {env_vars: {UT_ENV: null}}
        expect: {rows: [{env: None}]}
        """,
    "an override by the package's name": """\
        model: told
        given: []
        overrides: {macros: {shop.cents: 6}}
        expect: {rows: [{day: none, env: none, cents: 6}]}
        """,
    "odd types": """\
        model: kinds
        given:
          - input: source('raw', 'kinds')
            rows: [{tags: [a, "b'c"], data: {a: [1]}, span: 2 days, kind: bad, at: 2024-01-02 03:04:05+00, code: long}]
        expect:
          rows:
            - {tags: [a, "b'c"], data: '{"a": [1]}', span: "48:00:00", kind: bad, at: 2024-01-02 03:04:05+00,
               code: long!}
        """,
}
FIXTURES = {
    "tests/fixtures/people.sql": "select 2 as id, '{{ var('name', 'ann') }}' as who",
    "tests/fixtures/orders.csv": "id,when\n7,\n",
}


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("name", PASSING)
def test_it_passes(name: str, tmp_path: Path, postgres_dsn: str) -> None:
    result = run(tmp_path, postgres_dsn, PASSING[name], **FIXTURES)

    assert (result.status, result.failures, result.message) == ("pass", 0, None), result.message


FAILING = {
    "rows": """\
        model: totals
        given: [{input: ref('stg'), rows: [{who: a, amount: 1}, {who: c, amount: 1}]}]
        expect: {rows: [{who: a, total: 2, n: 1}, {who: b, total: null, n: 2}]}
        """,
    "nothing expected": """\
        model: totals
        given: [{input: ref('stg'), rows: [{who: a, amount: 1}]}]
        expect: {rows: []}
        """,
}


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("name", FAILING)
def test_it_fails_and_shows_the_difference(name: str, tmp_path: Path, postgres_dsn: str, golden: Golden) -> None:
    result = run(tmp_path, postgres_dsn, FAILING[name])

    assert (result.status, result.failures) == ("fail", 1)
    assert isinstance(result.error, DataTestError)
    assert [failed.test for failed in result.error.failed] == ["it"]
    golden.check(f"unit_test_{name.replace(' ', '_')}.txt", str(result.message))


STOPPED = {
    "no_such_column_given": """\
        model: totals
        given:
          - input: ref('stg')
            rows:
              - {who: a}
              - {hwo: b}
        expect: {rows: []}
        """,
    "no_such_column_expected": """\
        model: totals
        given: [{input: ref('stg'), rows: []}]
        expect: {rows: [{sum: 1}]}
        """,
    "expected_query_lacks_a_column": """\
        model: totals
        given: [{input: ref('stg'), rows: []}]
        expect: {format: sql, rows: select 1 as n}
        """,
    "expected_query_is_wrong": """\
        model: totals
        given: [{input: ref('stg'), rows: []}]
        expect: {format: sql, rows: selec 1 as n}
        """,
    "value_of_another_type": """\
        model: two
        given: [{input: "source('raw', 'orders')", rows: [{id: one}]}, {input: ref('stg'), rows: []}]
        expect: {rows: [{id: 1}]}
        """,
    "expected_value_of_another_type": """\
        model: totals
        given: [{input: ref('stg'), rows: []}]
        expect: {rows: [{n: one}]}
        """,
    "an_input_is_not_given": """\
        model: two
        given: [{input: ref('stg'), rows: []}]
        expect: {rows: []}
        """,
    "the_model_is_wrong": """\
        model: wrong
        given: [{input: ref('stg'), rows: []}]
        expect: {rows: []}
        """,
    "a_source_is_missing": """\
        model: reads_missing
        given: [{input: "source('gone', 'away')", rows: [{id: 1}]}]
        expect: {rows: []}
        """,
}
MORE = {
    "models/wrong.sql": "select id,\n  amunt\nfrom {{ ref('stg') }}",
    "models/reads_missing.sql": "select id from {{ source('gone', 'away') }}",
    "models/more.yml": "sources:\n  - name: gone\n    tables: [{name: away}]\n",
}


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("name", STOPPED)
def test_what_stops_it_is_told_with_its_place(name: str, tmp_path: Path, postgres_dsn: str, golden: Golden) -> None:
    result = run(tmp_path, postgres_dsn, STOPPED[name], **MORE)

    assert result.status == "error"
    golden.check(f"unit_test_{name}.txt", str(result.message))


def test_an_input_that_was_not_built_is_told_with_the_way_to_build_it(
    tmp_path: Path, postgres_dsn: str, golden: Golden
) -> None:
    result = run(tmp_path, postgres_dsn, FAILING["rows"])

    assert result.status == "error"
    golden.check("unit_test_input_not_built.txt", str(result.message))


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("test", [PASSING["rows"], FAILING["rows"], STOPPED["value_of_another_type"]])
def test_nothing_stays_behind(test: str, tmp_path: Path, postgres_dsn: str, connection: Any) -> None:
    count = "select count(*) from pg_class"
    before = connection.execute(count).fetchone()

    run(tmp_path, postgres_dsn, test)

    assert connection.execute(count).fetchone() == before

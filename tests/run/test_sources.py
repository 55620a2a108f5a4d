"""Source tables that are not there: one query when a run begins, the same words in a task that runs one node."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.sources import absent_sources
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import Answerer, answerer, at_database
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.projects import load

FILES = {
    "models/sources.yml": """\
        sources:
          - name: raw
            tables:
              - name: orders
              - name: people
              - name: generate_series(1, 3)
                quoting: {identifier: false}
        """,
    "models/stg_people.sql": "{{ config(materialized='ephemeral') }} select * from {{ source('raw', 'people') }}",
    "models/aside.sql": "-- depends_on: {{ source('raw', 'people') }}\nselect 1 as id",
    "models/people.sql": "select * from {{ ref('stg_people') }}",
    "models/orders.sql": "select * from {{ source('raw', 'orders') }}",
    "models/hooked.sql": "{{ config(pre_hook='create table raw.people (i int)') }}\n"
    "select * from {{ ref('stg_people') }}",
    "models/series.sql": "select 1 as i from {{ source('raw', 'generate_series(1, 3)') }}",
}
PEOPLE = NodeId("source.shop.raw.people")


@pytest.fixture
def told() -> list[str]:
    """The statements that were sent."""
    return []


@pytest.fixture
def session(postgres_dsn: str, told: list[str]) -> Any:
    """A session that tells its statements, on a database with one of the two tables."""
    with psycopg.connect(postgres_dsn, autocommit=True) as made:
        made.execute("create schema raw; create table raw.orders (i int)")
    opened = DbApiSession(psycopg.connect(postgres_dsn), on_statement=lambda sql, _outcome: told.append(sql))
    yield opened
    opened.close()


@pytest.fixture
def means(tmp_path: Path, session: DbApiSession) -> Answerer:
    """The project, compiled for that database."""
    database = session.query("select current_database()").rows[0][0]
    session.rollback()
    return answerer(at_database(load(tmp_path, FILES), database, {}), Invocation())


def _model(name: str) -> NodeId:
    return NodeId(f"model.shop.{name}")


def test_one_query_finds_what_is_absent(means: Answerer, session: DbApiSession, told: list[str]) -> None:
    (said,) = absent_sources(means, [_model("people"), _model("orders"), _model("series")], session)

    assert said.startswith("models/sources.yml:5:9: there is no table raw.people, which models/people.sql:1 reads")
    told.clear()
    assert absent_sources(means, [_model("orders")], session) == []
    assert len(told) == 1


def test_nothing_is_asked_if_no_source_is_read(means: Answerer, session: DbApiSession, told: list[str]) -> None:
    told.clear()

    assert absent_sources(means, [_model("series")], session) == []
    assert told == []


def test_a_pre_hook_may_make_the_table(means: Answerer, session: DbApiSession) -> None:
    assert absent_sources(means, [_model("hooked")], session) == []
    assert run_step(means, _model("hooked"), session, StepRules()).passed


def test_who_reads_an_absent_source_is_told_where_it_is_described(means: Answerer, session: DbApiSession) -> None:
    error = run_step(means, _model("people"), session, StepRules()).error

    assert isinstance(error, WarehouseError)
    assert error.what == "there is no table raw.people, which models/people.sql:1 reads"
    assert str(error.at) == "models/sources.yml:5:9"
    assert error.sqlstate == "42P01"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_source_that_is_only_named_in_a_comment_does_no_harm(means: Answerer, session: DbApiSession) -> None:
    assert run_step(means, _model("aside"), session, StepRules()).passed

"""microbatch: which batches a run has, and what comes of them."""

from __future__ import annotations

import datetime
from pathlib import Path

import psycopg
import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.manifest import Manifest, Target
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.run.microbatch import batches_of
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.batches import batches_between, begin_of, end_of, start_of_lookback
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.sampling import Window
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, rows_of
from tests.projects import PROJECT, load

UTC = datetime.UTC
NODE = NodeId("model.shop.daily")
FROM, UNTIL = datetime.datetime(2026, 11, 16, tzinfo=UTC), datetime.datetime(2026, 11, 19, tzinfo=UTC)
EVENTS = """\
create table events as
select g as id, timestamp '2026-11-16' + g * interval '12 hours' as at, 'old'::text as what from generate_series(0, 5) g
"""
MODEL = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day',
    begin='2026-11-16', lookback=1, unique_key='id', pre_hook="insert into hooks values ('pre')",
    post_hook="insert into hooks values ('post')") }}
select id, at, what, '{{ model.batch.id }}' as batch, 1 / nullif(id - 99, 0) as one, {{ is_incremental() }} as more
from {{ source('raw', 'events') }}"""
SOURCE = "sources: [{name: raw, schema: public, config: {event_time: at}, tables: [{name: events}]}]"


@pytest.mark.parametrize(
    ("size", "begin", "end", "labels"),
    [
        ("hour", "2026-11-21T13:00", "2026-11-21T14:00", ["2026-11-21T13"]),
        ("day", "2026-11-21T00:00", "2026-11-22T00:00", ["2026-11-21"]),
        ("month", "2026-11-01T00:00", "2026-12-01T00:00", ["2026-11"]),
        ("year", "2026-01-01T00:00", "2027-01-01T00:00", ["2026"]),
    ],
)
def test_a_moment_lies_in_a_batch(size: str, begin: str, end: str, labels: list[str]) -> None:
    moment = datetime.datetime(2026, 11, 21, 13, 45, 1, tzinfo=UTC)
    first, last = begin_of(moment, size), end_of(moment, size)
    assert (first.isoformat()[:16], last.isoformat()[:16]) == (begin, end)
    assert end_of(first, size) == first
    found = batches_between(first, last, size)
    assert [batch.label for batch in found] == labels
    assert found[0].id == labels[0].replace("-", "")


@pytest.mark.parametrize(
    ("end", "size", "lookback", "expected"),
    [("2026-11-22", "day", 1, "2026-11-20"), ("2026-11-22", "day", 0, "2026-11-21"),
     ("2026-11-22T06:00", "day", 1, "2026-11-21"), ("2026-03-01", "month", 2, "2025-12-01")],
)  # fmt: skip
def test_what_is_worked_out_again(end: str, size: str, lookback: int, expected: str) -> None:
    moment = datetime.datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert start_of_lookback(moment, size, lookback).isoformat()[:10] == expected


@pytest.mark.since_postgres(15)
def test_batches_are_built_one_by_one(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    connection.execute("create table hooks (what text)")
    connection.execute(EVENTS)
    result = _run(tmp_path, connection, session)
    assert (result.status, result.message) == ("success", "SUCCESS")
    assert len(result.details["batch_results"]["successful"]) == 3
    found = rows_of(connection, "select batch, count(*) from daily group by 1 order by 1")
    assert found == [("20261116", 2), ("20261117", 2), ("20261118", 2)]
    assert rows_of(connection, "select what from hooks") == [("pre",), ("post",)]

    connection.execute("update events set what = 'new'")
    again = Invocation(event_time_start=FROM + datetime.timedelta(days=1), event_time_end=UNTIL)
    _run(tmp_path, connection, session, again)
    assert rows_of(connection, "select what, more, count(*) from daily group by 1, 2 order by 1") == [
        ("new", True, 4),
        ("old", False, 2),
    ]


@pytest.mark.since_postgres(15)
def test_a_full_refresh_begins_anew_and_keeps_all_batches(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    connection.execute("create table hooks (what text)")
    connection.execute(EVENTS)
    _run(tmp_path, connection, session)
    connection.execute("insert into daily (id) values (77)")

    anew = Invocation(full_refresh=True, event_time_start=FROM, event_time_end=UNTIL)
    _run(tmp_path, connection, session, anew)

    found = rows_of(connection, "select batch, count(*) from daily group by 1 order by 1")
    assert found == [("20261116", 2), ("20261117", 2), ("20261118", 2)]


@pytest.mark.since_postgres(15)
def test_over_a_view_all_batches_are_built(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    connection.execute("create table hooks (what text); create view daily as select 1 as id")
    connection.execute(EVENTS)

    _run(tmp_path, connection, session, Invocation(event_time_end=UNTIL))

    assert rows_of(connection, "select count(distinct batch) from daily") == [(3,)]


@pytest.mark.since_postgres(15)
def test_a_batch_that_fails_leaves_the_others(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    connection.execute("create table hooks (what text)")
    connection.execute(EVENTS)
    broken = MODEL.replace("nullif(id - 99, 0)", "(id - 3)")
    result = _run(tmp_path, connection, session, model=broken)
    assert result.status == "partial success"
    assert result.message == "PARTIAL SUCCESS (2/3)"
    assert "division by zero" in str(result.error)
    assert rows_of(connection, "select distinct batch from daily order by 1") == [("20261116",), ("20261118",)]


def test_without_its_first_batch_nothing_is_built(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    connection.execute("create table hooks (what text)")
    connection.execute(EVENTS)
    result = _run(tmp_path, connection, session, model=MODEL.replace("nullif(id - 99, 0)", "id"))
    assert result.status == "error"
    assert len(result.details["batch_results"]["failed"]) == 3


@pytest.mark.since_postgres(15)
def test_macros_read_the_batch_in_the_config(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    connection.execute("create table hooks (what text)")
    connection.execute(EVENTS)
    start, end = (f"__dbt_internal_microbatch_event_time_{each}" for each in ("start", "end"))
    seen = f"'{{{{ model.config.{start} }}}} {{{{ config.get('{end}') }}}}'"
    result = _run(tmp_path, connection, session, model=MODEL.replace("'{{ model.batch.id }}'", seen))

    assert result.status == "success", result.message
    found = rows_of(connection, "select min(batch) from daily")
    assert found == [("2026-11-16 00:00:00+00:00 2026-11-17 00:00:00+00:00",)]


OWN = """{% macro get_incremental_microbatch_sql(arg_dict) %}
    insert into {{ arg_dict.target_relation }} (id, what) values (1000, 'by the macro'){% endmacro %}"""


@pytest.mark.parametrize(("flag", "at_once"), [(False, True), (True, False), (None, False)])
def test_a_macro_of_ones_own_gets_batches_unless_the_flag_is_off(
    flag: bool | None, at_once: bool, tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    connection.execute("create table hooks (what text)")
    connection.execute(EVENTS)
    said = "" if flag is None else f"flags: {{require_batched_execution_for_custom_microbatch_strategy: {flag}}}\n"
    settings = PROJECT + said
    model = MODEL.replace("model.batch.id", "model.batch.id if model.batch")
    files = {"models/daily.sql": model, "models/s.yml": SOURCE, "macros/own.sql": OWN, "dbt_project.yml": settings}
    manifest = load(tmp_path, files, target=Target("dev", "public", connection.info.dbname))
    means = answerer(manifest, Invocation(event_time_start=FROM, event_time_end=UNTIL))

    for _ in range(2):
        result = run_step(means, NODE, session, StepRules())
        assert result.status == "success", result.message

    assert ("batch_results" not in result.details) is at_once
    assert rows_of(connection, "select count(*) from daily where what = 'old'") == [(6 if at_once else 2,)]
    by_macro = rows_of(connection, "select count(*) from daily where what = 'by the macro'")[0][0]
    assert by_macro == (1 if at_once else 5)  # each batch but the very first is an increment
    deprecated = "MicrobatchMacroOutsideOfBatchesDeprecation"
    assert [each.name for each in manifest.warnings] == ([deprecated] if at_once else [])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("batch_size='day'", "batch_size='week'", "needs batch_size"),
     ("begin='2026-11-16'", "begin='soon'", "needs begin"),
     ("event_time='at', ", "", "needs event_time"),
     ("lookback=1", "lookback='1'", "lookback"),
     ("lookback=1", "concurrent_batches='yes'", "concurrent_batches")],
)  # fmt: skip
def test_a_config_that_names_no_batches_is_refused(
    old: str, new: str, told: str, tmp_path: Path, connection: Connection
) -> None:
    with pytest.raises(ProjectError, match=told):
        _manifest(tmp_path, connection, MODEL.replace(old, new))


def test_a_sample_builds_the_batches_that_it_touches(tmp_path: Path, connection: Connection) -> None:
    manifest = _manifest(tmp_path, connection, MODEL)
    node = manifest[NODE]
    assert isinstance(node, Model)
    sample = Window(UNTIL - datetime.timedelta(hours=22), UNTIL + datetime.timedelta(hours=2))

    for whole in (True, False):
        found = batches_of(answerer(manifest, Invocation(sample=sample)), node, whole=whole)
        assert [batch.label for batch in found] == ["2026-11-18", "2026-11-19"]


def test_what_is_odd_about_batches_is_told(tmp_path: Path, connection: Connection) -> None:
    files = {
        "models/daily.sql": MODEL.replace("lookback=1", "concurrent_batches=true"),
        "models/s.yml": SOURCE.replace("config: {event_time: at}, ", ""),
    }
    manifest = load(tmp_path, files, target=Target("dev", "public", connection.info.dbname))

    assert [(each.name, each.data) for each in manifest.warnings] == [
        ("InvalidConcurrentBatchesConfig", {"num_models": 1, "adapter_type": "postgres"}),
        ("MicrobatchModelNoEventTimeInputs", {"model_name": "daily"}),
    ]


def test_an_event_time_of_an_input_is_the_name_of_a_column(tmp_path: Path, connection: Connection) -> None:
    files = {"models/daily.sql": MODEL, "models/s.yml": SOURCE.replace("event_time: at", "event_time: 1")}
    with pytest.raises(ProjectError, match="event_time"):
        load(tmp_path, files, target=Target("dev", "public", connection.info.dbname))


def _manifest(folder: Path, connection: psycopg.Connection[object], model: str) -> Manifest:
    files = {"models/daily.sql": model, "models/s.yml": SOURCE}
    return load(folder, files, target=Target("dev", "public", connection.info.dbname))


def _run(
    folder: Path,
    connection: Connection,
    session: DbApiSession,
    invocation: Invocation | None = None,
    model: str = MODEL,
) -> Result:
    manifest = _manifest(folder, connection, model)
    during = invocation or Invocation(event_time_start=FROM, event_time_end=UNTIL)
    return run_step(answerer(manifest, during), NODE, session, StepRules())

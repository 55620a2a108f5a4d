"""What running tasks do and tell: `dag.test()` on a live Postgres."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from airflow_sqlmodels import SqlModelsDag
from tests.airflow.dags import ROOT, dag_of
from tests.airflow.runs import run
from tests.projects import PROJECT

pytestmark = [pytest.mark.live, pytest.mark.airflow]


def test_a_hook_at_the_end_knows_what_the_dag_writes(warehouse: str, tmp_path: Path) -> None:
    hook = "on-run-end: \"create table public.ended as select '{{ schemas | join(',') }} {{ results }}' as said\"\n"
    files = {
        "dbt_project.yml": PROJECT + hook,
        "models/a.sql": "select 1 as id",
        "models/b.sql": "{{ config(schema='other') }} select 1 as id",
    }
    dag = dag_of(tmp_path, files)

    done = run(dag)

    assert done.state == "success"
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select said from ended").fetchone() == ("public,public_other []",)


def test_the_example_runs(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute((ROOT / "sql_project/raw/raw_data.sql").read_text())
    dag = SqlModelsDag("customer_orders", project=str(ROOT / "sql_project"), conn_id="warehouse")

    done = run(dag)

    assert done.state == "success"
    assert set(done.tasks.values()) == {"success"}
    assert set(done.tasks) == set(dag.task_dict)

"""What running tasks do and tell: `dag.test()` on a live Postgres."""

from __future__ import annotations

import psycopg
import pytest

from airflow_sqlmodels import SqlModelsDag
from tests.airflow.dags import ROOT
from tests.airflow.runs import run

pytestmark = [pytest.mark.live, pytest.mark.airflow]


def test_the_example_runs(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute((ROOT / "sql_project/raw/raw_data.sql").read_text())
    dag = SqlModelsDag("customer_orders", project=str(ROOT / "sql_project"), conn_id="warehouse")

    done = run(dag)

    assert done.state == "success"
    assert set(done.tasks.values()) == {"success"}
    assert set(done.tasks) == set(dag.task_dict)

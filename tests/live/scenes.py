"""The DAG files and projects that the tests here run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

DAGS = ("retried", "from_git", "cancelled", "failing", "grouped", "locked_out")

_PROJECT = "name: shop\nconfig-version: 2\nprofile: shop\nmodels: {shop: {+materialized: table}}\n"

BROKEN = "select id, amount, amuont * 2 as double from {{ ref('stg_orders') }}\n"
REPAIRED = BROKEN.replace("amuont", "amount")

SHOP = {
    "dbt_project.yml": _PROJECT,
    "models/stg_orders.sql": "select id, id * 10 as amount from generate_series(1, 3) as id",
    "models/stg_customers.sql": "select 1 as id, 'Ann' as name",
    "models/customers.sql": "select * from {{ ref('stg_customers') }}",
    "models/orders.sql": BROKEN,
    "models/report.sql": "select sum(double) as double from {{ ref('orders') }}",
    "models/overview.sql": "select name, double from {{ ref('customers') }}, {{ ref('report') }}",
    "models/all.yml": """\
        models:
          - name: stg_orders
            columns: [{name: id, data_tests: [unique]}]
          - name: orders
            columns: [{name: id, data_tests: [not_null]}]
        """,
}
ABOVE = ("customers.run", "stg_customers.run", "stg_orders.run", "stg_orders.test")
BELOW = ("orders.test", "overview.run", "report.run")

SLEEPERS = ("failed_by_rest", "cleared_by_rest", "terminated", "killed", "watched")

_CANCELLED = {
    "dbt_project.yml": _PROJECT,
    **{f"models/{name}.sql": "select 1 as id from pg_sleep(600)" for name in SLEEPERS},
}

_FAILING = {
    "dbt_project.yml": _PROJECT,
    "models/payments.sql": "select id, id % 2 as half from generate_series(1, 4) as id",
    "models/all.yml": """\
        models:
          - name: payments
            meta: {owner: ann}
            columns:
              - name: half
                data_tests: [unique, not_null]
        """,
}

_GROUPED = {
    "dbt_project.yml": _PROJECT,
    "models/first.sql": "select 1 as id",
    "models/second.sql": "select * from {{ ref('first') }}",
}

_MISTAKEN = {
    "dbt_project.yml": _PROJECT,
    "models/orders.sql": "select 1 as id",
    "models/report.sql": "select *\nfrom {{ ref('odrers') }}\n",
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """The folder, with these files in it."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text), encoding="utf-8")
    return folder


def _under(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    return {f"{folder}/{path}": text for path, text in files.items()}


_DAGS = """\
    import json
    import pathlib

    from airflow.sdk import DAG, task

    from airflow_sqlmodels import SqlModelsDag, SqlModelsTaskGroup


    def tell(context):
        error = context["exception"]
        failed = [[each.test, each.model, each.failures, each.query, each.owner] for each in error.failed]
        told = {"type": type(error).__name__, "task": context["ti"].task_id, "failed": failed}
        (pathlib.Path(__file__).parent / "told.json").write_text(json.dumps(told))


    SqlModelsDag("retried", project="shop", conn_id="warehouse", schema="retried")
    SqlModelsDag("cancelled", project="cancelled", conn_id="warehouse", schema="cancelled")
    SqlModelsDag("failing", project="failing", conn_id="warehouse", schema="failing",
                 default_args={"on_failure_callback": tell})

    SqlModelsDag("locked_out", project="grouped", conn_id="nobody_answers")

    with DAG("grouped", schedule=None):

        @task
        def before():
            pass

        @task
        def after():
            pass

        models = SqlModelsTaskGroup("models", project="grouped", conn_id="warehouse", schema="grouped")
        before() >> models >> after()
    """

_MISTAKEN_DAG = """\
    from airflow_sqlmodels import SqlModelsDag

    SqlModelsDag("mistaken", project="mistaken", conn_id="warehouse")
    """

_GIT_DAG = """\
    from airflow_sqlmodels import SqlModelsDag

    SqlModelsDag("from_git", project="shop", conn_id="warehouse", schema="from_git")
    """

FOLDER = {
    "dags.py": _DAGS,
    "mistaken_dag.py": _MISTAKEN_DAG,
    **_under("shop", SHOP),
    **_under("cancelled", _CANCELLED),
    **_under("failing", _FAILING),
    **_under("grouped", _GROUPED),
    **_under("mistaken", _MISTAKEN),
}

REPOSITORY = {"dags.py": _GIT_DAG, **_under("shop", SHOP)}

"""The DAG files and projects that the tests here run."""

from __future__ import annotations

from pathlib import Path

from tests.airflow.live.files import write_files
from tests.projects import PROJECT

DAGS = ("repaired", "repaired_in_git", "stopped", "failing", "grouped")

BROKEN = "select id, amount, amuont * 2 as double from {{ ref('stg_orders') }}\n"
REPAIRED = BROKEN.replace("amuont", "amount")

SHOP = {
    "dbt_project.yml": PROJECT + "models: {shop: {+materialized: table}}\n",
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

REPOSITORY = {
    "dags.py": """\
        from airflow_sqlmodels import SqlModelsDag

        SqlModelsDag("repaired_in_git", project="shop", conn_id="warehouse", schema="git")
        """,
    **{f"shop/{path}": text for path, text in SHOP.items()},
}

_STOPPED = {
    "dbt_project.yml": PROJECT + "models: {shop: {+materialized: table}}\n",
    **dict.fromkeys(
        (f"models/{name}.sql" for name in ("marked", "cleared", "runner", "supervisor")),
        "select 1 as id from pg_sleep(600)",
    ),
}

_FAILING = {
    "dbt_project.yml": PROJECT + "models: {shop: {+materialized: table}}\n",
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
    "models/first.sql": "select 1 as id",
    "models/second.sql": "select * from {{ ref('first') }}",
}

_LOCAL = """\
    import json
    import pathlib

    from airflow.sdk import DAG, task

    from airflow_sqlmodels import SqlModelsDag, SqlModelsTaskGroup


    def tell(context):
        error = context["exception"]
        failed = [[each.test, each.model, each.failures, each.query, each.owner] for each in error.failed]
        told = {"type": type(error).__name__, "task": context["ti"].task_id, "failed": failed}
        (pathlib.Path(__file__).parent / "told.json").write_text(json.dumps(told))


    def tell_run(context):
        told = {"exception": str(context.get("exception")), "reason": context.get("reason")}
        (pathlib.Path(__file__).parent / "told_run.json").write_text(json.dumps(told))


    SqlModelsDag("repaired", project="shop", conn_id="warehouse", schema="folder")
    SqlModelsDag("stopped", project="stopped", conn_id="warehouse", schema="stopped")
    SqlModelsDag(
        "failing",
        project="failing",
        conn_id="warehouse",
        schema="failing",
        default_args={"on_failure_callback": tell},
        on_failure_callback=tell_run,
    )

    with DAG("grouped"):

        @task
        def before():
            pass

        @task
        def after():
            pass

        group = SqlModelsTaskGroup("models", project="grouped", conn_id="warehouse", schema="grouped")
        before() >> group >> after()
    """

_MISTAKEN = """\
    from airflow_sqlmodels import SqlModelsDag

    SqlModelsDag("mistaken", project="mistaken", conn_id="warehouse")
    """


def write_dags(folder: Path) -> Path:
    """The DAGs folder: all projects, a file with the DAGs over them, and one whose project is wrong."""
    mistaken = {"models/orders.sql": "select 1 as id", "models/report.sql": "select *\nfrom {{ ref('odrers') }}"}
    projects = {"shop": SHOP, "stopped": _STOPPED, "failing": _FAILING, "grouped": _GROUPED, "mistaken": mistaken}
    for name, files in projects.items():
        write_files(folder / name, {"dbt_project.yml": PROJECT, **files})
    return write_files(folder, {"dags.py": _LOCAL, "mistaken.py": _MISTAKEN})

"""What the DAG processor makes of DAG files: nothing here needs a database."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from airflow.serialization import serialized_objects

from tests.airflow.dags import ROOT, dag_of, edges, hashes, read, read_file
from tests.projects import write_project

SHOP = {
    "macros/cents.sql": "{% macro cents(column) %}round({{ column }} * 100){% endmacro %}",
    "models/staging/raw/stg_orders.sql": "select 1 as id, {{ cents('2.5') }} as paid",
    "models/marts/orders.sql": "select * from {{ ref('stg_orders') }}",
    "models/marts/report.sql": "select * from {{ ref('orders') }}",
    "models/all.yml": """\
        models:
          - name: orders
            description: One row per order
            columns: [{name: id, description: The key, data_tests: [unique]}]
        """,
}
ONE_DAG = """\
    from airflow_sqlmodels import SqlModelsDag

    dag = SqlModelsDag("shop", project="shop", conn_id="warehouse"{options})
    """
TASKS = {
    "stg_orders.run": set(),
    "orders.run": {"stg_orders.run"},
    "orders.test": {"orders.run"},
    "report.run": {"orders.run", "orders.test"},
}

# its name since 3.2, and before
DagSerialization: Any = getattr(serialized_objects, "DagSerialization", None) or serialized_objects.SerializedDAG


def one_dag(folder: Path, options: str = "") -> Any:
    """The DAG of a file with one DAG over the project `shop` beside it."""
    bag = read_file(folder, ONE_DAG.format(options=options and f", {options}"))
    assert bag.import_errors == {}
    return bag.dags["shop"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A DAG folder with a project in it."""
    write_project(tmp_path / "shop", SHOP)
    return tmp_path


def test_the_examples_are_read_without_errors_and_twice_the_same() -> None:
    bag = read(ROOT / "dags")

    assert bag.import_errors == {}
    assert set(bag.dags) == {"customer_orders", "orders_with_checks", "orders_hourly", "orders_daily"}
    assert hashes(bag) == hashes(read(ROOT / "dags"))


def test_a_dag_survives_serialization() -> None:
    for dag in read(ROOT / "dags").dags.values():
        data = DagSerialization.to_dict(dag)

        DagSerialization.validate_schema(data)
        again: Any = DagSerialization.from_dict(json.loads(json.dumps(data)))
        assert edges(again) == edges(dag)
        assert set(again.task_group_dict) == set(dag.task_group_dict)
        assert {task.task_id: task.checksum for task in again.tasks if hasattr(task, "checksum")} == {
            task.task_id: task.checksum for task in dag.tasks if hasattr(task, "checksum")
        }


def test_a_project_is_a_dag(folder: Path) -> None:
    dag = one_dag(folder)

    assert edges(dag) == TASKS
    assert dag.fileloc == str(folder / "dags.py")
    assert "One row per order" in dag.get_task("orders.run").doc_md
    assert "`id`: The key" in dag.get_task("orders.run").doc_md
    dag.check_cycle()


def test_groups_are_nested_as_folders_are(folder: Path) -> None:
    groups = one_dag(folder).task_group_dict

    assert {name: group.label for name, group in groups.items() if name} == {
        "folder-staging": "staging",
        "folder-staging-raw": "raw",
        "folder-marts": "marts",
        "stg_orders": "stg_orders",
        "orders": "orders",
        "report": "report",
    }
    assert groups["stg_orders"].parent_group.group_id == "folder-staging-raw"
    assert groups["folder-staging-raw"].parent_group.group_id == "folder-staging"


def test_tasks_are_labelled_by_what_they_do(folder: Path) -> None:
    dag = one_dag(folder)

    assert {dag.get_task(task_id).label for task_id in ("orders.run", "stg_orders.run")} == {"run"}
    assert dag.get_task("orders.test").label == "test"


def test_folders_can_be_left_out(folder: Path) -> None:
    dag = one_dag(folder, "group_by='none'")

    assert {name for name in dag.task_group_dict if name} == {"stg_orders", "orders", "report"}
    assert edges(dag) == TASKS


def test_names_that_are_odd_in_airflow_do_no_harm(tmp_path: Path) -> None:
    files = {
        "models/größe.sql": "select 1 as id",
        "models/grüße.sql": "select * from {{ source('raw', 'orders') }}",
        "models/raw-orders.sql": "select 1 as id",
        "models/raw__orders.sql": "select 1 as id",
        "models/on_run_start.sql": "select 1 as id",
        "models/models/models.sql": "select 1 as id",
        "models/all.yml": """\
            sources: [{name: raw, tables: [{name: orders, columns: [{name: id, data_tests: [unique]}]}]}]
            """,
        "dbt_project.yml": "name: shop\nprofile: shop\non-run-start: select 1\n",
    }

    dag = dag_of(tmp_path, files)

    names = ("größe", "grüße", "raw-orders", "raw__orders", "on_run_start", "models")
    assert set(dag.task_dict) == {*(f"{name}.run" for name in names), "raw.orders.test", "on_run_start"}
    DagSerialization.validate_schema(DagSerialization.to_dict(dag))


def test_one_run_at_a_time_unless_said_otherwise(folder: Path) -> None:
    assert one_dag(folder).max_active_runs == 1
    assert one_dag(folder, "max_active_runs=3").max_active_runs == 3


def test_airflows_own_arguments_reach_the_dag(folder: Path) -> None:
    dag = one_dag(folder, "schedule='@daily', tags=['money'], default_args={'owner': 'ann', 'retries': 4}")

    assert dag.tags == {"money"}
    assert {(task.owner, task.retries) for task in dag.tasks} == {("ann", 4)}


GROUPS = """\
    from airflow.sdk import DAG, TaskGroup
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow_sqlmodels import SqlModelsTaskGroup

    with DAG("own") as dag:
        first = SqlModelsTaskGroup("first", project="shop", conn_id="warehouse")
        with TaskGroup("outer"):
            second = SqlModelsTaskGroup("second", project="shop", conn_id="other", select="stg_orders orders")
        plain = SqlModelsTaskGroup(
            "plain", project="shop", conn_id="warehouse", prefix_group_id=False, group_by="none"
        )
        EmptyOperator(task_id="before") >> first >> second
        plain.models["orders"].last >> EmptyOperator(task_id="behind")
    """


def test_groups_of_one_dag_prefix_their_ids_and_do_not_collide(folder: Path) -> None:
    bag = read_file(folder, GROUPS)

    assert bag.import_errors == {}
    dag = bag.dags["own"]
    own = {task: {above for above in waits if above != "before"} for task, waits in edges(dag).items()}
    assert {task.removeprefix("first."): {above.removeprefix("first.") for above in waits}
            for task, waits in own.items() if task.startswith("first.")} == TASKS  # fmt: skip
    assert {task for task in own if task.startswith("outer.")} == {
        "outer.second.stg_orders.run", "outer.second.orders.run", "outer.second.orders.test",
    }  # fmt: skip
    assert dag.get_task("outer.second.orders.run").conn_id == "other"
    assert dag.get_task("orders.run").upstream_task_ids == {"stg_orders.run"}
    assert dag.get_task("first.stg_orders.run").upstream_task_ids == {"before"}
    assert dag.get_task("outer.second.stg_orders.run").upstream_task_ids == {"first.report.run"}
    assert dag.get_task("first.orders.run").label == "run"
    DagSerialization.validate_schema(DagSerialization.to_dict(dag))


def test_groups_of_one_dag_are_read_twice_the_same(folder: Path) -> None:
    assert hashes(read_file(folder, GROUPS)) == hashes(read_file(folder, GROUPS))


OWN_TASKS = """\
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow_sqlmodels import SqlModelsDag

    with SqlModelsDag("shop", project="shop", conn_id="warehouse") as dag:
        EmptyOperator(task_id="first") >> dag.models["orders"].run
        dag.models["orders"].test >> EmptyOperator(task_id="tested")
        dag.models["orders"].last >> EmptyOperator(task_id="ready")
        dag.models["report"].last >> EmptyOperator(task_id="told")
        assert dag.models["report"].test is None
        assert "nothing" not in dag.models
    """


def test_own_tasks_hang_on_the_tasks_of_models(folder: Path) -> None:
    bag = read_file(folder, OWN_TASKS)

    assert bag.import_errors == {}
    found = edges(bag.dags["shop"])
    assert found["orders.run"] == {"stg_orders.run", "first"}
    assert found["tested"] == found["ready"] == {"orders.test"}
    assert found["told"] == {"report.run"}


def wants(monkeypatch: pytest.MonkeyPatch, task_id: str, dag_id: str = "shop") -> None:
    """Say what Airflow says in a worker: only this task is wanted (airflow/sdk/execution_time/task_runner.py)."""
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", dag_id)
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", task_id)


def test_a_worker_makes_only_the_task_it_wants(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = one_dag(folder).get_task("orders.test")
    wants(monkeypatch, "orders.test")

    dag = one_dag(folder)

    assert set(dag.task_dict) == {"orders.test"}
    alone = dag.get_task("orders.test")
    for name in ("nodes", "conn_id", "checksum", "relation", "owner", "retries", "pool", "options"):
        assert getattr(alone, name) == getattr(whole, name)


def test_a_worker_also_makes_the_tasks_that_the_file_asks_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_file(folder, OWN_TASKS)
    wants(monkeypatch, "stg_orders.run")

    bag = read_file(folder, OWN_TASKS)

    assert bag.import_errors == {}
    assert set(bag.dags["shop"].task_dict) == {
        "stg_orders.run", "orders.run", "orders.test", "report.run", "first", "tested", "ready", "told",
    }  # fmt: skip


def test_a_worker_that_wants_a_task_of_ones_own_finds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_file(folder, OWN_TASKS)
    wants(monkeypatch, "ready")

    bag = read_file(folder, OWN_TASKS)

    assert bag.import_errors == {}
    assert "ready" in bag.dags["shop"].task_dict


def test_a_worker_makes_only_the_task_it_wants_of_a_group(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_file(folder, GROUPS)
    wants(monkeypatch, "first.report.run", "own")

    bag = read_file(folder, GROUPS)

    assert bag.import_errors == {}
    found = set(bag.dags["own"].task_dict)
    assert "first.report.run" in found
    assert not {"first.orders.run", "first.stg_orders.run"} & found


def test_a_worker_whose_project_changed_makes_the_whole_dag(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = one_dag(folder).get_task("orders.run").checksum
    (folder / "shop/models/marts/orders.sql").write_text("select 1 as id, 2 as paid")
    wants(monkeypatch, "orders.run")

    dag = one_dag(folder)

    assert dag.get_task("orders.run").checksum != before


def test_an_edit_changes_the_checksum_of_what_it_reaches(folder: Path) -> None:
    before = one_dag(folder)

    (folder / "shop/models/marts/orders.sql").write_text("select *, 1 as more from {{ ref('stg_orders') }}")

    assert changed(before, one_dag(folder)) == {"orders.run"}


def test_an_edit_of_a_macro_changes_the_checksums_of_those_that_call_it(folder: Path) -> None:
    before = one_dag(folder)

    (folder / "shop/macros/cents.sql").write_text("{% macro cents(column) %}({{ column }} * 100){% endmacro %}")

    assert changed(before, one_dag(folder)) == {"stg_orders.run"}


def test_an_edit_far_down_in_a_long_file_makes_a_new_dag(folder: Path) -> None:
    long = "select 1 as id\n" + "-- a comment\n" * 1000
    (folder / "shop/models/marts/orders.sql").write_text(long)
    first = read_file(folder, ONE_DAG.format(options=""))

    (folder / "shop/models/marts/orders.sql").write_text(long + "union all select 2")

    assert hashes(read(folder)) != hashes(first)


def changed(before: Any, after: Any) -> set[str]:
    """The tasks whose checksums differ."""
    return {task.task_id for task in after.tasks if task.checksum != before.get_task(task.task_id).checksum}


def test_nothing_asks_the_warehouse_while_a_dag_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "shop/models/asks.sql").write_text(
        "{% if execute %}{% set days = run_query('select 1').rows[0][0] %}{% endif %}"
        "select '{{ adapter.get_columns_in_relation(this) | length }}' as columns, {{ days }} as days"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", f"postgres://ann:secret@127.0.0.1:{port}/shop")

        dag = one_dag(folder)

        listener.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listener.accept()
    assert "asks.run" in dag.task_dict


def import_error(folder: Path, options: str = "") -> str:
    """The only import error of a file with one DAG."""
    bag = read_file(folder, ONE_DAG.format(options=options and f", {options}"))
    (error,) = bag.import_errors.values()
    return error


def test_a_mistake_in_the_project_is_an_import_error_with_place_and_hint(folder: Path) -> None:
    (folder / "shop/models/marts/report.sql").write_text("select *\nfrom {{ ref('odrers') }}")

    error = import_error(folder)

    assert "models/marts/report.sql:2:" in error
    assert "from {{ ref('odrers') }}\n" in error
    assert "            ^" in error
    assert "did you mean 'orders'?" in error


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("tests='after_al'", "tests='after_al' is not known"),
        ("select='ordres'", "nothing is selected by 'ordres'"),
        ("task_args={'rnu': {}}", "no kind of task 'rnu'"),
        ("select=['orders', 3]", "select must be a text or a list of texts"),
        ("shcedule='@daily'", "knows the option 'shcedule'\nhint: did you mean 'schedule'?"),
        ("publish='after_tests'", "publish='after_tests' is not possible yet"),
    ],
)
def test_a_mistake_in_the_options_is_an_import_error(folder: Path, options: str, said: str) -> None:
    assert said in import_error(folder, options)


def test_a_project_that_is_not_there_is_an_import_error(tmp_path: Path) -> None:
    error = import_error(tmp_path)

    assert "no dbt_project.yml for project='shop'" in error
    assert str(tmp_path) in error


def test_a_group_refuses_options_it_does_not_know(folder: Path) -> None:
    text = """\
        from airflow.sdk import DAG
        from airflow_sqlmodels import SqlModelsTaskGroup

        with DAG("own"):
            SqlModelsTaskGroup("first", project="shop", conn_id="warehouse", slect="orders")
        """

    (error,) = read_file(folder, text).import_errors.values()

    assert "neither airflow_sqlmodels nor Airflow knows the option 'slect'" in error
    assert "'select'" in error

"""What reaches the operators: the project's `airflow:` configs, `task_args`, a Translator."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels import Translator
from airflow_sqlmodels.manifest.nodes import AnyNode
from tests.airflow.dags import dag_of, edges

PROJECT = """\
name: shop
profile: shop
models:
  +airflow: {pool: warehouse, retries: 2}
  shop:
    marts:
      +airflow: {queue: big, retries: 3, conn_id: marts}
data_tests:
  +airflow: {priority_weight: 7}
seeds:
  +airflow: {owner: seeder}
"""
SHOP = {
    "dbt_project.yml": PROJECT,
    "seeds/countries.csv": "country\nde\n",
    "models/staging/stg_orders.sql": "select 1 as id, 2 as customer",
    "models/staging/stg_customers.sql": "select 2 as customer",
    "models/marts/orders.sql": """\
        {{ config(airflow={'retry_delay': 90, 'execution_timeout': 600, 'priority_weight': 50,
                           'executor_config': {'cpu': 4}}) }}
        select * from {{ ref('stg_orders') }}
        """,
    "models/all.yml": """\
        models:
          - name: stg_orders
            meta: {owner: ann}
            columns:
              - name: id
                data_tests:
                  - unique
                  - not_null: {config: {airflow: {retries: 9, execution_timeout: 5}}}
              - name: customer
                data_tests:
                  - relationships: {name: known, arguments: {to: ref('stg_customers'), field: customer}}
          - name: orders
            config: {meta: {owner: {name: Bo, email: bo@shop.test}}}
            columns: [{name: id, data_tests: [unique]}]
        """,
}


@pytest.fixture
def tasks(tmp_path: Path) -> dict[str, Any]:
    """The tasks of the project."""
    return dict(dag_of(tmp_path, SHOP, default_args={"owner": "all of us", "retries": 1}).task_dict)


def test_the_config_of_a_folder_reaches_its_tasks(tasks: dict[str, Any]) -> None:
    assert (tasks["stg_orders.run"].pool, tasks["stg_orders.run"].retries) == ("warehouse", 2)
    assert (tasks["orders.run"].pool, tasks["orders.run"].retries) == ("warehouse", 3)
    assert tasks["orders.run"].queue == "big"
    assert tasks["countries.run"].retries == 1


def test_the_config_of_a_model_reaches_its_task(tasks: dict[str, Any]) -> None:
    orders = tasks["orders.run"]

    assert orders.retry_delay == datetime.timedelta(seconds=90)
    assert orders.execution_timeout == datetime.timedelta(minutes=10)
    assert orders.priority_weight == 50
    assert orders.executor_config == {"cpu": 4}


def test_a_connection_can_be_chosen_by_folder(tasks: dict[str, Any]) -> None:
    assert {task_id: task.conn_id for task_id, task in tasks.items()} == {
        "countries.run": "warehouse",
        "stg_orders.run": "warehouse",
        "stg_orders.test": "warehouse",
        "stg_customers.run": "warehouse",
        "known.test": "warehouse",
        "orders.run": "marts",
        "orders.test": "marts",
    }


def test_owners_come_from_the_project(tasks: dict[str, Any]) -> None:
    assert {task_id: task.owner for task_id, task in tasks.items()} == {
        "countries.run": "seeder",
        "stg_orders.run": "ann",
        "stg_orders.test": "ann",
        "stg_customers.run": "all of us",
        "known.test": "ann",
        "orders.run": "Bo",
        "orders.test": "Bo",
    }


def test_a_test_takes_what_its_model_says_and_then_what_it_says_itself(tasks: dict[str, Any]) -> None:
    test = tasks["stg_orders.test"]

    assert (test.pool, test.retries, test.priority_weight) == ("warehouse", 9, 7)
    assert test.execution_timeout == datetime.timedelta(seconds=5)
    assert tasks["orders.test"].queue == "big"
    assert tasks["known.test"].pool == "warehouse"


def test_models_have_one_writer_and_tests_any_number(tasks: dict[str, Any]) -> None:
    assert tasks["orders.run"].max_active_tis_per_dag == 1
    assert tasks["orders.test"].max_active_tis_per_dag is None


def test_arguments_can_be_given_by_kind_of_task(tmp_path: Path) -> None:
    args: dict[str, dict[str, Any]] = {
        "all": {"retries": 5, "wait_for_downstream": True},
        "run": {"pool": "runs", "max_active_tis_per_dag": 4},
        "test": {"pool": "tests", "retries": 0},
        "seed": {"pool": "seeds"},
    }

    tasks = dag_of(tmp_path, {**SHOP, "dbt_project.yml": "name: shop\nprofile: shop\n"}, task_args=args).task_dict

    found = {task_id: (task.pool, task.retries, task.max_active_tis_per_dag) for task_id, task in tasks.items()}
    assert found["stg_customers.run"] == ("runs", 5, 4)
    assert found["stg_orders.test"] == ("tests", 9, None)
    assert found["orders.test"] == ("tests", 0, None)
    assert found["countries.run"] == ("seeds", 5, 1)
    assert all(task.wait_for_downstream for task in tasks.values())


class Own(Translator):
    """Everything that a subclass can change."""

    def task_id(self, node: AnyNode, kind: str) -> str:
        return f"{'check' if kind == 'test' else 'build'}_{self.name(node)}"

    def owner(self, node: AnyNode) -> str | None:
        return f"team {node.path.split('/')[1]}"

    def conn_id(self, node: AnyNode, default: str) -> str:
        return f"{default}_{node.package}"

    def folders(self, node: AnyNode) -> tuple[str, ...]:
        return ("all", *super().folders(node))

    def doc(self, node: AnyNode) -> str | None:
        return f"About {node.name}"

    def task_args(self, node: AnyNode, kind: str) -> dict[str, Any]:
        return {**super().task_args(node, kind), "pool": f"{kind}s"}


def test_a_translator_changes_how_nodes_become_tasks(tmp_path: Path) -> None:
    dag = dag_of(tmp_path, SHOP, translator=Own, select="staging")

    assert edges(dag) == {
        "build_stg_orders": set(),
        "build_stg_customers": set(),
        "check_stg_orders": {"build_stg_orders"},
        "check_known": {"build_stg_orders", "build_stg_customers"},
    }
    test = dag.task_dict["check_stg_orders"]
    assert (test.owner, test.pool, test.conn_id) == ("team staging", "tests", "warehouse_shop")
    assert dag.task_dict["build_stg_orders"].doc_md == "About stg_orders"
    assert dag.models["stg_orders"].test is test
    assert "folder-all-staging" in dag.task_group_dict


def test_a_worker_finds_the_tasks_of_a_translator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = dag_of(tmp_path, SHOP, translator=Own)
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", whole.dag_id)
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "check_stg_orders")

    dag = dag_of(tmp_path, SHOP, translator=Own)

    assert set(dag.task_dict) == {"check_stg_orders"}
    assert dag.models["orders"].last.task_id == "check_orders"
    assert dag.models["orders"].run.owner == "team marts"


def test_models_can_update_assets(tmp_path: Path) -> None:
    tasks = dag_of(tmp_path, SHOP, assets=True, schema="live").task_dict

    assert [each.uri for each in tasks["orders.run"].outlets] == ["x-sqlmodels://warehouse/live/orders"]
    assert tasks["orders.test"].outlets == []

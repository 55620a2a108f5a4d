"""What came of the nodes of a run, put together from what its tasks left."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.provider.leaving import KEY, gathered, left
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer, answerer
from airflow_sqlmodels.templating.code import CompiledCode
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, TARGET, load

A, B = NodeId("model.shop.a"), NodeId("model.shop.b")
NODES = {"a.run": [A], "b.run": [B]}


@dataclass
class Instance:
    """As much of Airflow's task instance as is asked."""

    states: dict[str, str]
    left: dict[str, Any] = field(default_factory=dict)
    dag_id, run_id, map_index = "shop", "today", -1

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        assert (dag_id, run_ids) == ("shop", ["today"])
        return {"today": self.states}

    def xcom_pull(self, *, task_ids: str, key: str, map_indexes: int) -> Any:
        assert (key, map_indexes) == (KEY, -1)
        return self.left.get(task_ids)


@pytest.fixture
def means(tmp_path: Path) -> Answerer:
    files = {"dbt_project.yml": PROJECT, "models/a.sql": "select 1 as id", "models/b.sql": "select 2 as id"}
    return answerer(load(tmp_path, files, target=TARGET), Invocation())


def _ended(node: NodeId, second: int, **told: Any) -> Result:
    at = datetime.datetime(2024, 1, 1, 0, 0, second, tzinfo=datetime.UTC)
    return Result(node=node, status=told.pop("status", "success"), started_at=at, finished_at=at, **told)


def test_results_come_as_they_were_in_the_order_of_their_ends(means: Answerer) -> None:
    error = WarehouseError("no such column", None, "look")
    means.compiled[A] = CompiledCode("select 1")
    mine = _ended(A, 2, compiled_sql="select 1", rows=3, message="SELECT 3", details={"response": "SELECT 3"})
    yours = _ended(B, 1, status="error", message="no such column", error=error)
    instance = Instance({"a.run": "success", "b.run": "failed"})
    instance.left = {"a.run": left(means, [mine], pytest.fail), "b.run": left(means, [yours], pytest.fail)}
    means.compiled.clear()

    first, second = gathered(means, instance, NODES, "", {})

    assert second == mine
    assert (first.node, first.status, first.message) == (B, "error", "no such column")
    assert first.error is not None
    assert first.error.kind == "Database Error"
    assert means.compiled == {A: CompiledCode("select 1")}


@pytest.mark.parametrize(
    ("state", "statuses"),
    [
        ("upstream_failed", ["success", "skipped"]),
        ("skipped", ["success", "skipped"]),
        ("failed", ["success", "error"]),
        ("success", ["success"]),  # by hand
        ("removed", ["success"]),
    ],
)
def test_what_left_nothing_is_told_by_its_state(means: Answerer, state: str, statuses: list[str]) -> None:
    instance = Instance({"a.run": "success", "b.run": state}, {"a.run": left(means, [_ended(A, 1)], pytest.fail)})

    found = gathered(means, instance, NODES, "", {})

    assert sorted(each.status for each in found) == sorted(statuses)


def test_a_node_that_is_gone_meanwhile_is_left_out(means: Answerer) -> None:
    gone = NodeId("model.shop.gone")
    instance = Instance({"a.run": "success", "gone.run": "success"})
    for name, node in (("a.run", A), ("gone.run", gone)):
        instance.left[name] = left(means, [_ended(node, 1)], pytest.fail)

    found = gathered(means, instance, {"gone.run": [gone], "a.run": [A]}, "", {})

    assert [each.node for each in found] == [A]


def test_behind_a_hook_that_failed_at_the_start_there_are_none(means: Answerer) -> None:
    instance = Instance({"on_run_start": "failed", "a.run": "upstream_failed"})

    assert gathered(means, instance, NODES, "", {}) == []

"""What macros put into `graph` reaches the other tasks of a run as it was."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest

from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.provider.carried import CarriedGraph, kept, known_again, merged
from airflow_sqlmodels.templating.relation import TemplateRelation

DIALECT = dialect_named("postgres")


def test_values_come_back_as_they_were() -> None:
    relation = TemplateRelation(Relation("db", "s", "T", Quoting(identifier=False)), DIALECT, "table")
    noted: dict[str, Any] = {
        "relations": [relation],
        "when": datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.UTC),
        "day": datetime.date(2024, 1, 2),
        "sum": Decimal("1.50"),
        "deep": {"a": [1, 2.5, None, True, "x", {}]},
    }

    carried = json.loads(json.dumps(kept({"nodes": object(), "own": noted}, pytest.fail)))

    assert list(carried) == ["own"]
    found = known_again(carried, DIALECT)["own"]
    assert found == noted
    assert str(found["relations"][0]) == '"db"."s".T'
    assert found["relations"][0].type == "table"


def test_what_cannot_be_carried_is_told_and_left_out() -> None:
    told: list[str] = []

    carried = kept({"own": {"a": 1, "call": print, "listed": [object(), 2]}}, told.append)

    assert carried == {"own": {"a": 1, "listed": [2]}}
    assert [line.partition(":")[0] for line in told] == [
        "graph.own.call stays in this task",
        "graph.own.listed[…] stays in this task",
    ]


def test_an_earlier_task_is_asked_only_for_what_macros_put_there() -> None:
    asked: list[int] = []

    def ask() -> dict[str, Any]:
        asked.append(1)
        return {"mine": 1, "theirs": 2}

    graph = CarriedGraph(ask)
    graph["nodes"] = {}
    graph["mine"] = 3
    assert "nodes" in graph
    assert "sources" not in graph
    assert not asked

    assert "theirs" in graph
    assert dict(graph.items()) == {"nodes": {}, "mine": 3, "theirs": 2}
    assert sorted(graph) == ["mine", "nodes", "theirs"]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ({}, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"r": {}}, {"r": {"a": 1}}, {"r": {"b": 2}}, {"r": {"a": 1, "b": 2}}),
        ({"r": [0]}, {"r": [0, 1]}, {"r": [0, 2]}, {"r": [0, 1, 2]}),
        ({"r": [0]}, {"r": [0, 1]}, {"r": [5]}, {"r": [5]}),
        ({"n": None}, {"n": "mine"}, {"n": None}, {"n": "mine"}),
        ({"n": None}, {"n": None}, {"n": "theirs"}, {"n": "theirs"}),
        ({}, {"r": {"t": {"a": 1}}}, {"r": {"t": {"b": 2}}}, {"r": {"t": {"a": 1, "b": 2}}}),
    ],
)
def test_what_several_tasks_added_is_there(base: Any, mine: Any, theirs: Any, both: Any) -> None:
    assert merged(base, mine, theirs) == both

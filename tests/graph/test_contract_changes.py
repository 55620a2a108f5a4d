"""Which changes of a contract break it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from airflow_sqlmodels.graph.contract_changes import Promise, PromisedColumn, breaking_changes

NOT_NULL = {"type": "not_null"}
KEY = {"type": "primary_key", "columns": ["id"], "name": "orders_key"}
ORDERS = Promise(
    name="orders",
    path="models/orders.sql",
    enforced=True,
    materialized="table",
    columns={"id": PromisedColumn("int", [NOT_NULL]), "name": PromisedColumn("varchar(10)")},
    constraints=[KEY],
)
NAME = PromisedColumn("varchar(10)")


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({}, []),
        ({"enforced": False}, ["Contract enforcement was removed"]),
        ({"columns": {**ORDERS.columns, "more": PromisedColumn("int")}}, []),
        ({"columns": {**ORDERS.columns, "name": PromisedColumn("VARCHAR(20)")}}, []),
        (
            {"columns": {**ORDERS.columns, "name": PromisedColumn("text")}},
            ["columns have another data_type: name (varchar(10) -> text)"],
        ),
        ({"columns": {"name": NAME}}, ["columns were removed: id"]),
        (
            {"columns": {"id": PromisedColumn("int"), "name": NAME}},
            ["Enforced column level constraints were removed: not_null of id"],
        ),
        ({"constraints": []}, ["Enforced model level constraints were removed: orders_key (id)"]),
        ({"constraints": [KEY, {"type": "check", "expression": "id > 0"}]}, []),
        ({"materialized": "incremental"}, []),
        ({"materialized": "view"}, ["Materialization changed with enforced constraints: from table to view"]),
    ],
)
def test_what_breaks_a_contract(change: dict[str, Any], broken: list[str]) -> None:
    assert breaking_changes(ORDERS, replace(ORDERS, **change)) == broken


def test_what_was_not_promised_cannot_be_broken() -> None:
    assert breaking_changes(replace(ORDERS, enforced=False), replace(ORDERS, columns={})) == []


def test_views_enforce_no_constraints() -> None:
    before = replace(ORDERS, materialized="view")

    assert breaking_changes(before, replace(before, constraints=[])) == []

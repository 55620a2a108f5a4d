"""Which side of a node counts as a change of it, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from airflow_sqlmodels.errors import SelectorError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.graph.selection import Selection, select_nodes
from airflow_sqlmodels.graph.state import Facts, State
from airflow_sqlmodels.manifest.nodes import AnyNode
from tests.manifests import data_test, exposure, manifest_of, model, saved_query, seed, source

ORDERS = model("orders")
MODEL = Facts(
    kind="model", fqn=("shop", "orders"), body="select 1", config={"materialized": "table"}, relation=(None, None, "o")
)
KINDS: dict[str, tuple[AnyNode, Facts]] = {
    "model": (ORDERS, MODEL),
    "generic test": (
        data_test("unique", ORDERS),
        replace(MODEL, kind="test", generic=True, config={"severity": "warn"}),
    ),
    "singular test": (data_test(None, ORDERS, name="totals"), replace(MODEL, kind="test")),
    "source": (source("raw"), Facts(kind="source", fqn=("shop", "raw"), rest=("quoted",))),
    "saved query": (saved_query("weekly"), Facts(kind="saved_query", fqn=("shop", "weekly"), config={"tags": ["a"]})),
    "exposure": (exposure("board"), Facts(kind="exposure", fqn=("shop", "board"), rest=("me",))),
}


def state(before: dict[str, Facts], now: Facts, *, macros: bool = False, **more: Any) -> State:
    return State(before=before, now=lambda _node: now, macros_changed=lambda _node: macros, **more)


@pytest.mark.parametrize(
    ("kind", "change", "modified"),
    [
        ("model", {}, False),
        ("model", {"body": "select 2"}, True),
        ("model", {"config": {"materialized": "view"}}, True),
        ("model", {"config": {"materialized": "table", "tags": ["daily"], "group": "x"}}, False),
        ("model", {"relation": (None, "other", "o")}, True),
        ("model", {"fqn": ("shop", "marts", "orders")}, True),
        ("model", {"description": "said"}, False),
        ("model", {"description": "said", "persisted": (True, False)}, True),
        ("model", {"column_descriptions": {"id": "said"}, "persisted": (True, False)}, False),
        ("model", {"column_descriptions": {"id": "said"}, "persisted": (False, True)}, True),
        ("model", {"contract": "9f86d0"}, True),
        ("model", {"rest": ("2", "public", None)}, True),
        ("generic test", {"body": "other"}, False),
        ("generic test", {"config": {"severity": "error"}}, True),
        ("generic test", {"config": {"severity": "warn", "meta": {"a": 1}}}, False),
        ("singular test", {"body": "other"}, True),
        ("source", {"description": "said"}, False),
        ("source", {"rest": ("unquoted",)}, True),
        ("source", {"config": {"meta": {"a": 1}}}, True),
        ("exposure", {"rest": ("you",)}, True),
        ("saved query", {"config": {"tags": ["b"]}}, True),
        ("saved query", {"fqn": ("shop", "b", "weekly")}, False),
    ],
)
def test_a_change_counts_by_the_kind_of_node(kind: str, change: dict[str, Any], modified: bool) -> None:
    node, facts = KINDS[kind]

    compared = state({node.id: facts}, replace(facts, **change))

    assert compared.changed(node) is modified


@pytest.mark.parametrize(
    ("kind", "modified"), [("model", True), ("singular test", True), ("source", False), ("exposure", False)]
)
def test_a_new_node_is_modified_if_it_can_be_run(kind: str, modified: bool) -> None:
    node, facts = KINDS[kind]

    compared = state({}, facts)

    assert compared.is_new(node)
    assert compared.changed(node) is modified


def test_a_macro_that_changed_changes_the_nodes_that_reach_it() -> None:
    compared = state({ORDERS.id: MODEL}, MODEL, macros=True)

    assert compared.changed(ORDERS)
    assert compared.side_changed(ORDERS, "macros")
    assert not compared.side_changed(ORDERS, "body")


def test_a_source_has_no_body_to_be_changed() -> None:
    node, facts = KINDS["source"]

    assert not state({}, facts).side_changed(node, "body")
    assert state({}, facts).side_changed(node, "configs")


SHOP = manifest_of(source("raw"), seed("countries"), ORDERS)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("result:error", ["model.shop.orders"]),
        ("result:success", ["seed.shop.countries"]),
        ("result:skipped", []),
        ("source_status:fresher", ["source.shop.shop.raw"]),
        ("state:old", ["model.shop.orders"]),
    ],
)
def test_nodes_are_selected_by_what_came_of_them(selector: str, found: list[str]) -> None:
    statuses = {"model.shop.orders": "error", "seed.shop.countries": "success"}
    raw = next(node_id for node_id in SHOP if node_id.startswith("source."))
    earlier = state({ORDERS.id: MODEL}, MODEL, statuses=statuses, fresher=frozenset({raw}))

    chosen = select_nodes(SHOP, graph_of(SHOP), Selection(select=[selector], state=earlier)).ids

    assert [each for each in chosen if each != raw] == [each for each in found if not each.startswith("source.")]
    assert (raw in chosen) == any(each.startswith("source.") for each in found)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("state:modifed", "did you mean 'modified'"),
        ("state:modified.boby", "did you mean 'modified.body'"),
        ("result:failed", "no result 'failed'"),
        ("source_status:fresh", "did you mean 'fresher'"),
    ],
)
def test_a_state_that_is_none_is_refused_with_the_nearest(selector: str, message: str) -> None:
    earlier = state({}, MODEL, statuses={}, fresher=frozenset())

    with pytest.raises(SelectorError, match=message.replace(".", r"\.")):
        select_nodes(SHOP, graph_of(SHOP), Selection(select=[selector], state=earlier))


@pytest.mark.parametrize(
    ("selector", "name"), [("result:error", "run_results.json"), ("source_status:fresher", "sources.json")]
)
def test_what_the_folder_lacks_is_named(selector: str, name: str) -> None:
    earlier = state({}, MODEL, folder="prod")

    with pytest.raises(SelectorError, match=f"there is no {name} in 'prod'"):
        select_nodes(SHOP, graph_of(SHOP), Selection(select=[selector], state=earlier))

"""What selectors choose from a project. The expectations were compared with dbt's answers to the same questions."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import SelectorError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.graph.selection import Selection, nearest, select_nodes
from tests.graph.shop import FCT, SHOP, short
from tests.manifests import manifest_of, model, saved_query

GRAPH = graph_of(SHOP)
MODELS = ("model",)
NODES = ("model", "seed", "snapshot", "source", "exposure")
TESTS = ("test", "unit_test")


def chosen(selection: Selection) -> set[str]:
    return {short(node_id) for node_id in select_nodes(SHOP, GRAPH, selection).ids}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("stg_orders", "stg_orders"),
        ("marts.core", "joined fct_orders"),
        ("shop.marts.core.fct_orders", "fct_orders"),
        ("core", ""),
        ("stg_*", "stg_orders stg_people"),
        ("shop.staging.*", "stg_orders stg_people"),
        ("st?_orders", "stg_orders"),
        ("[jr]*", "joined revenue"),
        ("prices", "prices.v1 prices.v2 prices.v3"),
        ("prices.v2", "prices.v2"),
        ("prices_v3", "prices.v3"),
        ("extra", "helper"),
        ("staging.helper", "helper"),
        ("tag:daily", "stg_orders stg_people"),
        ("tag:p*", "stg_people"),
        ("tag:static", "countries"),
        ("tag:board", "dashboard"),
        ("source:raw", "raw.orders"),
        ("source:raw.orders", "raw.orders"),
        ("source:shop.crm.people", "crm.people"),
        ("source:*", "raw.orders crm.people"),
        ("source:raw+1", "raw.orders stg_orders"),
        ("path:models/staging", "stg_orders stg_people helper"),
        ("path:models/marts/", "joined fct_orders revenue prices.v1 prices.v2 prices.v3"),
        ("path:./models/marts/core", "joined fct_orders"),
        ("path:models/*/core", "joined fct_orders"),
        ("path:models/**/*.sql", "stg_orders stg_people joined fct_orders revenue prices.v1 prices.v2 prices.v3"),
        ("path:models/s.yml", "stg_orders"),
        ("path:models/sources.yml", "raw.orders crm.people"),
        ("models/marts/finance/revenue.sql", "revenue"),
        ("file:revenue", "revenue"),
        ("revenue.sql", "revenue"),
        ("countries.csv", "countries"),
        ("package:extra", "helper"),
        ("package:this,tag:pii", "stg_people"),
        ("config.materialized:view", "stg_orders stg_people"),
        ("config.meta.owner:sales", "fct_orders"),
        ("config.tags:x", "revenue"),
        ("config.enabled:TRUE", "revenue"),
        ("config.nothing.here:x", ""),
        ("config:x", ""),
        ("config.group:finance", "revenue"),
        ("config.meta.size:3", ""),
        ("resource_type:macro", ""),
        ("group:*", "revenue"),
        ("tag:", ""),
        ("fct_orders,", ""),
        ("resource_type:seed", "countries"),
        ("resource_type:exposure", "dashboard"),
        ("exposure:dashboard", "dashboard"),
        ("exposure:shop.dash*", "dashboard"),
        ("group:fin*", "revenue"),
        ("access:public", "fct_orders"),
        ("version:latest", "prices.v2"),
        ("version:old", "prices.v1"),
        ("version:prerelease", "prices.v3"),
        ("metric:sales", ""),
        ("+fct_orders", "raw.orders crm.people countries stg_orders stg_people joined fct_orders"),
        ("1+fct_orders", "joined fct_orders"),
        ("0+fct_orders", "fct_orders"),
        ("stg_people+", "stg_people joined fct_orders revenue dashboard"),
        ("stg_people+2", "stg_people joined fct_orders"),
        ("@stg_people", "raw.orders crm.people countries stg_orders stg_people joined fct_orders revenue dashboard"),
        ("stg_orders revenue", "stg_orders revenue"),
        ("tag:daily,tag:pii", "stg_people"),
        ("+revenue,tag:daily", "stg_orders stg_people"),
        ("tag:daily,fct_orders revenue", "revenue"),
        ("selector:nightly,tag:daily", "stg_orders stg_people"),
        ("selector:short+1", "stg_people joined"),
        ("selector:sho*", "stg_people"),
    ],
)
def test_a_selector_chooses_nodes(expression: str, expected: str) -> None:
    assert chosen(Selection(select=[expression], resource_types=NODES)) == set(expected.split())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("test_name:unique", "unique_stg_orders"),
        ("test_name:not_empty", "dbt_utils.not_empty_fct_orders"),
        ("test_name:adds*", "revenue.adds_up"),
        ("test_type:singular", "totals_agree"),
        ("test_type:unit", "revenue.adds_up"),
        ("test_type:data", "unique_stg_orders dbt_utils.not_empty_fct_orders relationships_stg_orders_stg_people "
                           "totals_agree"),
        ("test_type:generic,stg_people", "relationships_stg_orders_stg_people"),
        ("config.severity:WARN", "dbt_utils.not_empty_fct_orders"),
        ("unit_test:adds_up", "revenue.adds_up"),
        ("tag:fast", "revenue.adds_up"),
        ("revenue", "revenue.adds_up"),
        ("totals_agree", "totals_agree"),
        ("source:raw", ""),
    ],
)  # fmt: skip
def test_a_selector_chooses_tests(expression: str, expected: str) -> None:
    assert chosen(Selection(select=[expression], resource_types=TESTS)) == set(expected.split())


@pytest.mark.parametrize(
    ("select", "mode", "expected"),
    [
        ("stg_orders", "eager", "unique_stg_orders relationships_stg_orders_stg_people totals_agree"),
        ("stg_orders", "cautious", "unique_stg_orders"),
        ("stg_orders", "buildable", "unique_stg_orders"),
        ("stg_orders", "empty", ""),
        ("fct_orders", "buildable", "dbt_utils.not_empty_fct_orders totals_agree"),
        ("fct_orders", "cautious", "dbt_utils.not_empty_fct_orders"),
        ("stg_orders stg_people", "cautious", "unique_stg_orders relationships_stg_orders_stg_people"),
        ("stg_orders,tag:daily", "cautious", "unique_stg_orders"),
    ],
)
def test_tests_come_along_as_the_mode_says(select: str, mode: str, expected: str) -> None:
    assert chosen(Selection(select=[select], indirect=mode, resource_types=TESTS)) == set(expected.split())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nightly", "stg_orders stg_people joined fct_orders revenue"),
        ("short", "stg_people"),
        ("text", "stg_orders stg_people joined fct_orders"),
        ("both", "stg_people revenue"),
        ("all_of", "stg_people"),
        ("without", "joined fct_orders revenue"),
        ("careful", "stg_orders"),
    ],
)
def test_a_selector_of_selectors_yml_chooses_nodes(name: str, expected: str) -> None:
    assert chosen(Selection(selector=name, resource_types=MODELS)) == set(expected.split())


def test_a_definition_may_ask_for_a_number() -> None:
    """On the command line it would be a text, which no number equals."""
    sized = model("sized", config={"meta": {"size": 3}})
    asked = {"name": "three", "definition": {"method": "config.meta.size", "value": 3}}
    manifest = manifest_of(sized, model("other"), selectors={"three": asked})

    found = select_nodes(manifest, graph_of(manifest), Selection(selector="three"))

    assert [short(each) for each in found.ids] == ["sized"]


def test_only_what_dbt_calls_configurable_is_found_by_its_config() -> None:
    grouped = saved_query("weekly", FCT, config={"group": "finance", "enabled": True})
    manifest = manifest_of(FCT, grouped)

    for asked in ("config.enabled:true", "config.group:finance", "group:finance"):
        assert select_nodes(manifest, graph_of(manifest), Selection(select=[asked])).ids == ()


def test_a_definition_brings_its_own_indirect_selection() -> None:
    assert chosen(Selection(selector="careful", resource_types=TESTS)) == {"unique_stg_orders"}


def test_an_excluded_test_does_not_come_back_through_the_selector_method() -> None:
    assert chosen(Selection(select=["selector:both"], resource_types=("unit_test",))) == set()


def test_nothing_said_is_everything() -> None:
    assert len(select_nodes(SHOP, GRAPH, Selection()).ids) == len(SHOP)


def test_exclude_alone_leaves_out_of_everything() -> None:
    found = chosen(Selection(exclude=["tag:daily", "prices"], resource_types=MODELS))

    assert found == {"joined", "fct_orders", "revenue", "helper"}


def test_the_default_selector_stands_in_when_nothing_is_said() -> None:
    manifest = type(SHOP)(
        settings=SHOP.settings,
        nodes=SHOP.nodes,
        macros={},
        selectors={"usual": {"default": True, "definition": {"tag": "pii"}}},
    )

    found = select_nodes(manifest, GRAPH, Selection(resource_types=MODELS))

    assert [short(each) for each in found.ids] == ["stg_people"]


def test_an_expression_that_names_nothing_is_told() -> None:
    found = select_nodes(SHOP, GRAPH, Selection(select=["stg_ordres", "tag:daily"]))

    assert found.unmatched == ("stg_ordres",)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("stg_ordres", "did you mean 'stg_orders'?"),
        ("tag:dayly", "did you mean 'daily'?"),
        ("+stg_orders,tag:dayly", "did you mean 'daily'?"),
        ("source:row", "did you mean 'raw'?"),
        ("path:models/mart", "did you mean 'models/marts'?"),
        ("config.materialized:tabel", ""),
        ("zzzzzz", ""),
    ],
)
def test_the_nearest_name_is_the_hint(expression: str, hint: str) -> None:
    assert nearest(SHOP, [expression]) == hint


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(select=["resource_type:modle"]), "select:15: no resource type 'modle'"),
        (Selection(select=["test_type:unti"]), "no test type 'unti'"),
        (Selection(select=["version:newest"]), "no version 'newest'"),
        (Selection(select=["source:a.b.c.d"]), "no source can be called 'a.b.c.d'"),
        (Selection(select=["exposure:a.b.c"]), "no name can be 'a.b.c' here"),
        (Selection(select=["path:/models"]), "a path that begins with '/' cannot be asked for"),
        (Selection(select=["state:modified"]), "--state"),
        (Selection(select=["result:error"]), "--state"),
        (Selection(selector="nigthly"), "no selector 'nigthly'\nhint: did you mean 'nightly'?"),
        (Selection(select=["selector:nigthly"]), "did you mean 'nightly'?"),
        (Selection(selector="ring_a"), "need each other in a ring: 'ring_b' needs 'ring_a' needs 'ring_b'"),
        (Selection(select=["a"], indirect="brave"), "no indirect selection 'brave'"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(selection: Selection, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        select_nodes(SHOP, GRAPH, selection)

    assert message in str(caught.value)

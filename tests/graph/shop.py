"""A project with one of everything, for selecting."""

from __future__ import annotations

from tests.manifests import data_test, exposure, manifest_of, model, seed, snapshot, source, unit_test

RAW = source("orders", tags=("landing",))
PEOPLE = source("people", "crm", freshness=None)
COUNTRIES = seed("countries", tags=("static",))
STG_ORDERS = model("stg_orders", RAW, folder="staging", materialized="view", tags=("daily",), patch_path="models/s.yml")
STG_PEOPLE = model("stg_people", PEOPLE, COUNTRIES, folder="staging", materialized="view", tags=("daily", "pii"))
JOINED = model("joined", STG_ORDERS, STG_PEOPLE, folder="marts/core", materialized="ephemeral")
FCT = model("fct_orders", JOINED, folder="marts/core", access="public", config={"meta": {"owner": "sales"}})
REVENUE = model("revenue", FCT, folder="marts/finance", config={"group": "finance", "tags": ["x"], "enabled": True})
OLD = model("prices", folder="marts", version="1", latest_version="2")
NEW = model("prices", folder="marts", version="2", latest_version="2")
NEXT = model("prices", folder="marts", version="3", latest_version="2")
OTHER = model("helper", folder="staging", package="extra")
SNAP = snapshot("orders_history", STG_ORDERS)
UNIQUE = data_test("unique", STG_ORDERS)
CRITICAL = data_test("dbt_utils.not_empty", FCT, config={"severity": "warn"})
RELATED = data_test("relationships", STG_ORDERS, STG_PEOPLE)
SINGULAR = data_test(None, FCT, STG_ORDERS, name="totals_agree")
UNIT = unit_test("adds_up", REVENUE, tags=("fast",))
DASHBOARD = exposure("dashboard", REVENUE, tags=("board",))

SHOP = manifest_of(
    *(RAW, PEOPLE, COUNTRIES, STG_ORDERS, STG_PEOPLE, JOINED, FCT, REVENUE, OLD, NEW, NEXT, OTHER, SNAP),
    *(UNIQUE, CRITICAL, RELATED, SINGULAR, UNIT, DASHBOARD),
    groups={"finance": {}},
    selectors={
        "nightly": {"name": "nightly", "definition": {"method": "tag", "value": "daily", "children": True}},
        "short": {"name": "short", "definition": {"tag": "pii"}},
        "text": {"name": "text", "definition": "+fct_orders"},
        "both": {"name": "both", "definition": {"union": [
            {"method": "selector", "value": "short"},
            "revenue",
            {"exclude": [{"method": "test_type", "value": "unit"}]},
        ]}},
        "all_of": {"name": "all_of", "definition": {"intersection": ["tag:daily", "tag:pii"]}},
        "without": {"name": "without", "definition": {
            "method": "path", "value": "models/marts", "exclude": ["prices"]}},
        "careful": {"name": "careful", "definition": {
            "method": "fqn", "value": "stg_orders", "indirect_selection": "cautious"}},
        "ring_a": {"name": "ring_a", "definition": {"method": "selector", "value": "ring_b"}},
        "ring_b": {"name": "ring_b", "definition": {"method": "selector", "value": "ring_a"}},
    },
)  # fmt: skip


def short(node_id: str) -> str:
    """The id without its kind and package."""
    return node_id.split(".", 2)[2]

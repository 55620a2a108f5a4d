"""catalog.json: what lies in the warehouse, in dbt's fields."""

from __future__ import annotations

from typing import Any

import psycopg
from msgspec import structs

from airflow_sqlmodels.artifacts.catalog import catalog, empty_catalog, relational
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from airflow_sqlmodels.warehouse.dry import DryWarehouse
from tests.manifests import data_test, manifest_of, model, seed, source

RUN = Invocation(id="run-1")

THINGS = """\
create schema raw;
create table orders (id bigint, "At" timestamptz, name varchar(20), price numeric(10,2), tags varchar(3)[]);
alter table orders add gone int; alter table orders drop gone; alter table orders add last char(3);
comment on table orders is 'it''s orders'; comment on column orders.id is 'the id';
create view customers as select 1 as id;
create materialized view countries as select 'x'::text as code;
create table raw."Events" (id int);
create table raw.parts (id int) partition by range (id);
create sequence raw.counter; create table raw.empty ();
"""


def made(connection: psycopg.Connection[Any], session: DbApiSession, *nodes: AnyNode) -> dict[str, Any]:
    connection.execute(THINGS)
    return catalog(manifest_of(*nodes), relational(nodes), session, RUN)


def test_a_table_is_described_with_its_columns(connection: psycopg.Connection[Any], session: DbApiSession) -> None:
    """Compared with what dbt 1.12 writes for such tables."""
    described = made(connection, session, model("orders"))["nodes"]["model.shop.orders"]

    owner = connection.execute("select current_user").fetchone()
    assert owner is not None
    assert {key: value for key, value in described["metadata"].items() if key != "database"} == {
        "type": "BASE TABLE",
        "schema": "public",
        "name": "orders",
        "comment": "it's orders",
        "owner": owner[0],
    }
    assert [(each["name"], each["type"], each["index"], each["comment"]) for each in described["columns"].values()] == [
        ("id", "bigint", 1, "the id"),
        ("At", "timestamp with time zone", 2, None),
        ("name", "character varying(20)", 3, None),
        ("price", "numeric(10,2)", 4, None),
        ("tags", "character varying(3)[]", 5, None),
        ("last", "character(3)", 7, None),
    ]
    assert described["unique_id"] == "model.shop.orders"
    assert described["stats"]["has_stats"]["value"] is False


def test_views_seeds_and_sources_are_there_and_what_is_missing_is_not(
    connection: psycopg.Connection[Any], session: DbApiSession
) -> None:
    """A source may be named in another case, as dbt allows; a sequence or a table without columns is nothing to see."""
    names = ("events", "parts", "counter", "empty", "nowhere")
    nodes = [model("customers"), seed("countries"), model("nowhere"), *(source(name) for name in names)]

    described = made(connection, session, *nodes)

    assert {node_id: each["metadata"]["type"] for node_id, each in described["nodes"].items()} == {
        "model.shop.customers": "VIEW",
        "seed.shop.countries": "MATERIALIZED VIEW",
    }
    assert {node_id: each["metadata"]["name"] for node_id, each in described["sources"].items()} == {
        "source.shop.raw.events": "Events",
        "source.shop.raw.parts": "parts",
    }
    assert described["errors"] is None


def test_one_query_is_sent_however_many_nodes_there_are() -> None:
    warehouse = DryWarehouse(notes_queries=True)
    nodes = [model(f"m{number}") for number in range(50)]

    catalog(manifest_of(*nodes), relational(nodes), warehouse, RUN)

    assert len(warehouse.statements) == 1


def test_another_database_is_told_and_not_asked() -> None:
    warehouse = DryWarehouse(notes_queries=True)
    there = structs.replace(source("orders"), relation=Relation("elsewhere", "raw", "orders"))

    described = catalog(manifest_of(there), relational([there]), warehouse, RUN)

    assert warehouse.statements == []
    assert "source.shop.raw.orders lies in the database 'elsewhere'" in described["errors"][0]


def test_tests_and_ephemeral_models_have_no_relation() -> None:
    orders = model("orders", materialized="ephemeral")

    assert relational([orders, data_test("unique", orders)]) == []


def test_an_empty_catalog_has_a_head() -> None:
    described = empty_catalog(RUN)

    assert (described["nodes"], described["sources"], described["errors"]) == ({}, {}, None)
    assert described["metadata"]["dbt_schema_version"].endswith("catalog/v1.json")
    assert described["metadata"]["invocation_id"] == "run-1"

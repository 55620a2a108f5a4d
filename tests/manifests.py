"""Small projects as values: builders for nodes, and a Manifest of them. Names are dbt's: `model.shop.orders`."""

from __future__ import annotations

from typing import Any

from airflow_sqlmodels.errors import Location
from airflow_sqlmodels.manifest.manifest import Manifest, Settings, Target
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    DataTest,
    Exposure,
    Freshness,
    Model,
    NodeId,
    Operation,
    Period,
    SavedQuery,
    Seed,
    Snapshot,
    Source,
    UnitTest,
)
from airflow_sqlmodels.manifest.relation import Relation

PACKAGE = "shop"


def manifest_of(*nodes: AnyNode, **more: Any) -> Manifest:
    """A project of these nodes."""
    settings = Settings(name=PACKAGE, root="/project", target=Target("dev", "public", "warehouse"))
    return Manifest(settings=settings, nodes={node.id: node for node in nodes}, macros={}, **more)


def model(name: str, *reads: AnyNode, folder: str = "marts", materialized: str = "table", **more: Any) -> Model:
    """A model that reads other nodes."""
    package = more.pop("package", PACKAGE)
    config = {"materialized": materialized, "tags": list(more.get("tags", ())), **more.pop("config", {})}
    version = more.get("version")
    leaf = (f"v{version}",) if version else ()
    path = f"models/{folder}/{'_'.join((name, *leaf))}.sql"
    values: dict[str, Any] = {
        "id": NodeId(".".join(("model", package, name, *leaf))),
        "path": path,
        "fqn": (package, *folder.split("/"), name, *leaf),
        "at": Location(path, 1),
        "raw_code": "select 1 as id",
        "relation": Relation("warehouse", "public", name),
        **more,
    }
    return Model(
        name=name,
        package=package,
        materialized=materialized,
        config=config,
        ref_ids=tuple(each.id for each in reads if not isinstance(each, Source)),
        source_ids=tuple(each.id for each in reads if isinstance(each, Source)),
        **values,
    )


def seed(name: str, **more: Any) -> Seed:
    """A seed."""
    return Seed(**_base("seed", name, f"seeds/{name}.csv", more), relation=Relation("warehouse", "public", name))


def snapshot(name: str, *reads: AnyNode, **more: Any) -> Snapshot:
    """A snapshot of what it reads."""
    base = _base("snapshot", name, f"snapshots/{name}.sql", more)
    ids = tuple(each.id for each in reads)
    return Snapshot(**base, ref_ids=ids, relation=Relation("warehouse", "snapshots", name))


def source(name: str, source_name: str = "raw", **more: Any) -> Source:
    """A table of a source, with a freshness rule unless `freshness=None` says otherwise."""
    more.setdefault("freshness", Freshness(warn_after=Period(12, "hour")))
    base = _base("source", name, "models/sources.yml", more)
    base["id"] = NodeId(f"source.{PACKAGE}.{source_name}.{name}")
    base["fqn"] = (PACKAGE, source_name, name)
    return Source(**base, source_name=source_name, relation=Relation("warehouse", source_name, name))


def data_test(generic: str | None, *reads: AnyNode, name: str = "", **more: Any) -> DataTest:
    """A data test of what it reads: the generic one of that name, or a singular one."""
    called = name or "_".join((str(generic), *(each.name for each in reads)))
    base = _base("test", called, "tests/one.sql" if generic is None else "models/schema.yml", more)
    base["config"] = {"materialized": "test", "severity": "ERROR", **base["config"]}
    return DataTest(**base, generic=generic, ref_ids=tuple(each.id for each in reads))


def unit_test(name: str, tested: Model, **more: Any) -> UnitTest:
    """A unit test of a model."""
    base = _base("unit_test", name, "models/schema.yml", more)
    base["id"] = NodeId(f"unit_test.{PACKAGE}.{tested.name}.{name}")
    return UnitTest(**base, model=tested.id)


def exposure(name: str, *reads: AnyNode, **more: Any) -> Exposure:
    """A dashboard that reads these."""
    return Exposure(**_base("exposure", name, "models/schema.yml", more), ref_ids=tuple(each.id for each in reads))


def saved_query(name: str, *reads: AnyNode, **more: Any) -> SavedQuery:
    """A query that is kept, over these metrics."""
    return SavedQuery(**_base("saved_query", name, "models/schema.yml", more), reads=tuple(each.id for each in reads))


def hook(when: str, index: int = 0) -> Operation:
    """An on-run-start or on-run-end hook."""
    base = _base("operation", f"{PACKAGE}-{when}-{index}", "dbt_project.yml", {})
    return Operation(**base, raw_code="select 1", when=when, index=index)


def _base(kind: str, name: str, path: str, more: dict[str, Any]) -> dict[str, Any]:
    folders = tuple(path.split("/")[1:-1])
    base = {
        "id": NodeId(f"{kind}.{PACKAGE}.{name}"),
        "name": name,
        "package": PACKAGE,
        "path": path,
        "fqn": (PACKAGE, *folders, name),
        "at": Location(path, 1),
        "config": {},
    }
    return {**base, **more}

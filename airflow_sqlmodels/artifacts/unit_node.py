"""A unit test that was run, as the node of its result: in dbt that is a query which looks like a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.manifest.nodes import UnitTest
from airflow_sqlmodels.project.configs import DEFAULTS
from airflow_sqlmodels.templating.entries.places import compiled_path
from airflow_sqlmodels.templating.entries.shape import shaped

_OF_MODEL = ("database", "schema", "raw_code", "language", "refs", "sources", "metrics", "functions", "extra_ctes")
_EMPTY: Mapping[str, Any] = {
    **{"columns": {}, "group": None, "docs": {"show": True, "node_color": None}, "patch_path": None},
    **{"unrendered_config": {}, "config_call_dict": {}, "unrendered_config_call_dict": {}, "relation_name": None},
    **{"doc_blocks": [], "checksum": {"name": "none", "checksum": ""}, "extra_ctes": [], "extra_ctes_injected": True},
    "contract": {"enforced": False, "alias_types": True, "checksum": None},
}


def unit_node(test: UnitTest, entry: Mapping[str, Any], model: Mapping[str, Any], sql: str, target: str) -> Any:
    """Its entry. `entry` is that of its definition, `model` that of the model under test."""
    place = compiled_path(test)
    said = entry["config"]
    expected = entry["expect"]["rows"] if entry["expect"] else []
    is_sql = isinstance(expected, str)
    rows = {"expected_rows": [] if is_sql else expected, "expected_sql": expected if is_sql else None}
    config = {**DEFAULTS["analysis"], "materialized": "unit", **said, **rows}
    own = ("name", "resource_type", "package_name", "original_file_path", "unique_id", "description", "created_at")
    found = shaped({
        **_EMPTY,
        **{key: entry[key] for key in own},
        **{key: model[key] for key in _OF_MODEL if key in model},
        "alias": test.versioned_name,
        "path": place.removeprefix(f"compiled/{test.package}/{test.path}/"),
        "fqn": ["unit_test", *entry["fqn"]],
        "tags": list(said.get("tags") or ()),
        "meta": said.get("meta") or {},
        "resource_type": "operation",  # whose config is that of a query
        "config": config,
        "depends_on": {"macros": [], "nodes": list(model["depends_on"]["nodes"])},
        "build_path": f"{target}/run/{place.partition('/')[2]}",
        "compiled_path": f"{target}/{place}",
        "compiled": True,
        "compiled_code": sql,
        "tested_node_unique_id": test.model,
        "this_input_node_unique_id": next((each.node for each in test.given if each.node == test.model), None),
        "overrides": entry["overrides"],
    })  # fmt: skip
    return {**found, "resource_type": "unit_test"}

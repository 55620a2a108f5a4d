"""The keys of entries and of configs in dbt's order, and what is said there of what nobody has set.

Macros write whole entries into tables, as JSON: there the order of keys is part of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NODE = (
    *("database", "schema", "name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn"),
    *("alias", "checksum", "config", "tags", "description", "columns", "meta", "group", "docs", "patch_path"),
    *("build_path", "unrendered_config", "created_at", "config_call_dict", "unrendered_config_call_dict"),
    *("relation_name", "raw_code", "doc_blocks", "root_path", "language", "refs", "sources", "metrics", "functions"),
    *("depends_on", "compiled_path", "compiled", "compiled_code", "extra_ctes_injected", "extra_ctes", "contract"),
    *("access", "constraints", "version", "latest_version", "deprecation_date", "defer_relation", "primary_key"),
    *("time_spine", "batch", "column_name", "file_key_name", "attached_node", "test_metadata", "index"),
    *("returns", "arguments", "overloads", "defer_function"),
)
_SOURCE = (
    *("database", "schema", "name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn"),
    *("source_name", "source_description", "loader", "identifier", "quoting", "loaded_at_field", "loaded_at_query"),
    *("freshness", "external", "description", "columns", "meta", "source_meta", "tags", "config", "patch_path"),
    *("unrendered_config", "relation_name", "created_at", "unrendered_database", "unrendered_schema", "doc_blocks"),
)
_EXPOSURE = (
    *("name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn", "type", "owner"),
    *("description", "label", "maturity", "meta", "tags", "config", "unrendered_config", "url", "depends_on", "refs"),
    *("sources", "metrics", "created_at"),
)
_UNIT_TEST = (
    *("model", "given", "expect", "name", "resource_type", "package_name", "path", "original_file_path", "unique_id"),
    *("fqn", "description", "overrides", "depends_on", "config", "checksum", "schema", "created_at", "versions"),
    "version",
)
_ORDERS: Mapping[str, tuple[str, ...]] = {"source": _SOURCE, "exposure": _EXPOSURE, "unit_test": _UNIT_TEST}

_COLUMN = ("name", "description", "meta", "data_type", "constraints", "quote", "config", "tags", "granularity")

_EVERY: Mapping[str, Any] = dict.fromkeys(
    ("enabled", "alias", "schema", "database", "tags", "meta", "group", "static_analysis", "materialized")
)
_BUILT: Mapping[str, Any] = {
    **_EVERY,
    **dict.fromkeys(("incremental_strategy", "batch_size", "lookback", "begin", "persist_docs", "post-hook")),
    **dict.fromkeys(("pre-hook", "quoting", "column_types", "full_refresh", "unique_key", "on_schema_change")),
    **dict.fromkeys(("on_configuration_change", "grants", "packages", "docs", "contract", "event_time")),
    "concurrent_batches": None,
}
_CONFIGS: Mapping[str, Mapping[str, Any]] = {
    "model": {
        **_BUILT,
        **dict.fromkeys(("access", "freshness", "on_error")),
        "latest_version_pointer": {"enabled": None, "alias": None},
    },
    "seed": {**_BUILT, "delimiter": None, "quote_columns": None},
    "snapshot": {
        **_BUILT,
        **dict.fromkeys(("strategy", "target_schema", "target_database", "updated_at", "check_cols")),
        **dict.fromkeys(("snapshot_meta_column_names", "dbt_valid_to_current")),
    },
    "analysis": _BUILT,
    "operation": _BUILT,
    "function": _BUILT,
    "test": {
        **_EVERY,
        **dict.fromkeys(("severity", "store_failures", "store_failures_as", "sql_header", "where", "limit")),
        **dict.fromkeys(("fail_calc", "warn_if", "error_if")),
    },
    "source": dict.fromkeys(
        ("enabled", "event_time", "freshness", "loaded_at_field", "loaded_at_query", "meta", "tags", "static_analysis")
    ),
    "exposure": dict.fromkeys(("enabled", "tags", "meta")),
    "unit_test": dict.fromkeys(("tags", "meta", "enabled", "static_analysis")),
}
"""By kind of node: the keys that its config always has, with what they are if nobody says otherwise."""

WHEN_SET = ("invalidate_hard_deletes", "hard_deletes")
"""Keys of configs that are there only if someone has set them."""

_META_COLUMNS = ("dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted")


def shaped(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry of a node in its usual order, with a whole config."""
    kind = entry["resource_type"]
    found = _in_order(entry, _ORDERS.get(kind, _NODE))
    if "config" in found:
        found["config"] = whole_config(kind, found["config"])
    if found.get("columns"):
        found["columns"] = {name: _in_order(column, _COLUMN) for name, column in found["columns"].items()}
    return found


def plain(value: Mapping[str, Any], omit_none: bool = True) -> dict[str, Any]:
    """Plain dictionaries, on demand without fields that have no value. What people wrote stays as it is."""
    return {
        key: each if key in _FREE_FORM else _plain_value(each, omit_none)
        for key, each in value.items()
        if each is not None or not omit_none
    }


def _plain_value(value: Any, omit_none: bool) -> Any:
    if isinstance(value, dict):
        return plain(value, omit_none)
    return [_plain_value(each, omit_none) for each in value] if isinstance(value, list) else value


_FREE_FORM = ("meta", "source_meta", "kwargs", "unrendered_config", "config_call_dict", "unrendered_config_call_dict")
"""Where a null is what someone wrote, not a field without a value."""


def whole_config(kind: str, said: dict[str, Any]) -> dict[str, Any]:
    """A config with all that its kind always has."""
    usual = _CONFIGS.get(kind, {})
    found = {key: said.get(key, default) for key, default in usual.items()}
    found |= {key: value for key, value in said.items() if key not in usual and (value or key not in WHEN_SET)}
    if kind == "model" and found["freshness"] is not None:
        found["freshness"] = _freshness(found["freshness"])
    if kind == "model":
        found["latest_version_pointer"] = {**usual["latest_version_pointer"], **(found["latest_version_pointer"] or {})}
    if kind == "snapshot":
        names = found["snapshot_meta_column_names"] or {}
        found["snapshot_meta_column_names"] = {**dict.fromkeys(_META_COLUMNS), **names}
    return type(said)(found)


def _freshness(said: Any) -> dict[str, Any] | None:
    """That of a model; as in dbt, one that does not say after which time it is to be built anew says nothing."""
    after = said.get("build_after") if isinstance(said, Mapping) else None
    return {**said, "build_after": {"updates_on": "any", **after}} if after else None


def config_keys(kind: str) -> Mapping[str, Any]:
    """The keys that the config of such a node always has, and what they are if nobody says otherwise."""
    return _CONFIGS.get(kind, {})


def _in_order(said: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    found = {key: said[key] for key in order if key in said}
    return {**found, **said}

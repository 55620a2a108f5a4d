"""The semantic content of a manifest.json: what a tool that reads it builds on, and nothing that is a tool's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PARTS = (
    "nodes", "sources", "exposures", "unit_tests", "metrics", "semantic_models", "saved_queries", "functions",
    "groups", "macros", "docs", "selectors", "disabled", "parent_map", "child_map", "group_map",
)  # fmt: skip

IGNORED = {
    "created_at": "the time",
    "root_path": "where the project lies",
    "build_path": "where dbt writes what it runs: of a run, not of the project",
    "compiled_path": "of a run",
    "compiled": "of a run",
    "compiled_code": "of a run: compared with the results",
    "extra_ctes": "of a run",
    "extra_ctes_injected": "of a run",
    "deferred": "of a run",
    "file_key_name": "dbt's own index into its saved parse",
    "static_analysis": "for dbt's successor only",
    "latest_version_pointer": "for dbt's successor only",
    "supported_languages": "of materializations: dbt's own",
    "block_contents": "raw text that docs and raw_code have already",
    "macro_sql": "raw text of macros: the file itself",
}
"""Keys that are not compared, wherever they stand, and why."""

BUILT_IN = ("dbt", "dbt_postgres")
"""Packages that come with a tool: the macros in them are its own affair."""

BUILT_IN_TESTS = ("unique", "not_null", "accepted_values", "relationships")

UNORDERED = {"nodes", "macros", "refs", "sources", "tags", "functions", "metrics", "doc_blocks"}
"""Keys of lists whose order says nothing, nor that something stands there twice."""


def semantic(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By part, by id: what it says there. What is empty is as good as absent, as readers treat it so."""
    return {part: _part(part, manifest.get(part) or {}) for part in PARTS}


def differences(dbt: Mapping[str, Any], ours: Mapping[str, Any]) -> list[tuple[str, str, str, Any, Any]]:
    """Where two semantic contents differ: part, id, key (`config.materialized`), and what each says."""
    found: list[tuple[str, str, str, Any, Any]] = []
    for part in PARTS:
        one, other = dbt.get(part) or {}, ours.get(part) or {}
        for unique_id in sorted({*one, *other}):
            if unique_id not in one or unique_id not in other:
                found.append((part, unique_id, "", *_presence(unique_id in one)))
                continue
            left, right = _flat(one[unique_id]), _flat(other[unique_id])
            found += [
                (part, unique_id, key, left.get(key), right.get(key))
                for key in sorted({*left, *right})
                if left.get(key) != right.get(key)
            ]
    return found


def _part(part: str, things: Mapping[str, Any]) -> dict[str, Any]:
    kept = {unique_id: thing for unique_id, thing in things.items() if not _is_built_in(unique_id)}
    if part == "disabled":
        return {unique_id: len(versions) for unique_id, versions in kept.items()}
    if part in ("parent_map", "child_map", "group_map"):
        return {unique_id: sorted(ids) for unique_id, ids in kept.items()}
    return {unique_id: _without_noise("", thing) for unique_id, thing in kept.items()}


def _is_built_in(text: Any) -> bool:
    """Whether it is the id of a macro or a doc that comes with the tool."""
    return isinstance(text, str) and text.startswith(
        tuple(f"{kind}.{name}." for kind in ("macro", "doc") for name in BUILT_IN)
    )


def _without_noise(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        cleaned = {name: _without_noise(name, each) for name, each in value.items() if name not in IGNORED}
        return {name: each for name, each in cleaned.items() if each not in (None, "", [], {})}
    if isinstance(value, list):
        items = [_without_noise("", each) for each in value if not _is_built_in(each)]
        return sorted({repr(each): each for each in items}.values(), key=repr) if key in UNORDERED else items
    return value


def _presence(in_dbt: bool) -> tuple[str, str]:
    return ("there", "not there") if in_dbt else ("not there", "there")


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Its leaves, by the path to them."""
    if not isinstance(value, Mapping):
        return {path: value}
    found: dict[str, Any] = {}
    for name, each in value.items():
        found |= _flat(each, f"{path}.{name}" if path else str(name))
    return found

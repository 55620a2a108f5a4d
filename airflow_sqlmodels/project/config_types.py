"""What each config may be: a wrong type is found when the project is loaded, not when SQL is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.project.colours import COLOURS

Check = Callable[[Any], str]
"""What is wrong with a value; "" if nothing is."""


def wrong_configs(kind: str, config: Mapping[str, Any]) -> Iterator[tuple[str, ProjectError]]:
    """The configs that a node of that kind cannot have, by key, with what is wrong with them."""
    checks = _CHECKS.get(kind, _OF_ALL)
    for key, value in config.items():
        check = checks.get(key)
        wrong = check(value) if check is not None and (value is not None or key in _NEVER_NOTHING) else ""
        if wrong:
            hint = f"write {key}: {_EXAMPLES[key]}" if key in _EXAMPLES else ""
            yield key, ProjectError(f"the config {key!r}: {wrong}", None, hint)


def as_texts(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The config, in which as in dbt a number is a text where one belongs: `tags: [2024]`, `schema: 7`."""
    checks = _CHECKS.get(kind, _OF_ALL)
    return {key: _TO_TEXT[check](value) if (check := checks.get(key)) in _TO_TEXT else value
            for key, value in config.items()}  # fmt: skip


def _typed(kind: type | tuple[type, ...], word: str) -> Check:
    return lambda value: "" if isinstance(value, kind) else f"{value!r} is not of type '{word}'"


_boolean = _typed(bool, "boolean")
_text = _typed(str, "string")
_mapping = _typed(Mapping, "object")
_list = _typed((list, tuple), "array")


def _number(value: Any) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return "" if whole else f"{value!r} is not of type 'integer'"


def _texts(value: Any) -> str:
    """One text, or a list of texts."""
    if isinstance(value, str):
        return ""
    return _list(value) or next((wrong for each in value if (wrong := _text(each))), "")


def _to_text(value: Any) -> Any:
    return str(value) if isinstance(value, (bool, int, float)) else value


def _to_texts(value: Any) -> Any:
    return [_to_text(each) for each in value] if isinstance(value, list) else _to_text(value)


_TO_TEXT: Mapping[Any, Callable[[Any], Any]] = {_text: _to_text, _texts: _to_texts, _list: _to_texts}


def _strict_texts(value: Any) -> str:
    """Texts that must be some already."""
    return _texts(value)


def _only(*allowed: str) -> Check:
    def check(value: Any) -> str:
        if isinstance(value, str) and value.lower() in allowed:
            return ""
        hint = closest(str(value), allowed)
        return f"{value!r} is none of {', '.join(map(repr, allowed))}{'; ' + hint if hint else ''}"

    return check


def _docs(value: Any) -> str:
    wrong = _mapping(value)
    if wrong:
        return wrong
    colour = value.get("node_color")
    if colour and not _is_colour(str(colour)):
        return f"Invalid color name for docs.node_color: {colour}. It is neither a name of HTML's nor a hex code"
    shown = value.get("show")
    return "" if shown is None else _boolean(shown)


def _is_colour(text: str) -> bool:
    return re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", text) is not None or text.lower() in COLOURS


def _freshness(value: Any) -> str:
    """Of a model: after which time it is to be built again, for those who plan builds."""
    after = value.get("build_after") if isinstance(value, Mapping) else None
    if not isinstance(after, Mapping):
        return ""
    count, period = after.get("count"), after.get("period")
    if (count is None) != (not period):
        there, lacking = ("period", "count") if period else ("count", "period")
        return f"`build_after` must have a value for `{lacking}` if a `{there}` is provided"
    if period and str(period) not in _PERIODS:
        return f"{period!r} is none of {', '.join(map(repr, _PERIODS))}"
    on = after.get("updates_on")
    if on is not None and on not in _UPDATES:
        return f"updates_on: {on!r} is none of {', '.join(map(repr, _UPDATES))}"
    return "" if count is None else _number(count)


_PERIODS = ("minute", "hour", "day")
_UPDATES = ("any", "all")


OF_CONTRACTS = ("enforced", "alias_types")
"""What a contract says; other keys are taken and left alone, as in dbt."""


def _hooks(value: Any) -> str:
    """Hooks as they are once layers are put together: mappings, and what could not be made into one."""
    for each in value:
        if not isinstance(each, Mapping) or "sql" not in each:
            return f"{each!r} is no statement"
        if not isinstance(each.get("transaction", True), bool):
            return f"{each['transaction']!r} is neither true nor false"
    return ""


def _contract(value: Any) -> str:
    wrong = _mapping(value)
    return wrong or next((wrong for key in OF_CONTRACTS if key in value and (wrong := _boolean(value[key]))), "")


def _cache(value: Any) -> str:
    """Whether the answer of a saved query is kept."""
    return _mapping(value) or (_boolean(value["enabled"]) if "enabled" in value else "")


_NEVER_NOTHING = frozenset(
    (
        *("enabled", "meta", "docs", "contract", "quoting", "column_types", "grants", "persist_docs", "cache"),
        *("latest_version_pointer", "snapshot_meta_column_names", "on_configuration_change", "pre_hook", "post_hook"),
    )
)
"""Configs that dbt puts together from layers, or whose default something else has to take the place of."""
_OF_SEMANTICS: dict[str, Check] = {"enabled": _boolean, "meta": _mapping, "group": _text}
_OF_ALL: dict[str, Check] = {"enabled": _boolean, "tags": _texts, "meta": _mapping, "group": _text}
_RELATIONAL: dict[str, Check] = {
    **_OF_ALL,
    **dict.fromkeys(("alias", "schema", "database", "materialized"), _text),
}
_BUILT: dict[str, Check] = {
    **_RELATIONAL,
    **dict.fromkeys(("persist_docs", "quoting", "column_types", "grants"), _mapping),
    **dict.fromkeys(("on_schema_change", "incremental_strategy"), _text),
    "full_refresh": _boolean,
    "unique_key": _texts,
    "on_configuration_change": _only("apply", "continue", "fail"),
    "packages": _list,
    "docs": _docs,
    "contract": _contract,
    "latest_version_pointer": _mapping,
    **dict.fromkeys(("pre_hook", "post_hook"), _hooks),
}
_CHECKS: dict[str, dict[str, Check]] = {
    **dict.fromkeys(("analysis", "operation"), _BUILT),
    "function": {**_BUILT, **dict.fromkeys(("runtime_version", "entry_point"), _text)},
    "model": {**_BUILT, "freshness": _freshness},
    "seed": {**_BUILT, "materialized": _only("seed"), "quote_columns": _boolean, "delimiter": _text},
    "snapshot": {
        **{**_BUILT, "materialized": _only("snapshot"), "check_cols": _texts},
        **dict.fromkeys(("strategy", "target_schema", "target_database", "updated_at", "dbt_valid_to_current"), _text),
        "snapshot_meta_column_names": _mapping,
    },
    **dict.fromkeys(("semantic_model", "metric"), _OF_SEMANTICS),
    "exposure": {**_OF_ALL, "tags": _strict_texts},
    "saved_query": {**_OF_ALL, "tags": _strict_texts, "export_as": _only("table", "view"), "cache": _cache},
    "test": {
        **_RELATIONAL,
        **dict.fromkeys(("where", "store_failures_as", "fail_calc", "warn_if", "error_if"), _text),
        "materialized": _only("test"),
        "severity": _only("warn", "error"),
        "store_failures": _boolean,
        "limit": _number,
    },
}

_EXAMPLES = {
    "enabled": "false, or a template that ends with '| as_bool'",
    "tags": "[daily, finance]",
    "meta": "{owner: sales}",
    "severity": "warn",
    "limit": "10",
    "persist_docs": "{relation: true, columns: true}",
    "grants": "{select: [reporter]}",
    "contract": "{enforced: true}",
    "docs": "{show: true, node_color: gold}",
    "unique_key": "id, or [id, day]",
    "check_cols": "all, or [name, city]",
    "pre_hook": "a statement, or a list of them",
    "post_hook": "a statement, or a list of them",
    "freshness": "{build_after: {count: 4, period: hour}}",
    "export_as": "table, or view",
    "cache": "{enabled: true}",
}

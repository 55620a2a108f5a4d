"""Configs: where they may stand, how they merge, which ones there are.

Lowest first: dbt's defaults, the folders of the node's own dbt_project.yml, its properties, its file, and for nodes of
installed packages the folders of the root project's dbt_project.yml.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct, field

from airflow_sqlmodels.project.config_types import OF_CONTRACTS

Merge = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]
"""What puts the second mapping over the first."""

_APPENDED = frozenset(("tags", "pre_hook", "post_hook", "packages"))
_UPDATED = frozenset(("meta", "docs", "quoting", "column_types", "contract", "latest_version_pointer", "airflow"))
_SPELLINGS = {"pre-hook": "pre_hook", "post-hook": "post_hook"}

_SHARED: dict[str, Any] = {
    "enabled": True,
    "alias": None,
    "schema": None,
    "database": None,
    "tags": [],
    "meta": {},
    "group": None,
    "materialized": "view",
    "persist_docs": {},
    "post_hook": [],
    "pre_hook": [],
    "quoting": {},
    "column_types": {},
    "full_refresh": None,
    "unique_key": None,
    "on_schema_change": "ignore",
    "on_configuration_change": "apply",
    "grants": {},
    "packages": [],
    "docs": {"show": True, "node_color": None},
    "contract": {"enforced": False, "alias_types": True},
    "lookback": 1,
}

DEFAULTS: dict[str, dict[str, Any]] = {
    "model": {
        **_SHARED,
        "incremental_strategy": None,
        "batch_size": None,
        "begin": None,
        "event_time": None,
        "concurrent_batches": None,
        "access": "protected",
        "on_error": None,
    },
    "seed": {**_SHARED, "materialized": "seed", "delimiter": ",", "quote_columns": None},
    "snapshot": {
        **_SHARED,
        "materialized": "snapshot",
        "strategy": None,
        "target_schema": None,
        "target_database": None,
        "updated_at": None,
        "check_cols": None,
        "invalidate_hard_deletes": None,
        "hard_deletes": None,
        "snapshot_meta_column_names": {},
        "dbt_valid_to_current": None,
    },
    "analysis": dict(_SHARED),
    "function": {
        **_SHARED,
        "materialized": "function",
        "incremental_strategy": None,
        "batch_size": None,
        "begin": None,
        "event_time": None,
        "concurrent_batches": None,
        "type": "scalar",
        "volatility": None,
        "runtime_version": None,
        "entry_point": None,
        "snowflake": {"quote_args": True},
    },
    "operation": dict(_SHARED),
    "test": {
        "enabled": True,
        "alias": None,
        "schema": "dbt_test__audit",
        "database": None,
        "tags": [],
        "meta": {},
        "group": None,
        "materialized": "test",
        "severity": "ERROR",
        "store_failures": None,
        "store_failures_as": None,
        "sql_header": None,
        "where": None,
        "limit": None,
        "fail_calc": "count(*)",
        "warn_if": "!= 0",
        "error_if": "!= 0",
    },
    "source": {"enabled": True, "meta": {}, "tags": [], "event_time": None},
    "exposure": {"enabled": True, "meta": {}, "tags": []},
    "semantic_model": {"enabled": True, "group": None, "meta": {}},
    "metric": {"enabled": True, "group": None, "meta": {}},
    "saved_query": {
        **{"enabled": True, "group": None, "meta": {}, "export_as": None, "schema": None},
        "cache": {"enabled": False},
    },
    "unit_test": {"enabled": True, "meta": {}, "tags": [], "static_analysis": None},
}
"""What a node has if nobody says otherwise: docs.getdbt.com/reference/configs-and-properties."""


_SAID_BY_NULL = ("on_schema_change", "lookback", "delimiter", "fail_calc", "warn_if", "error_if")
"""Configs that are what they are by default where someone says null: what reads manifest.json knows no null there."""


def merge(base: Mapping[str, Any], more: Mapping[str, Any], appended: Collection[str] = _APPENDED) -> dict[str, Any]:
    """`base` with `more` over it, each key by its own rule. Neither is changed."""
    result = dict(base)
    for written, value in more.items():
        key = _SPELLINGS.get(written, written)
        if key is not written and key in more:
            continue  # as in dbt, where both stand that with the underscore counts
        if key in appended:
            result[key] = [*result.get(key, ()), *_as_list(key, value)]
        elif key in _UPDATED and isinstance(value, Mapping):
            result[key] = {**_mapping(result.get(key)), **value}
        elif key == "grants" and isinstance(value, Mapping):
            result[key] = _merge_grants(_mapping(result.get(key)), value)
        else:
            result[key] = value
    return result


_REPLACED: Mapping[str, frozenset[str]] = {"source": frozenset(("tags",)), "exposure": frozenset(("tags", "meta"))}
"""Keys that dbt does not add up in what is of that kind: the strongest says all."""


SEMANTIC = ("semantic_model", "metric", "saved_query")
"""Kinds whose configs are none of those that add up: to dbt, tags there are a word like any other."""


def merge_of(kind: str) -> Merge:
    """What puts configs of that kind over each other."""
    if kind in SEMANTIC:
        return partial(merge, appended=())
    replaced = _REPLACED.get(kind)
    if replaced is None:
        return merge

    def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
        return merge({key: value for key, value in base.items() if key not in replaced & more.keys()}, more)

    return merged


def _mapping(value: Any) -> Mapping[str, Any]:
    """The value; nothing if it is of another type, which is refused when the config is whole."""
    return value if isinstance(value, Mapping) else {}


def merge_plainly(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `more` over it, whatever the key."""
    return {**base, **more}


def merge_all(layers: Iterable[Mapping[str, Any]], combine: Merge = merge) -> dict[str, Any]:
    """All layers, the lowest first."""
    result: dict[str, Any] = {}
    for layer in layers:
        if layer:
            result = combine(result, layer)
    return result


def merge_calls(calls: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What several `config(...)` calls of one file say together; what only one of them says is as it says it.

    Unlike in layers, `+select` of grants stays beside `select` until all of it is put over what others say.
    """
    result: dict[str, Any] = {}
    for call in calls:
        for written, value in call.items():
            key = _SPELLINGS.get(written, written)
            result[key] = _added(key, result[key], value) if key in result else value
    return result


def _added(key: str, earlier: Any, value: Any) -> Any:
    if key in _APPENDED:
        return [*listed(earlier), *listed(value)]
    if key in _UPDATED and isinstance(value, Mapping):
        return {**_mapping(earlier), **value}
    if key == "grants" and isinstance(value, Mapping):
        result = {privilege: listed(names) for privilege, names in _mapping(earlier).items()}
        for privilege, names in value.items():
            more = result.get(privilege, []) if privilege.startswith("+") else []
            result[privilege] = [*more, *listed(names)]
        return result
    return value


def with_defaults(kind: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """The whole config of a node of that kind."""
    result = merge_of(kind)(DEFAULTS[kind], own) if own else dict(DEFAULTS[kind])
    if "contract" in own and isinstance(result["contract"], Mapping):  # as in dbt: of it nothing else is kept
        result["contract"] = {key: value for key, value in result["contract"].items() if key in OF_CONTRACTS}
    result |= {key: DEFAULTS[kind][key] for key in _SAID_BY_NULL if key in DEFAULTS[kind] and result[key] is None}
    if kind == "test":
        _agree_on_failures(result)
    return result


def once(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags of a node: each of its config's once."""
    return tuple(dict.fromkeys(tags))


def _agree_on_failures(config: dict[str, Any]) -> None:
    """The two configs for rows at fault say the same: the newer one counts."""
    if config["store_failures_as"] is not None:
        config["store_failures"] = config["store_failures_as"] != "ephemeral"
    elif isinstance(config["store_failures"], bool):
        config["store_failures_as"] = "table" if config["store_failures"] else "ephemeral"


class ConfigTree(Struct):
    """`models:` (or `seeds:`…) of one dbt_project.yml: which configs hold for which folder.

    A key with `+`, or whose value is no mapping, is a config; any other key is a folder or a node.
    """

    tree: Mapping[str, Any]
    merge: Merge = merge
    """How a folder's configs go over those of the folder above it."""
    _by_folder: dict[tuple[str, ...], tuple[dict[str, Any], Mapping[str, Any]]] = field(default_factory=dict)

    def configs(self, fqn: tuple[str, ...]) -> dict[str, Any]:
        """What it says for a node of that name, folder by folder, the node's own entry last."""
        if not self.tree:
            return {}
        config, below = self._folder(fqn[:-1])
        own = below.get(fqn[-1])
        return config if own is None or not isinstance(own, Mapping) else self.merge(config, _configs_in(own))

    def _folder(self, path: tuple[str, ...]) -> tuple[dict[str, Any], Mapping[str, Any]]:
        if path not in self._by_folder:
            if not path:
                self._by_folder[path] = (self.merge({}, _configs_in(self.tree)), self.tree)
            else:
                config, level = self._folder(path[:-1])
                below = level.get(path[-1])
                inside = below if isinstance(below, Mapping) else {}
                self._by_folder[path] = (self.merge(config, _configs_in(inside)), inside)
        return self._by_folder[path]


def _configs_in(level: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, value in level.items():
        if key.startswith("+"):
            found[key[1:]] = value
        elif not isinstance(value, Mapping):
            found[key] = value
    return found


def _as_list(key: str, value: Any) -> list[Any]:
    if not key.endswith("_hook"):
        return listed(value)
    return [hook(each) if _is_hook(each) else each for each in (value if isinstance(value, list) else [value])]


def _is_hook(value: Any) -> bool:
    """Whether a hook can be made of it: what else there is, is refused when the config is whole."""
    return isinstance(value, str) or (
        isinstance(value, Mapping) and "sql" in value and isinstance(value.get("transaction", True), bool)
    )


def listed(value: Any) -> list[Any]:
    """A list as it is; one value as a list of it, and nothing as none."""
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def hook(value: Any) -> dict[str, Any]:
    """A hook as text or mapping, as a mapping: `{"sql": …, "transaction": …, "index": None}`, as manifests have it."""
    said = value if isinstance(value, Mapping) else _hook_in(value) or {"sql": value}
    transaction = bool(said.get("transaction", True))
    return {"sql": str(said.get("sql", "")), "transaction": transaction, "index": said.get("index")}


def _hook_in(value: Any) -> Mapping[str, Any] | None:
    """What is written as JSON: `after_commit(...)` and its siblings give that."""
    text = value.strip() if isinstance(value, str) else ""
    if not text.startswith("{") or text.startswith(("{{", "{%", "{#")):
        return None
    try:
        said = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    return said if isinstance(said, dict) else None


def _merge_grants(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for privilege, grantees in more.items():
        names = list(grantees) if isinstance(grantees, list) else [grantees]
        if privilege.startswith("+"):
            result[privilege[1:]] = [*result.get(privilege[1:], ()), *names]
        else:
            result[privilege] = names
    return result

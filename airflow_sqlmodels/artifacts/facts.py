"""An entry of manifest.json, written by dbt or by us, -> the facts of it that states are compared by."""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from airflow_sqlmodels.graph.contract_changes import Promise, PromisedColumn
from airflow_sqlmodels.graph.state import Facts
from airflow_sqlmodels.project.configs import merge
from airflow_sqlmodels.templating.inline_config import inline_config

Entry = Mapping[str, Any]


def facts_of(entry: Entry, *, as_written: bool = True) -> Facts:
    """The facts of one node; `as_written`: of configs and places the text, not what it gives for this target."""
    kind = str(entry["resource_type"])
    fqn = tuple(entry.get("fqn") or ())
    match kind:
        case "source":
            place = _source_place(entry, "unrendered_" if as_written else "")
            return Facts(kind=kind, fqn=fqn, config=_source_config(entry), relation=place, rest=_source(entry))
        case "exposure":
            return Facts(
                kind=kind, fqn=fqn, config=_pruned(entry.get("unrendered_config") or {}), rest=_exposure(entry)
            )
        case "saved_query":
            config = _pruned(entry.get("config") or {})
            rest = (*_semantics(entry, _OF_SAVED_QUERIES), *_exports(entry))
            return Facts(kind=kind, fqn=fqn, config=config, rest=rest)
        case "semantic_model":
            config = _pruned(entry.get("config") or {})
            return Facts(kind=kind, fqn=fqn, config=config, rest=_semantics(entry, _OF_SEMANTIC_MODELS))
        case "metric":
            config = _pruned(entry.get("unrendered_config") or {})
            return Facts(kind=kind, fqn=fqn, config=config, rest=_semantics(entry, _OF_METRICS))
        case "unit_test":
            return Facts(kind=kind, fqn=fqn, rest=_unit_test(entry))
        case "function":
            facts = _parsed(entry, kind, fqn, as_written)
            return replace(facts, rest=(*facts.rest, *_signature(entry)))
        case _:
            return _parsed(entry, kind, fqn, as_written)


def _access(entry: Entry) -> str | None:
    """Who may read a model. Releases that did not know of it meant what is usual today."""
    return str(entry.get("access") or "protected") if entry["resource_type"] == "model" else None


def _signature(entry: Entry) -> tuple[Any, ...]:
    overloads = [{key: each.get(key) for key in _OVERLOAD} for each in entry.get("overloads") or ()]
    return (_pruned(entry.get("arguments") or []), _pruned(entry.get("returns") or {}), _pruned(overloads))


_OVERLOAD = ("defined_in", "arguments", "returns", "raw_body")
"""What counts of an overload."""

_OF_METRICS = ("description", "label", "type")
"""What counts of a metric. As in dbt, what it is made of (`type_params`) and its filter do not."""

_OF_SEMANTIC_MODELS = (
    *("description", "group", "model", "defaults", "entities", "dimensions", "measures", "primary_entity"),
)

_OF_SAVED_QUERIES = ("description", "label", "group", "tags", "query_params")

_OF_EXPORTS = ("export_as", "schema", "alias")
"""What counts of the config that an export was given itself."""


def _semantics(entry: Entry, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(_pruned(entry.get(key)) or None for key in names)


def _exports(entry: Entry) -> tuple[Any, ...]:
    """The exports as they were written: a schema that comes with the target is no change."""
    return tuple(
        (each.get("name"), *((each.get("unrendered_config") or {}).get(key) for key in _OF_EXPORTS))
        for each in entry.get("exports") or ()
    )


def _parsed(entry: Entry, kind: str, fqn: tuple[str, ...], as_written: bool) -> Facts:
    config = _config(entry, as_written)
    effective = entry.get("config") or {}
    persisted = effective.get("persist_docs") or {}
    return Facts(
        kind=kind,
        fqn=fqn,
        body=_body(entry),
        by_path=kind == "seed" and (entry.get("checksum") or {}).get("name") == "path",
        generic=bool(entry.get("test_metadata")),
        config=config,
        relation=tuple(config.get(key) for key in ("database", "schema", "alias")),
        description=str(entry.get("description") or ""),
        column_descriptions={name: column.get("description") or "" for name, column in _columns(entry).items()},
        persisted=(bool(persisted.get("relation")), bool(persisted.get("columns"))),
        contract=_contract(entry),
        promise=_promise(entry, effective) if kind == "model" else None,
        rest=(_text(entry.get("latest_version")), _access(entry), _text(entry.get("deprecation_date"))),
    )


def _promise(entry: Entry, config: Mapping[str, Any]) -> Promise:
    columns = {
        name: PromisedColumn(_text(column.get("data_type")), _constraints(column))
        for name, column in _columns(entry).items()
    }
    return Promise(
        name=str(entry["name"]),
        path=str(entry.get("original_file_path") or ""),
        enforced=bool((entry.get("contract") or {}).get("enforced")),
        materialized=str(config.get("materialized")),
        versioned=entry.get("version") is not None,
        columns=columns,
        constraints=_constraints(entry),
        over=_is_past(entry.get("deprecation_date")),
    )


def _is_past(day: object) -> bool:
    if not day:
        return False
    try:
        moment = datetime.datetime.fromisoformat(str(day))
    except ValueError:
        return False
    return moment.astimezone(datetime.UTC) < datetime.datetime.now(datetime.UTC)


def _body(entry: Entry) -> str:
    """The template without the white space around it; of a seed its checksum, or its path if dbt found it too large."""
    if entry["resource_type"] == "seed":
        return str((entry.get("checksum") or {}).get("checksum"))
    return str(entry.get("raw_code") or entry.get("raw_sql") or "").strip()


def _config(entry: Entry, as_written: bool) -> dict[str, Any]:
    """What YAML files say, and beside it what the node's own file says, both as they are written.

    As in dbt, one hook and a list of it are two things, and so are `pre-hook` and `pre_hook`.
    """
    in_file = as_written and not entry.get("test_metadata")
    inside = inline_config(str(entry.get("raw_code") or "")) if in_file else {}
    said = entry.get("unrendered_config") or {}
    outside = {key: _as_said(value) for key, value in said.items() if key.replace("-", "_") not in inside}
    for key, value in merge({}, said).items():
        if key in inside and isinstance(value, list) and key.endswith("_hook"):
            outside[f"{key} of YAML files"] = value[:-1]
    return {**_pruned(outside), **inside}


_SYNTAX = re.compile(r"Keyword\(key='\w+', value=Const\(value=(.*)\)\)", re.DOTALL)


def _as_said(value: Any) -> Any:
    """A config's text. dbt 1.10 and 1.11 wrote the syntax tree of an argument of `config(...)` in its place."""
    found = _SYNTAX.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else str(ast.literal_eval(found[1]))


def _columns(entry: Entry) -> dict[str, Any]:
    return dict(entry.get("columns") or {})


def _contract(entry: Entry) -> str | None:
    """The checksum of what is promised. As in dbt, `warn_unenforced` and its like are in it."""
    contract = entry.get("contract") or {}
    return str(contract.get("checksum")) if contract.get("enforced") else None


def _constraints(holder: Entry) -> list[dict[str, Any]]:
    listed = [_pruned(each) for each in holder.get("constraints") or ()]
    return [{key: value for key, value in each.items() if not key.startswith("warn_")} for each in listed]


def _source_config(entry: Entry) -> dict[str, Any]:
    """What is set for a source. How fresh it has to be stands beside the rest, whichever release wrote it."""
    fresh = {key: entry.get(key) for key in ("freshness", "loaded_at_field", "loaded_at_query")}
    return dict(_pruned({**(entry.get("unrendered_config") or {}), **fresh}))


def _source_place(entry: Entry, which: str) -> tuple[Any, ...]:
    return (entry.get(f"{which}database"), entry.get(f"{which}schema"), entry.get("identifier"))


def _source(entry: Entry) -> tuple[Any, ...]:
    return (
        _pruned(entry.get("quoting") or {}),  # as in dbt, what is said anew is a change though it was so before
        entry.get("loaded_at_field"),
        entry.get("loaded_at_query"),
        _pruned(entry.get("freshness") or {}),
        _pruned(entry.get("external") or {}),
    )


def _exposure(entry: Entry) -> tuple[Any, ...]:
    said = ("type", "maturity", "url", "description", "label")
    reads = frozenset((entry.get("depends_on") or {}).get("nodes") or ())
    return (*(entry.get(key) or None for key in said), _pruned(entry.get("owner") or {}), reads)


def _unit_test(entry: Entry) -> tuple[Any, ...]:
    return (entry.get("checksum"),)  # as in dbt; in rows a null counts too, and so does one that is there twice


def _pruned(value: Any) -> Any:
    """The value without what says nothing: null, and mappings and lists of nothing. Lists hold each value once."""
    if isinstance(value, Mapping):
        pruned = {key: _pruned(each) for key, each in value.items()}
        return {key: each for key, each in pruned.items() if each not in (None, {}, [])}
    if isinstance(value, list):
        return [each for index, each in enumerate(map(_pruned, value)) if each not in value[:index]]
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)

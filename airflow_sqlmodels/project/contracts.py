"""A model's contract: what can be said of it before anything runs, and what its constraints read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import Location, ProjectError, closest
from airflow_sqlmodels.manifest.nodes import Column, Problem
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.templating.constraint_text import KINDS

_REFERENCE = re.compile(r"(ref|source)\(.*\)", re.DOTALL)

_KINDS = ("table", "view", "incremental")
"""What is held to its contract. As in dbt, other materializations are built without a look at it."""
_ENFORCING = ("table", "incremental")
"""What has constraints in the warehouse."""
_KEY = "primary_key"
_STEADY = ("append_new_columns", "fail")
"""What an incremental model may do about new columns without breaking its contract."""


def contract_problems(
    entry: Entry | None, config: Mapping[str, Any], columns: Mapping[str, Column]
) -> Iterator[Problem]:
    """What is certain to fail: it is said if the model is selected."""
    if not (config.get("contract") or {}).get("enforced") or entry is None:
        return
    if config["materialized"] not in _KINDS:
        return
    lacking = [name for name, column in columns.items() if not column.data_type]
    if lacking:
        listed = ", ".join(map(repr, lacking))
        yield Problem(f"the contract gives no data_type for {listed}", entry.at, "data_type: text, integer…")


def check_contract(
    entry: Entry | None, name: str, config: Mapping[str, Any], columns: Mapping[str, Column], *, in_python: bool = False
) -> Iterator[Warned]:
    """A warning for constraints that nothing comes of. Raises ProjectError for a contract that cannot be kept.

    As in dbt, only what a property file says is looked at.
    """
    if entry is None or config.get("enabled", True) is False:
        return
    for constraint in entry.content.get("constraints") or ():
        refuse_constraint(constraint, f"model {entry.name}", entry)
    _refuse_primary_keys(entry, columns)
    if not (config.get("contract") or {}).get("enforced"):
        return
    if not columns:
        what = (
            f"Constraints must be defined in a `yml` schema configuration file: the contract of {name!r} has no columns"
        )
        raise ProjectError(what, entry.at, "list them under columns:, each with its data_type")
    if in_python:
        raise ProjectError(f"The contract of {name!r} is for models in SQL, and it is in Python", entry.at)
    told = any(each.get("warn_unsupported", True) for column in columns.values() for each in column.constraints)
    if told and config["materialized"] not in _ENFORCING:
        text = f"{entry.at}: Constraint types are not supported for {config['materialized']} materializations"
        hint = "and will be ignored; 'warn_unsupported: false' of a constraint says that you know"
        data = {"materialized": config["materialized"]}
        yield Warned(f"{text} {hint}", "UnsupportedConstraintMaterialization", data, once=True)


def refuse_schema_changes(config: Mapping[str, Any], at: Location) -> None:
    """Raises ProjectError for an incremental model with a contract that would ignore new columns, or drop old ones."""
    said = config.get("on_schema_change")
    enforced = (config.get("contract") or {}).get("enforced")
    if enforced and config["materialized"] == "incremental" and said not in _STEADY:
        what = f"Invalid value for on_schema_change: {said}, for an incremental model with an enforced contract"
        raise ProjectError(what, at, f"set on_schema_change to {' or '.join(map(repr, _STEADY))}")


def refuse_constraint(said: Mapping[str, Any], where: str, entry: Entry) -> None:
    """Raises ProjectError for a constraint of a kind that does not exist."""
    kind = str(said.get("type"))
    if kind not in KINDS:
        what = f"Invalid constraint type on {where}: {kind!r}"
        raise ProjectError(what, entry.at, closest(kind, KINDS) or f"one of {', '.join(KINDS)}")


def _refuse_primary_keys(entry: Entry, columns: Mapping[str, Column]) -> None:
    """Raises ProjectError if there is more than one."""
    keys = [column.name for column in columns.values() for each in column.constraints if each.get("type") == _KEY]
    hint = "write one at the level of the model: {type: primary_key, columns: [...]}"
    if len(keys) > 1:
        what = f"Found {len(keys)} columns ({keys}) with primary key constraints defined"
        raise ProjectError(what, entry.at, hint)
    listed = entry.content.get("constraints") or ()
    if keys and any(isinstance(each, Mapping) and each.get("type") == _KEY for each in listed):
        what = "Primary key constraints defined at the model level and the columns level"
        raise ProjectError(what, entry.at, "keep one of them")


def constraint_reads(entry: Entry | None, columns: Mapping[str, Column]) -> Iterator[str]:
    """The templates in constraints that name other relations: `ref('orders')` under `to`. Raises ProjectError."""
    listed = [] if entry is None else [*(entry.content.get("constraints") or [])]
    for column in columns.values():
        listed += column.constraints
    for constraint in listed:
        if isinstance(constraint, Mapping) and constraint.get("to"):
            to = str(constraint["to"])
            if constraint.get("type") == "foreign_key" and not _REFERENCE.fullmatch(to.strip()):
                model = "" if entry is None else f" on model {entry.name}"
                what = f"Invalid 'ref' or 'source' syntax on foreign key constraint 'to'{model}: {to}"
                raise ProjectError(
                    what, None if entry is None else entry.at, "write ref('model') or source('name', 'table')"
                )
            yield "{{ " + to + " }}"

"""A model's contract: what can be said of it before anything runs, and what its constraints read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.nodes import Column, Problem
from airflow_sqlmodels.project.properties import Entry

_REFERENCE = re.compile(r"(ref|source)\(.*\)", re.DOTALL)

_KINDS = ("table", "view", "incremental")
"""What can keep a contract."""


def contract_problems(
    entry: Entry | None, config: Mapping[str, Any], columns: Mapping[str, Column]
) -> Iterator[Problem]:
    """What is certain to fail: it is said if the model is selected."""
    if not (config.get("contract") or {}).get("enforced") or entry is None:
        return
    if config["materialized"] not in _KINDS:
        yield Problem(
            f"a {config['materialized']} cannot keep a contract", entry.at, f"contracts are for {', '.join(_KINDS)}"
        )
    lacking = [name for name, column in columns.items() if not column.data_type]
    if lacking:
        listed = ", ".join(map(repr, lacking))
        yield Problem(f"the contract gives no data_type for {listed}", entry.at, "data_type: text, integer…")
    if not columns:
        yield Problem("the contract has no columns", entry.at, "list them under columns:, each with its data_type")


def constraint_reads(entry: Entry | None, columns: Mapping[str, Column]) -> Iterator[str]:
    """The templates in constraints that name other relations: `ref('orders')` under `to`. Raises ProjectError."""
    listed = [] if entry is None else [*(entry.content.get("constraints") or [])]
    for column in columns.values():
        listed += column.constraints
    for constraint in listed:
        if isinstance(constraint, Mapping) and constraint.get("to"):
            to = str(constraint["to"])
            if constraint.get("type") == "foreign_key" and not _REFERENCE.fullmatch(to.strip()):
                what = f"Invalid 'ref' or 'source' syntax on foreign key constraint 'to': {to}"
                raise ProjectError(
                    what, None if entry is None else entry.at, "write ref('model') or source('name', 'table')"
                )
            yield "{{ " + to + " }}"

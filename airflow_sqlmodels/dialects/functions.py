"""Functions as SQL: the statement that makes one, and how other statements name it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.overload import Argument
from airflow_sqlmodels.manifest.relation import Relation

_VOLATILITY = {"deterministic": "immutable", "stable": "stable", "non-deterministic": "volatile"}
"""dbt's words, and Postgres's."""


class Signature(Struct, frozen=True):
    """What tells a function from others of its name, and what it gives."""

    relation: Relation
    arguments: Sequence[Argument]
    returns: str
    volatility: str | None = None


def create_function(dialect: Dialect, signature: Signature, body: str) -> str:
    """SQL that makes a function of a query, or puts it in the place of the one with these arguments."""
    listed = ", ".join(map(_argument, signature.arguments))
    kept = _VOLATILITY.get(signature.volatility or "")
    mark = _mark(body)
    return (
        f"create or replace function {dialect.render(signature.relation)} ({listed})\n"
        f"returns {signature.returns}\n"
        f"{kept + chr(10) if kept else ''}"
        f"as {mark}\n{body}\n{mark} language sql"
    )


def named(dialect: Dialect, signature: Signature) -> str:
    """The function as `grant` and `comment` name it: `function "a"."f"(integer)`."""
    types = ", ".join(each.data_type for each in signature.arguments)
    return f"function {dialect.render(signature.relation)}({types})"


def _argument(argument: Argument) -> str:
    default = "" if argument.default_value is None else f" default {argument.default_value}"
    return f"{argument.name} {argument.data_type}{default}"


def _mark(body: str) -> str:
    """A dollar quote that the body does not end."""
    number, mark = 0, "$$"
    while mark in body:
        number, mark = number + 1, f"$body{number or ''}$"
    return mark

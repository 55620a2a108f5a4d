"""`validation` in templates: what values a config may have, as a materialization asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import SqlModelsError

Validator = Callable[[Any], Any]
"""Refuses a value by raising."""


def validated(value: Any, validator: Validator | None) -> Any:
    """The value, if the validator takes it."""
    if validator is not None:
        validator(value)
    return value


class AnyOf(Struct, frozen=True):
    """`validation.any('table', 'view')`: what takes one of these values."""

    values: tuple[Any, ...]

    def __call__(self, value: Any) -> None:
        if value not in self.values:
            allowed = ", ".join(map(str, self.values))
            raise SqlModelsError(f'Expected value "{value}" to be one of {allowed}')


def any_of(*values: Any) -> AnyOf:
    """What takes one of these values."""
    return AnyOf(values)

"""Result tables as templates know them: agate's, as dbt gives them."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.warehouse.session import Rows


class Response(Struct, frozen=True):
    """What `adapter.execute` and `load_result` tell of a statement."""

    message: str
    rows_affected: int = -1
    code: str = ""

    @classmethod
    def of(cls, status: str, rows: int) -> Response:
        """From a command tag: its code is what in it is no number."""
        return cls(status, rows, " ".join(part for part in status.split() if not part.isdigit()))

    def __str__(self) -> str:
        return self.message


class StatementResult(dict[str, Any]):
    """What `load_result(name)` gives: templates ask for its parts as attributes, or see which keys there are."""

    def __init__(self, response: Any, data: Sequence[Sequence[Any]], table: Any) -> None:
        super().__init__(response=response, data=data, table=table)


class EmptyTable:
    """A table without rows and columns. It becomes agate's when somebody looks at it, as few do: its import is slow."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python asks for these by itself
            raise AttributeError(name)
        return getattr(table_of(_NOTHING), name)

    def __str__(self) -> str:
        return str(table_of(_NOTHING))


_NOTHING = Rows((), ())


def table_of(rows: Rows) -> Any:
    """The rows as an `agate.Table`: numbers are Decimal, whole numbers int, text stays text."""
    # 0.1 s: only templates that read the warehouse pay for it
    import agate  # type: ignore[import-untyped]  # noqa: PLC0415  # it has no types

    names = _unique(rows.columns)
    values = [[_plain(value) for value in row] for row in rows.rows]
    types = [_column_type(agate, [row[index] for row in values]) for index in range(len(names))]
    return agate.Table(values, names, types)


def _column_type(agate: Any, values: list[Any]) -> Any:
    present = [value for value in values if value is not None]
    if not present:
        return _whole_numbers(agate)
    if all(isinstance(value, bool) for value in present):
        return agate.Boolean()
    if all(isinstance(value, int) and not isinstance(value, bool) for value in present):
        return _whole_numbers(agate)
    if all(isinstance(value, (int, float, decimal.Decimal)) for value in present):
        return agate.Number()
    if all(isinstance(value, datetime.datetime) for value in present):
        return agate.DateTime()
    if all(isinstance(value, datetime.date) for value in present):
        return agate.Date()
    return agate.Text(null_values=())


def _whole_numbers(agate: Any) -> Any:
    class Integer(agate.data_types.DataType):  # type: ignore[misc]  # agate has no types
        """Keeps int, where agate makes everything a Decimal. No Number: agate prints these as Decimals too."""

        def cast(self, value: Any) -> Any:
            return value

        def jsonify(self, value: Any) -> Any:
            return value

    return Integer()


def _plain(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, (str, int, float, decimal.Decimal, datetime.date, bool)) or value is None:
        return value
    return str(value)


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result

"""Rows of a unit test -> a query that gives them, each value cast to the type of its column."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import CompilationError, Location, closest
from airflow_sqlmodels.manifest.fixtures import FixtureRows

UNION = "\nunion all\n"
"""What stands between two rows."""
SHOWN_COLUMNS = 12
"""How many columns a hint lists when none is near."""
_PADDED = re.compile(r"character(?=\(\d+\)$)")


class Types(Struct, frozen=True):
    """The columns of something, found whatever the case of their names."""

    columns: Mapping[str, str]
    """The types by name, in their order."""
    folded: Mapping[str, str]
    """The names by their lower-case form."""

    @classmethod
    def of(cls, columns: Mapping[str, str]) -> Types:
        """The columns, by name. `character(3)` is said as dbt says it: else values would be cut and padded."""
        said = {name: _PADDED.sub("character varying", data_type) for name, data_type in columns.items()}
        return cls(said, {name.lower(): name for name in columns})

    def name(self, written: str, rows: FixtureRows, holder: str) -> str:
        """The name of a column as the warehouse has it. Raises CompilationError if there is none."""
        found = self.folded.get(written.lower())
        if found is not None:
            return found
        listed = ", ".join(map(repr, list(self.columns)[:SHOWN_COLUMNS]))
        hint = closest(written, self.columns) or f"it has {listed}{', …' * (len(self.columns) > SHOWN_COLUMNS)}"
        raise CompilationError(f"{holder} has no column {written!r}", _place(rows, written), hint)


def given_select(dialect: Dialect, given: FixtureRows, types: Types, holder: str) -> str:
    """The query that gives an input's rows with all of its columns: nulls where a row says nothing."""
    nulls = {name: f"cast(null as {data_type})" for name, data_type in types.columns.items()}
    if not given.rows:
        return f"select {_listed(dialect, nulls)}\nwhere false"
    return UNION.join(
        f"select {_listed(dialect, {**nulls, **_values(dialect, row, given, types, holder)})}" for row in given.rows
    )


def expected_select(dialect: Dialect, expect: FixtureRows, types: Types, columns: Sequence[str]) -> str:
    """The query that gives the expected rows, with these columns."""
    rows = (_values(dialect, row, expect, types, "the model") for row in expect.rows)
    return UNION.join(f"select {_listed(dialect, {name: row[name] for name in columns})}" for row in rows)


def _values(dialect: Dialect, row: Mapping[str, Any], rows: FixtureRows, types: Types, holder: str) -> dict[str, str]:
    names = {written: types.name(written, rows, holder) for written in row}
    return {names[written]: cast(dialect, value, types.columns[names[written]]) for written, value in row.items()}


def cast(dialect: Dialect, value: Any, data_type: str) -> str:
    """A value as SQL of a type. A text is not cut to the length of its column."""
    kind = data_type.partition("(")[0] if isinstance(value, str) and "varying" in data_type else data_type
    return f"cast({_literal(dialect, value, data_type)} as {kind})"


def _literal(dialect: Dialect, value: Any, data_type: str) -> str:
    match value:
        case None:
            return "null"
        case bool() | int():
            return str(value).lower()
        case float() if math.isfinite(value):
            return repr(value)
        case list() if data_type.endswith("[]"):
            return f"array[{', '.join(_literal(dialect, each, data_type.removesuffix('[]')) for each in value)}]"
        case list() | dict():
            return dialect.literal(json.dumps(value))
        case _:
            return dialect.literal(str(value))


def _listed(dialect: Dialect, values: Mapping[str, str]) -> str:
    return ", ".join(f"{value} as {dialect.quote(name)}" for name, value in values.items())


def _place(rows: FixtureRows, column: str) -> Location:
    """Where the first row with that column stands."""
    number = next(n for n, row in enumerate(rows.rows) if column in row)
    return rows.place(number)

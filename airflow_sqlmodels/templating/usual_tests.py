"""The data tests that every project knows, as SQL without Jinja: most of all tests are one of these.

The texts are those of library/tests.sql, which packages and projects may call and override.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.templating.macro_table import BUILT_IN, MacroTable


def usual_test(macro: Macro, macros: MacroTable, arguments: Mapping[str, Any]) -> Callable[..., str] | None:
    """What gives the text of a data test that keeps no rows; None if only the macro can, called with `arguments`."""
    if macro.package != BUILT_IN or macro.name not in _TESTS:
        return None
    if any(macros.own(name) is not None for name in (macro.name, "should_store_failures")):
        return None
    names, written = _TESTS[macro.name]
    return written if arguments.keys() == names else None


def _not_null(model: object, column_name: object) -> str:
    return f"\nselect {column_name}\nfrom {model}\nwhere {column_name} is null\n"


def _unique(model: object, column_name: object) -> str:
    return (
        f"\nselect\n    {column_name} as unique_field,\n    count(*) as n_records\nfrom {model}\n"
        f"where {column_name} is not null\ngroup by {column_name}\nhaving count(*) > 1\n"
    )


def _accepted_values(model: object, column_name: object, values: list[object]) -> str:
    quoted = ("\n    '" + str(value).replace("'", "''") + "'" for value in values)
    return (
        f"\nselect\n    value_field,\n    n_records\nfrom (\n    select\n        {column_name} as value_field,\n"
        f"        count(*) as n_records\n    from {model}\n    group by {column_name}\n) as found\n"
        f"where value_field not in ({','.join(quoted)}\n)\n"
    )


def _relationships(model: object, column_name: object, to: object, field: object) -> str:
    return (
        f"\nselect child.from_field\nfrom (\n    select {column_name} as from_field\n    from {model}\n"
        f"    where {column_name} is not null\n) as child\nleft join (\n    select {field} as to_field\n    from {to}\n"
        ") as parent on child.from_field = parent.to_field\nwhere parent.to_field is null\n"
    )


_TESTS: Mapping[str, tuple[frozenset[str], Callable[..., str]]] = MappingProxyType(
    {
        "test_not_null": (frozenset(("model", "column_name")), _not_null),
        "test_unique": (frozenset(("model", "column_name")), _unique),
        "test_accepted_values": (frozenset(("model", "column_name", "values")), _accepted_values),
        "test_relationships": (frozenset(("model", "column_name", "to", "field")), _relationships),
    }
)
"""The arguments of each, all of which have to be there, and its text."""

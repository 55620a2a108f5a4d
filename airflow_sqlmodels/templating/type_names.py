"""The names by which dbt knows the types of a query's columns on Postgres: those of its driver.

They are what `adapter.get_column_schema_from_query` gives: psycopg.org/docs/extensions.html, `string_types`.
"""

from __future__ import annotations

import re

_NAMES = {
    "boolean": "BOOLEAN",
    "bytea": "BINARY",
    '"char"': "STRING",
    "name": "STRING",
    "text": "STRING",
    "character": "STRING",
    "character varying": "STRING",
    "smallint": "INTEGER",
    "integer": "INTEGER",
    "bigint": "LONGINTEGER",
    "numeric": "DECIMAL",
    "real": "FLOAT",
    "double precision": "FLOAT",
    "oid": "ROWID",
    "date": "DATE",
    "time without time zone": "TIME",
    "time with time zone": "TIME",
    "timestamp without time zone": "DATETIME",
    "timestamp with time zone": "DATETIMETZ",
    "interval": "INTERVAL",
    "json": "JSON",
    "jsonb": "JSONB",
    "unknown": "UNKNOWN",
}


def driver_name(data_type: str) -> str:
    """The driver's name for a type as Postgres spells it: `character varying(20)[]` is a STRINGARRAY.

    A type for which it has none keeps its own.
    """
    base = re.sub(r"\s*\([^)]*\)", "", data_type)
    element = base.removesuffix("[]")
    name = _NAMES.get(element)
    if name is None:
        return data_type
    return f"{name}ARRAY" if element != base else name

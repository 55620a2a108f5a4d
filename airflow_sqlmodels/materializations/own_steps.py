"""Materializations of which a project says a step itself: then all of it is put together from macros, as in dbt."""

from __future__ import annotations

import csv
import datetime
import decimal
import io
from collections.abc import Callable
from typing import Any

from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.csv_types import is_null
from airflow_sqlmodels.materializations.seed import csv_of, said_types
from airflow_sqlmodels.templating.macro_table import BUILT_IN
from airflow_sqlmodels.templating.results import table_of
from airflow_sqlmodels.warehouse.session import Rows

_STEPS = {
    "seed": (
        *("create_csv_table", "reset_csv_table", "get_csv_sql", "load_csv_rows"),
        *("get_batch_size", "get_binding_char", "get_seed_column_quoted_csv"),
    ),
    "snapshot": (
        *("snapshot_staging_table", "build_snapshot_table", "build_snapshot_staging_table", "snapshot_merge_sql"),
        *("create_columns", "post_snapshot", "get_snapshot_table_column_names", "get_dbt_valid_to_current"),
        *("unique_key_fields", "unique_key_join_on", "unique_key_is_null", "unique_key_is_not_null"),
        *("check_time_data_types", "strategy_dispatch", "equals"),
    ),
    "materialized_view": (
        *("get_create_materialized_view_as_sql", "refresh_materialized_view", "get_alter_materialized_view_as_sql"),
        *("get_materialized_view_configuration_changes", "materialized_view_setup", "materialized_view_teardown"),
        *("materialized_view_get_build_sql", "materialized_view_execute_no_op", "materialized_view_execute_build_sql"),
    ),
}
"""The macros of dbt that each is made of, and for which there is no way to ask one alone."""


def by_macros(build: Build, name: str) -> Macro | None:
    """The built-in materialization that is put together from macros, if the project has one of its steps; else None."""
    if build.rendering is None:
        return None
    others = name == "snapshot" and build.equals_nulls
    if not others and all(build.own(step) is None for step in _STEPS.get(name, ())):
        return None
    if name == "seed":
        build.rendering.give("load_agate_table", lambda: _table_of_seed(build))
    return build.rendering.means.macros.of_package(f"materialization_{name}_default", BUILT_IN)


def _table_of_seed(build: Build) -> Any:
    """The seed's rows as macros know them: values of the types that its columns have."""
    file = csv_of(build)
    columns = file.columns(said_types(build))
    casts = [str if column.is_said else _CASTS.get(column.sql_type, str) for column in columns]
    rows = []
    for block in file.blocks(columns):
        for cells in csv.reader(io.StringIO(block.decode(), newline="")):
            rows.append(tuple(None if is_null(cell) else cast(cell) for cast, cell in zip(casts, cells, strict=True)))
    empty = build.rendering is not None and build.rendering.means.invocation.empty
    return table_of(Rows(tuple(column.name for column in columns), () if empty else tuple(rows)))


_CASTS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "numeric": decimal.Decimal,
    "double precision": decimal.Decimal,
    "float8": decimal.Decimal,
    "boolean": lambda cell: cell.lower() in ("t", "true", "1"),
    "date": lambda cell: datetime.datetime.strptime(cell, "%Y-%m-%d").date(),
    "timestamp without time zone": datetime.datetime.fromisoformat,
}

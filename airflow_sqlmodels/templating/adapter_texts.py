"""What `adapter` answers without asking the warehouse: names, types and definitions as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.indexes import wrong_with
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.snapshot_words import hard_deletes_of, wrong_deletes
from airflow_sqlmodels.templating.column import TemplateColumn
from airflow_sqlmodels.templating.constraint_text import column_definitions, table_constraints
from airflow_sqlmodels.templating.indexes import TemplateIndex
from airflow_sqlmodels.templating.relation import RelationApi

_BEHAVIOUR = ("require_batched_execution_for_custom_microbatch_strategy", "enable_truthy_nulls_equals_macro")
"""The behaviour flags that dbt's Postgres adapter asks for."""

_TYPES = {
    "Boolean": "boolean",
    "Date": "date",
    "DateTime": "timestamp without time zone",
    "Integer": "integer",
    "Text": "text",
    "TimeDelta": "time",
}
"""The types of a result table's columns, and what Postgres calls them."""


class AdapterTexts:
    """The part of dbt's `adapter` that is about words."""

    def __init__(self, dialect: Dialect, flags: Mapping[str, Any], quoting: Mapping[str, bool] | None = None) -> None:
        self._dialect = dialect
        self.Relation = RelationApi(dialect, quoting or {})
        self.Column = TemplateColumn
        self.behavior = Behaviour(flags)

    def type(self) -> str:
        """The warehouse's name."""
        return self._dialect.name

    def quote(self, identifier: str) -> str:
        """The identifier, quoted."""
        return self._dialect.quote(identifier)

    def quote_as_configured(self, identifier: str, quote_key: str) -> str:  # noqa: ARG002  # dbt's signature
        """The identifier, quoted."""
        return self._dialect.quote(identifier)

    def quote_seed_column(self, column: str, quote_config: bool | None) -> str:
        """The column, quoted unless the seed says otherwise."""
        return column if quote_config is False else self._dialect.quote(column)

    def convert_type(self, agate_table: Any, col_idx: int) -> str:
        """The warehouse's type for a column of a result table."""
        kind = type(agate_table.column_types[col_idx]).__name__
        if kind != "Number":
            return _TYPES.get(kind, "text")
        values = agate_table.columns[col_idx].values()
        whole = all(value is None or value == value.to_integral_value() for value in values)
        return "integer" if whole else "float8"

    def render_raw_columns_constraints(self, raw_columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Each column of a contract with its type and constraints, as in `create table`."""
        return column_definitions(self._dialect, raw_columns)

    def render_raw_model_constraints(self, raw_constraints: Iterable[Mapping[str, Any]]) -> list[str]:
        """The constraints of a contract that are the whole table's, as in `create table`."""
        return table_constraints(raw_constraints)

    def valid_incremental_strategies(self) -> list[str]:
        """The strategies this warehouse knows."""
        return ["append", "delete+insert", "merge", "microbatch"]

    def standardize_grants_dict(self, grants_table: Any) -> dict[str, list[str]]:
        """Rows of (grantee, privilege_type) as privilege -> grantees."""
        found: dict[str, list[str]] = {}
        for row in grants_table.rows:
            found.setdefault(row["privilege_type"], []).append(row["grantee"])
        return found

    def get_hard_deletes_behavior(self, config: Mapping[str, Any]) -> str:
        """What a snapshot does with rows that are gone: ignore, invalidate or new_record."""
        wrong = wrong_deletes(config)
        if wrong:
            raise CompilationError(wrong[0], None, wrong[1])
        return hard_deletes_of(config)

    def parse_index(self, said: Any) -> TemplateIndex | None:
        """An entry of the config `indexes`. Raises CompilationError if it cannot be one."""
        if said is None:
            return None
        wrong = wrong_with(said)
        if wrong:
            hint = "write it as {'columns': ['id'], 'unique': true, 'type': 'btree'}"
            raise CompilationError(f"Could not parse index config: {wrong}", None, hint)
        return TemplateIndex(said, self._dialect)

    def build_catalog_relation(self, config: Any) -> None:
        """Nothing: tables of Postgres lie in no catalog of another tool."""

    def get_catalog_integration(self, name: str) -> Any:
        """Raises CompilationError: Postgres has none."""
        raise CompilationError(f"{self._dialect.name} has no catalog integration {name!r}")


class Behaviour(Struct, frozen=True):
    """`adapter.behavior`: the flags of dbt_project.yml that change what an adapter does."""

    flags: Mapping[str, Any]

    def __getattr__(self, name: str) -> BehaviourFlag:
        if name not in _BEHAVIOUR:
            raise AttributeError(name)
        return BehaviourFlag(bool(self.flags.get(name, False)))


class BehaviourFlag(Struct, frozen=True):
    """One of them."""

    setting: bool

    @property
    def no_warn(self) -> bool:
        """Whether it is set, without a word about what it will be one day."""
        return self.setting

    def __bool__(self) -> bool:
        return self.setting

"""`adapter` in templates while they are read: it finds macros, and has no warehouse to ask."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.templating.adapter_texts import AdapterTexts
from airflow_sqlmodels.templating.environment import Offering
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.macros import MacroCall, MacroScope, dispatch
from airflow_sqlmodels.templating.results import EmptyTable
from airflow_sqlmodels.templating.runtime_config import RuntimeConfig

_TABLES = ("execute", "get_partitions_metadata")
_LISTS = (
    *("get_columns_in_relation", "get_columns_in_table", "get_missing_columns", "get_column_schema_from_query"),
    *("list_relations", "list_relations_without_caching"),
)
_NOTHING = (
    *("get_relation", "load_relation", "create_schema", "drop_schema", "drop_relation", "rename_relation"),
    *("truncate_relation", "expand_target_column_types", "commit", "get_incremental_strategy_macro"),
    *("valid_snapshot_target", "assert_valid_snapshot_target_given_strategy", "get_hard_deletes_behavior"),
)


class ReadingAdapter(AdapterTexts, Offering):
    """`adapter` while loading: what asks the warehouse gives what it would give of a warehouse without anything.

    As in dbt, a name that it does not have is unknown, as any other.
    """

    def __init__(self, scope: MacroScope, settings: Settings) -> None:
        super().__init__(dialect_named(settings.target.type), settings.flags, settings.quoting)
        self._scope, self._settings = scope, settings

    @cached_property
    def config(self) -> RuntimeConfig:
        """The project; made when it is asked for, as few templates do."""
        return RuntimeConfig(self._settings, Invocation(command="parse"), self._settings.name)

    def dispatch(self, macro_name: str, macro_namespace: str | None = None) -> MacroCall:
        """The macro for this warehouse."""
        return dispatch(self._scope, macro_name, macro_namespace)

    def check_schema_exists(self, *_args: Any, **_kwargs: Any) -> bool:
        """No schema is there."""
        return False

    already_exists = check_schema_exists

    def add_query(self, *_args: Any, **_kwargs: Any) -> tuple[None, None]:
        """Nothing is sent."""
        return None, None

    def verify_database(self, *_args: Any, **_kwargs: Any) -> str:
        """Nothing: it is told when the node is built."""
        return ""

    cache_added = cache_dropped = cache_renamed = verify_database

    def offered(self, name: str) -> Any:
        """The value of `name`, or Jinja's `missing`."""
        if name in _TABLES:
            return _table
        if name in _LISTS:
            return _list
        return _nothing if name in _NOTHING else super().offered(name)


def _table(*_args: Any, **_kwargs: Any) -> tuple[str, EmptyTable]:
    return "", EmptyTable()


def _list(*_args: Any, **_kwargs: Any) -> list[Any]:
    return []


def _nothing(*_args: Any, **_kwargs: Any) -> None:
    return None

"""`adapter` in templates while they are read: it finds macros, and has no warehouse to ask."""

from __future__ import annotations

from typing import Any

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.templating.column import TemplateColumn
from airflow_sqlmodels.templating.environment import SilentUndefined
from airflow_sqlmodels.templating.macros import MacroCall, MacroScope, dispatch
from airflow_sqlmodels.templating.relation import RelationApi
from airflow_sqlmodels.templating.results import EmptyTable


class ReadingAdapter:
    """`adapter` while loading: finds macros, and has no warehouse to ask."""

    _TABLES = ("execute", "get_partitions_metadata")
    _LISTS = ("get_columns_in_relation", "get_missing_columns", "get_column_schema_from_query", "list_relations")

    def __init__(self, scope: MacroScope, dialect: Dialect) -> None:
        self._scope, self._dialect = scope, dialect
        self.Relation = RelationApi(dialect)
        self.Column = TemplateColumn
        self.config = SilentUndefined()
        self.behavior = SilentUndefined()

    def dispatch(self, macro_name: str, macro_namespace: str | None = None) -> MacroCall:
        """The macro for this warehouse."""
        return dispatch(self._scope, macro_name, macro_namespace)

    def type(self) -> str:
        """The warehouse's name."""
        return self._dialect.name

    def quote(self, identifier: str) -> str:
        """The identifier, quoted."""
        return self._dialect.quote(identifier)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self._TABLES:
            return lambda *_args, **_kwargs: ("", EmptyTable())
        if name in self._LISTS:
            return lambda *_args, **_kwargs: []
        return _none


def _none(*_args: Any, **_kwargs: Any) -> None:
    return None

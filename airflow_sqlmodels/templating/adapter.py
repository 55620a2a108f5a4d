"""`adapter` while a node is compiled or run: asks the warehouse, and finds macros."""

from __future__ import annotations

import contextlib
import decimal
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import structs

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import CompilationError, SqlModelsError, WarehouseError
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.adapter_texts import AdapterTexts
from airflow_sqlmodels.templating.column import TemplateColumn
from airflow_sqlmodels.templating.environment import Offering
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.macros import MacroCall, MacroScope, dispatch
from airflow_sqlmodels.templating.refusals import NeedsWarehouseError
from airflow_sqlmodels.templating.relation import TemplateRelation, nearly
from airflow_sqlmodels.templating.results import EmptyTable, Response, table_of
from airflow_sqlmodels.templating.runtime_config import RuntimeConfig
from airflow_sqlmodels.templating.snapshot_target import refuse_lacking
from airflow_sqlmodels.templating.type_names import driver_name
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session

_READING = ("SELECT", "SHOW", "SET", "EXPLAIN")
"""The command tags of statements that change nothing for others."""
_ENDS = ("COMMIT", "ROLLBACK")


class Adapter(AdapterTexts, Offering):
    """dbt's `adapter`, over a session. Without one, whatever needs the warehouse is refused."""

    def __init__(
        self,
        scope: MacroScope,
        dialect: Dialect,
        session: Session | None,
        settings: Settings,
        invocation: Invocation,
    ) -> None:
        super().__init__(dialect, settings.flags, settings.quoting)
        self._settings = settings
        self._invocation = invocation
        self._scope = scope
        self._session = session
        self._ended = False
        self._within: set[str] = set()

    @cached_property
    def config(self) -> RuntimeConfig:
        """The project; made when it is asked for, as few templates do."""
        return RuntimeConfig(self._settings, self._invocation, self._settings.name)

    def dispatch(self, macro_name: str, macro_namespace: str | None = None) -> MacroCall:
        """The macro for this warehouse."""
        return dispatch(self._scope, macro_name, macro_namespace)

    def execute(
        self,
        sql: str,
        auto_begin: bool = False,  # noqa: ARG002  # dbt's signature
        fetch: bool = False,
        limit: int | None = None,
    ) -> tuple[Response, Any]:
        """Send SQL: what the warehouse said, and the rows as a table if `fetch`."""
        session = self._warehouse("adapter.execute")
        if sql.strip().rstrip(";").lower() == "commit":
            self.commit()
            return Response("COMMIT", -1, "COMMIT"), EmptyTable()
        # as in dbt, a node that has ended its transaction goes on without one: that is how `vacuum` hooks work
        with session.autocommit() if self._ended else contextlib.nullcontext():
            return self._executed(session, sql, fetch, limit)

    def _executed(self, session: Session, sql: str, fetch: bool, limit: int | None) -> tuple[Response, Any]:
        if not fetch:
            outcome = session.execute(sql)
            _refuse_nothing(outcome.status)
            self._note(outcome.status)
            return Response.of(outcome.status, outcome.rows), EmptyTable()
        rows = session.query(sql)
        _refuse_nothing(rows.status)
        self._note(rows.status)
        found = table_of(rows)
        kept = found if limit is None else found.limit(limit)
        return Response.of(rows.status, _counted(rows.status)), kept

    def get_relation(self, database: str | None, schema: str, identifier: str) -> TemplateRelation | None:
        """The relation of that name, with its type; None if there is none. What differs in case alone is refused."""
        session = self._warehouse("adapter.get_relation")
        relation = self._as_stored(Relation(database or "", schema, identifier))
        found = catalog.find(session, self._dialect, relation)
        if found is not None:
            return TemplateRelation(relation, self._dialect, found.kind)
        for key in catalog.alike(session, self._dialect, relation):
            asked = TemplateRelation(relation, self._dialect).render()
            raise nearly(asked, TemplateRelation(Relation(database or "", *key), self._dialect).render())
        return None

    def _as_stored(self, relation: Relation) -> Relation:
        """The name as the warehouse keeps it: in small letters where the project does not quote."""
        unquoted = [
            part for part, quoted in self._settings.quoting.items() if quoted is False and hasattr(relation, part)
        ]
        return structs.replace(relation, **{part: (getattr(relation, part) or "").lower() for part in unquoted})

    load_relation = get_relation

    def get_columns_in_relation(self, relation: TemplateRelation) -> list[TemplateColumn]:
        """The columns of a relation, in order; none if it does not exist."""
        with self._own("get_columns_in_relation") as own:
            return self._columns(relation) if own is None else own(relation)

    def _columns(self, relation: TemplateRelation) -> list[TemplateColumn]:
        session = self._warehouse("adapter.get_columns_in_relation")
        wanted = relation.relation
        self.verify_database(wanted.database or "")  # "no columns" would be no answer
        if not wanted.schema:  # a temporary table, or what else the search path finds
            wanted = structs.replace(wanted, schema=catalog.schema_of(session, self._dialect, wanted.identifier))
        columns = catalog.columns(session, self._dialect, [wanted]).get(wanted.key, ())
        return [
            TemplateColumn(each.name, each.data_type, each.char_size, each.precision, each.scale) for each in columns
        ]

    def get_columns_in_table(self, schema: str, identifier: str) -> list[TemplateColumn]:
        """The same for a table of this database, by its names."""
        return self.get_columns_in_relation(TemplateRelation(Relation("", schema, identifier), self._dialect))

    def get_missing_columns(
        self, from_relation: TemplateRelation, to_relation: TemplateRelation
    ) -> list[TemplateColumn]:
        """The columns of the first that the second lacks."""
        known = {column.name for column in self.get_columns_in_relation(to_relation)}
        return [column for column in self.get_columns_in_relation(from_relation) if column.name not in known]

    def get_column_schema_from_query(self, sql: str) -> list[TemplateColumn]:
        """The columns that a query would give. As in dbt their types have the driver's names: INTEGER, STRING."""
        found = self._warehouse("adapter.get_column_schema_from_query").describe(sql)
        return [TemplateColumn(name, driver_name(kind)) for name, kind in found]

    def list_relations(self, database: str | None, schema: str) -> list[TemplateRelation]:
        """The relations of a schema."""
        session = self._warehouse("adapter.list_relations")
        found = catalog.schema_catalog(session, self._dialect, [schema])
        return [
            TemplateRelation(Relation(database or "", *key), self._dialect, each.kind) for key, each in found.items()
        ]

    list_relations_without_caching = list_relations

    def check_schema_exists(self, database: str | None, schema: str) -> bool:  # noqa: ARG002  # dbt's signature
        """Whether there is a schema of that name."""
        rows = self._warehouse("adapter.check_schema_exists").query(
            "select 1 from pg_catalog.pg_namespace where nspname = %s", (schema,)
        )
        return bool(rows.rows)

    def create_schema(self, relation: TemplateRelation) -> None:
        """Make the relation's schema, if it is not there."""
        self._sent("create_schema", self._dialect.create_schema(relation.relation.schema), relation)

    def drop_schema(self, relation: TemplateRelation) -> None:
        """Drop the relation's schema with all that is in it: the template asked for it by name."""
        name = self._dialect.quote(relation.relation.schema)
        self._sent("drop_schema", f"drop schema if exists {name} cascade", relation)

    def drop_relation(self, relation: TemplateRelation) -> None:
        """Drop a relation with what hangs on it: the template asked for it by name.

        Raises CompilationError if nobody knows what it is: `this` and `ref()` are names alone.
        """
        if relation.type is None:
            hint = "ask for it: adapter.drop_relation(load_relation(this))"
            raise CompilationError(f"Tried to drop relation {relation.render()}, but its type is null", None, hint)
        kind = relation.type.replace("_", " ")
        self._sent("drop_relation", f"drop {kind} if exists {relation.render()} cascade", relation)

    def truncate_relation(self, relation: TemplateRelation) -> None:
        """Empty a table."""
        self._sent("truncate_relation", f"truncate table {relation.render()}", relation)

    def rename_relation(self, from_relation: TemplateRelation, to_relation: TemplateRelation) -> None:
        """Give a relation another name."""
        new = self._dialect.quote(to_relation.relation.identifier)
        sql = f"alter table {from_relation.render()} rename to {new}"
        self._sent("rename_relation", sql, from_relation, to_relation)

    def verify_database(self, database: str) -> str:
        """Raises CompilationError for another database than the target's: Postgres reaches but one."""
        own = self._settings.target.database
        if database and database.strip('"').lower() != own.lower():
            raise CompilationError(f"Cross-db references not allowed in {self._dialect.name} ({database} vs {own})")
        return ""

    def commit(self) -> None:
        """End the transaction."""
        self._warehouse("adapter.commit").commit()
        self._note("COMMIT")

    def get_incremental_strategy_macro(self, context: Any, strategy: str) -> MacroCall:  # noqa: ARG002  # dbt's
        """The macro that gives a strategy's SQL."""
        name = f"get_incremental_{strategy.replace('+', '_')}_sql"
        found = self._scope.find(name)
        if not isinstance(found, MacroCall):
            raise SqlModelsError(f"no incremental strategy {strategy!r}", None, f"write a macro {name}(arg_dict)")
        return found

    def valid_snapshot_target(self, relation: TemplateRelation, column_names: Mapping[str, str] | None = None) -> None:
        """Raises CompilationError if the table lacks a column that each snapshot has."""
        self.assert_valid_snapshot_target_given_strategy(relation, column_names or {}, {})

    def assert_valid_snapshot_target_given_strategy(
        self, relation: TemplateRelation, column_names: Mapping[str, str], strategy: Mapping[str, Any]
    ) -> None:
        """Raises CompilationError if the table lacks a column that a snapshot of that strategy has."""
        usual = ["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"]
        usual += ["dbt_is_deleted"] if strategy.get("hard_deletes") == "new_record" else []
        there = [column.name for column in self.get_columns_in_relation(relation)]
        refuse_lacking(relation, there, [column_names.get(each) or each for each in usual])

    def already_exists(self, schema: str, name: str) -> bool:
        """Whether there is a relation of that name."""
        return self.get_relation(None, schema, name) is not None

    def add_query(self, sql: str, auto_begin: bool = True, bindings: Any = None, **_more: Any) -> tuple[Response, Any]:
        """Send SQL, and look at nothing it gives. `bindings` are the values for each `%s` in it."""
        return self.execute(sql % tuple(map(self._literal, bindings)) if bindings else sql, auto_begin)

    def _literal(self, value: Any) -> str:
        if value is None:
            return "null"
        if isinstance(value, (bool, int, float, decimal.Decimal)):
            return str(value).lower()
        return self._dialect.literal(str(value))

    def expand_target_column_types(self, from_relation: TemplateRelation, to_relation: TemplateRelation) -> None:
        """Make the texts of the second as wide as those of the first."""
        wanted = {column.name: column for column in self.get_columns_in_relation(from_relation)}
        for column in self.get_columns_in_relation(to_relation):
            wider = wanted.get(column.name)
            if wider is not None and column.char_size is not None and column.can_expand_to(wider):
                name, data_type = self._dialect.quote(column.name), column.string_type(wider.string_size())
                self._warehouse("adapter.expand_target_column_types").execute(
                    f"alter table {to_relation.render()} alter column {name} type {data_type}"
                )

    def cache_added(self, relation: Any) -> str:  # noqa: ARG002  # dbt's signature
        """Nothing: existence is asked of the warehouse, not remembered."""
        return ""

    cache_dropped = cache_added

    def cache_renamed(self, from_relation: Any, to_relation: Any) -> str:  # noqa: ARG002  # dbt's signature
        """Nothing, for the same reason."""
        return ""

    def _sent(self, name: str, sql: str, *relations: TemplateRelation) -> None:
        """Done by the project's macro of that name if it has one, else by our statement."""
        with self._own(name) as own:
            if own is None:
                self._note(self._warehouse(f"adapter.{name}").execute(sql).status)
            else:
                own(*relations)

    @contextlib.contextmanager
    def _own(self, name: str) -> Iterator[MacroCall | None]:
        """The project's macro for a method, as dbt calls macros for these; None within it, where ours is meant."""
        macro = None if name in self._within else self._scope.library.table.own(name)
        if macro is None:
            yield None
            return
        self._within.add(name)
        try:
            yield self._scope.call(macro)
        finally:
            self._within.discard(name)

    def _note(self, status: str) -> None:
        """Keep in mind that a statement ended the transaction, or changed something in it."""
        self._ended |= status in _ENDS
        notes = self._scope.notes
        if notes is not None and (self._ended or status.partition(" ")[0] not in _READING):
            notes.wrote = not self._ended

    def _warehouse(self, asked: str) -> Session:
        if self._session is None:
            raise NeedsWarehouseError(f"{asked} needs the warehouse, and there is no connection", None,
                                      "compile with a connection, or guard it with 'if execute'")  # fmt: skip
        return self._session


def _refuse_nothing(status: str | None) -> None:
    """Raises WarehouseError where what was sent held no statement."""
    if not status:
        raise WarehouseError("can't execute an empty query")


def _counted(status: str) -> int:
    """The rows that a command tag tells of; -1 if it tells of none."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else -1

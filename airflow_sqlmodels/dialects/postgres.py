"""Postgres 13 to 18."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.locking import Locking
from airflow_sqlmodels.dialects.postgres_attached import NAMES, attached_query
from airflow_sqlmodels.dialects.postgres_locks import PostgresLocks
from airflow_sqlmodels.manifest.relation import Relation

_HASH_DIGITS = 8
_PROBE = "pg_temp.sqlmodels__probe"
_SCHEMAS = 0x73716C6D6F64656C
"""The advisory lock of whoever makes a schema; a number of our own."""


class Postgres(Dialect):
    """What is particular to Postgres."""

    name = "postgres"
    sqlglot_name = "postgres"
    identifier_bytes = 63  # NAMEDATALEN - 1: postgresql.org/docs/current/limits.html
    transactional_ddl = True
    # relkind: postgresql.org/docs/current/catalog-pg-class.html
    kinds = {  # noqa: RUF012  # a fact like the others; nobody writes to it
        "r": "table",
        "p": "table",
        "f": "foreign_table",
        "v": "view",
        "m": "materialized_view",
    }

    @property
    def locking(self) -> Locking:
        """Advisory locks, and `lock_timeout`."""
        return PostgresLocks(self)

    def fit(self, identifier: str, suffix: str) -> str:
        """`identifier` with `suffix`; where that is too long, the identifier's end becomes a hash of the whole."""
        whole = identifier + suffix
        if len(whole.encode()) <= self.identifier_bytes:
            return whole
        mark = hashlib.blake2b(identifier.encode(), digest_size=_HASH_DIGITS // 2).hexdigest()
        room = self.identifier_bytes - len(suffix.encode()) - len(mark) - 1
        kept = identifier.encode()[:room].decode(errors="ignore")
        return f"{kept}_{mark}{suffix}"

    def create_table_as(
        self, relation: Relation, select: str, *, unlogged: bool = False, temporary: bool = False
    ) -> str:
        """SQL that makes a table of what `select` gives."""
        kind = "temporary " if temporary else "unlogged " if unlogged else ""
        return f"create {kind}table {self.render(relation)} as\n{select}"

    def columns_query(self, relations: Sequence[Relation]) -> str:
        """SQL that gives the columns of relations, in the types' names that information_schema uses."""
        wanted = ", ".join(f"({self.literal(each.schema)}, {self.literal(each.identifier)})" for each in relations)
        return (
            "select n.nspname, c.relname, a.attname,\n"
            "    case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, null)\n"
            "         when t.typelem <> 0 and t.typlen = -1 then 'ARRAY'\n"
            "         else pg_catalog.format_type(a.atttypid, null) end,\n"
            "    a.attnum,\n"
            "    information_schema._pg_char_max_length(a.atttypid, a.atttypmod),\n"
            "    information_schema._pg_numeric_precision(a.atttypid, a.atttypmod),\n"
            "    information_schema._pg_numeric_scale(a.atttypid, a.atttypmod)\n"
            "from pg_catalog.pg_attribute a\n"
            "join pg_catalog.pg_class c on c.oid = a.attrelid\n"
            "join pg_catalog.pg_namespace n on n.oid = c.relnamespace\n"
            "join pg_catalog.pg_type t on t.oid = a.atttypid\n"
            f"where (n.nspname, c.relname) in ({wanted}) and a.attnum > 0 and not a.attisdropped\n"
            "order by n.nspname, c.relname, a.attnum"
        )

    def types_query(self, relations: Sequence[Relation]) -> str:
        """SQL that gives the columns of relations with their types, sizes included."""
        wanted = ", ".join(f"({self.literal(each.schema)}, {self.literal(each.identifier)})" for each in relations)
        return (
            "select n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)\n"
            "from pg_catalog.pg_attribute a\n"
            "join pg_catalog.pg_class c on c.oid = a.attrelid\n"
            "join pg_catalog.pg_namespace n on n.oid = c.relnamespace\n"
            f"where (n.nspname, c.relname) in ({wanted}) and a.attnum > 0 and not a.attisdropped\n"
            "order by n.nspname, c.relname, a.attnum"
        )

    def types_of_select(self, select: str) -> str:
        """Statements that make a temporary view, and give its columns."""
        return (
            f"drop view if exists {_PROBE};\n"
            f"create view {_PROBE} as\n{select}\n;\n"
            "select attname, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute\n"
            f"where attrelid = '{_PROBE}'::regclass and attnum > 0 order by attnum"
        )

    def same_view(self, select: str, relation: Relation) -> str:
        """Statements that make a temporary view, and compare the texts that Postgres itself writes of both."""
        name = self.literal(self.render(Relation("", relation.schema, relation.identifier)))
        return (
            f"drop view if exists {_PROBE};\n"
            f"create view {_PROBE} as\n{select}\n;\n"
            f"select pg_catalog.pg_get_viewdef('{_PROBE}'::regclass) = pg_catalog.pg_get_viewdef({name}::regclass)"
        )

    def literal(self, text: str) -> str:
        """A text as it stands in SQL."""
        quoted = text.replace("'", "''")
        return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"

    def find_query(self, relation: Relation) -> str:
        """SQL that gives the kind (a letter of pg_class.relkind) and owner of a relation."""
        return (
            "select c.relkind::text, pg_catalog.pg_get_userbyid(c.relowner)\n"
            "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace\n"
            f"where n.nspname = {self.literal(relation.schema)} and c.relname = {self.literal(relation.identifier)}\n"
            "and c.relkind in ('r', 'p', 'f', 'v', 'm')"
        )

    def alike_query(self, relation: Relation) -> str:
        """SQL that gives schema and name of the relations of that name, whatever its case."""
        schema, name = self.literal(relation.schema), self.literal(relation.identifier)
        return (
            "select n.nspname, c.relname\n"
            "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace\n"
            f"where lower(n.nspname::text) = lower({schema}) and lower(c.relname::text) = lower({name})\n"
            "and c.relkind in ('r', 'p', 'f', 'v', 'm')"
        )

    def schema_of_query(self, identifier: str) -> str:
        """SQL that gives the schema in which the search path finds a name."""
        return (
            "select n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace\n"
            f"where c.oid = to_regclass({self.literal(self.quote(identifier))})"
        )

    def schema_query(self, schemas: Sequence[str]) -> str:
        """SQL that gives schema, name, kind and owner of all relations in these schemas."""
        wanted = ", ".join(map(self.literal, schemas))
        return (
            "select n.nspname, c.relname, c.relkind::text, pg_catalog.pg_get_userbyid(c.relowner)\n"
            "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace\n"
            f"where n.nspname in ({wanted}) and c.relkind in ('r', 'p', 'f', 'v', 'm')"
        )

    def functions_query(self, schemas: Sequence[str]) -> str:
        """SQL that gives schema and name of all functions in these schemas, each once."""
        wanted = ", ".join(map(self.literal, schemas))
        return (
            "select distinct n.nspname, p.proname\n"
            "from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace\n"
            f"where n.nspname in ({wanted})"
        )

    def catalog_query(self, relations: Sequence[Relation]) -> str:
        """SQL that describes relations and their columns, with the types as they are written."""
        schemas, names = (", ".join(self.literal(each.key[part].lower()) for each in relations) for part in (0, 1))
        return (
            "select n.nspname, c.relname, c.relkind::text, pg_catalog.pg_get_userbyid(c.relowner),\n"
            "    pg_catalog.obj_description(c.oid, 'pg_class'),\n"
            "    a.attname, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod),\n"
            "    pg_catalog.col_description(c.oid, a.attnum)\n"
            "from pg_catalog.pg_class c\n"
            "join pg_catalog.pg_namespace n on n.oid = c.relnamespace\n"
            "join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped\n"
            "where c.relkind in ('r', 'p', 'f', 'v', 'm')\n"
            f"and (lower(n.nspname), lower(c.relname)) in (select * from unnest(array[{schemas}], array[{names}]))\n"
            "order by n.nspname, c.relname, a.attnum"
        )

    def create_schema(self, schema: str) -> str:
        """SQL that makes a schema, if it is not there. The second of two sessions that try at once waits for the first.

        Then it may still remember that there was none: that is what the exception is for.
        """
        make = f"begin create schema if not exists {self.quote(schema)}; exception when unique_violation then null; end"
        return f"select pg_catalog.pg_advisory_xact_lock({_SCHEMAS});\ndo {self.literal(make)}"

    def schemas_query(self, schemas: Sequence[str]) -> str:
        """SQL that gives those of the schemas that exist."""
        return f"select nspname from pg_catalog.pg_namespace where nspname in ({', '.join(map(self.literal, schemas))})"

    def all_schemas_query(self) -> str:
        """SQL that gives the names of all schemas but the server's own, in order."""
        return (
            "select nspname from pg_catalog.pg_namespace\n"
            "where nspname not like 'pg\\_%' and nspname <> 'information_schema' order by nspname"
        )

    def attached_query(self) -> str:
        """SQL that gives (schema, name, JSON) of all that hangs on the two relations of `attached_names`."""
        return attached_query()

    def attached_names(self, first: Relation, second: Relation) -> str:
        """SQL that puts the names into settings of our own."""
        values = zip(NAMES, (*first.key, *second.key), strict=True)
        return "select " + ", ".join(f"set_config('{name}', {self.literal(value)}, true)" for name, value in values)

"""Locks in Postgres: advisory ones for writers, `lock_timeout` for the budget of publishing.

The budget is counted by the server's clock, in settings of our own that end with the transaction: many statements go
out as one, and each still knows what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.locking import OID_DIGITS, OUTGROWN, Locking
from airflow_sqlmodels.manifest.relation import Relation

_DROP_WAIT_MS = 1000
_IS_OUTGROWN = f"right(c.relname, {len(OUTGROWN) + OID_DIGITS}) = '{OUTGROWN}' || lpad(c.oid::text, {OID_DIGITS}, '0')"
"""Of a row c of pg_class. If the transaction that put it aside did not end well, it has its old name, and is none."""
_SHOWN = 200
"""Characters of another session's statement that a message shows."""


class PostgresLocks(Locking):
    """What Postgres says about locks."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def try_to_write(self, key: int, candidate: Relation, relation: Relation, outgrown: str) -> str:
        """SQL that takes an advisory lock of the session if it is free, and looks around."""
        kind, options = "c.relkind::text", "array_to_string(c.reloptions, ', ')"
        return (
            f"select pg_catalog.pg_try_advisory_lock({key}),\n"
            f"    {self._field(kind, candidate)},\n    {self._field(kind, relation)},\n"
            f"    {self._field(options, relation)},\n"
            "    pg_catalog.current_setting('server_version_num')::int, pg_catalog.pg_backend_pid(),\n"
            f"    {self._named_like(outgrown, relation.schema)}"
        )

    def drop_unread(self, oids: Sequence[int]) -> str:
        """SQL that looks first: to drop what is read would make its readers wait, and be refused then."""
        return (
            "do $$\ndeclare\n    each record;\nbegin\n"
            f"    perform set_config('lock_timeout', '{_DROP_WAIT_MS}', true);\n"
            "    for each in select c.oid, c.relkind from unnest(array["
            f"{', '.join(map(str, oids))}]::oid[]) with ordinality o(oid, place)\n"
            "        join pg_catalog.pg_class c on c.oid = o.oid\n"
            f"        where {_IS_OUTGROWN} order by o.place\n"
            "    loop\n"
            "        if not exists (select from pg_catalog.pg_depend d\n"
            "            join pg_catalog.pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid\n"
            "            where d.refclassid = 'pg_class'::regclass and d.refobjid = each.oid\n"
            "                and r.ev_class <> each.oid)\n"
            "        then\n"
            "            begin\n"
            "                execute format('drop %s %s', case each.relkind when 'v' then 'view'\n"
            "                    when 'm' then 'materialized view' else 'table' end, each.oid::regclass);\n"
            "            exception when lock_not_available or dependent_objects_still_exist then null;\n"
            "            end;\n"
            "        end if;\n"
            "    end loop;\nend $$"
        )

    def wait_to_write(self, key: int) -> str:
        """SQL that waits for an advisory lock of the session."""
        return f"select pg_catalog.pg_advisory_lock({key})"

    def end_writing(self, key: int) -> str:
        """SQL that commits and gives an advisory lock back."""
        return f"commit;\nselect pg_catalog.pg_advisory_unlock({key})"

    def writers(self, key: int) -> str:
        """SQL that gives who holds an advisory lock."""
        # a key of 64 bits is shown as two numbers: postgresql.org/docs/current/view-pg-locks.html
        high, low = (key >> 32) & 0xFFFFFFFF, key & 0xFFFFFFFF
        return (
            f"select a.pid, a.application_name, clock_timestamp() - a.query_start, left(a.query, {_SHOWN})\n"
            "from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid\n"
            "where l.locktype = 'advisory' and l.granted and l.objsubid = 1\n"
            "    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())\n"
            f"    and l.classid::bigint = {high} and l.objid::bigint = {low}"
        )

    def open_budget(self, seconds: float) -> str:
        """SQL that notes when the budget ends, and what `lock_timeout` was."""
        return (
            "select set_config('sqlmodels.lock_timeout', current_setting('lock_timeout'), true),\n"
            f"    set_config('sqlmodels.until', (extract(epoch from clock_timestamp()) + {seconds:.3f})::text, true)"
        )

    def within_budget(self) -> str:
        """SQL that sets `lock_timeout` to what is left, at least a millisecond: 0 would mean no limit."""
        return (
            "select set_config('lock_timeout', greatest(1, ceil(1000 * (current_setting('sqlmodels.until')::float8\n"
            "    - extract(epoch from clock_timestamp()))))::int::text, true)"
        )

    def close_budget(self) -> str:
        """SQL that sets `lock_timeout` back."""
        return "select set_config('lock_timeout', current_setting('sqlmodels.lock_timeout'), true)"

    def hold(self, name: str, kind: str, owner: str) -> str:
        """SQL that takes the exclusive lock."""
        if kind == "table":
            return f"lock table only {name} in access exclusive mode"
        # `lock table` would lock all that a view reads; giving a view to its owner locks it and changes nothing
        return f"alter {kind.replace('_', ' ')} {name} owner to {self._dialect.quote(owner)}"

    def keep_maintenance_off(self, names: Sequence[str], seconds: float) -> str:
        """SQL that takes the weakest lock that autovacuum gives way to, which it does after `deadlock_timeout`."""
        return (
            f"set local lock_timeout = {max(int(seconds * 1000), 1)};\n"
            f"lock table only {', only '.join(names)} in share update exclusive mode"
        )

    def in_the_way(self, names: Sequence[str]) -> str:
        """SQL that gives who holds a lock on one of the relations."""
        listed = ", ".join(f"pg_catalog.to_regclass({self._dialect.literal(name)})" for name in names)
        return (
            "select distinct a.pid, a.application_name, a.usename, a.state, clock_timestamp() - a.xact_start,\n"
            f"    left(a.query, {_SHOWN})\n"
            "from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid\n"
            f"where l.relation in ({listed}) and l.granted and a.pid <> pg_catalog.pg_backend_pid()\n"
            "order by 5 desc nulls last"
        )

    def _named_like(self, beginning: str, schema: str) -> str:
        """The oids of the relations of a schema whose names begin so; null if there are none."""
        literal = self._dialect.literal
        # unlike in a pattern, no character means something else in a range; the colon is what follows the digits
        return (
            "(select array_agg(c.oid::bigint order by c.oid desc) from pg_catalog.pg_class c"
            " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            f" where n.nspname = {literal(schema)}"
            f" and c.relname >= {literal(beginning + '0')} and c.relname < {literal(beginning + ':')}"
            " and c.relkind in ('r', 'v', 'm'))"
        )

    def _field(self, field: str, relation: Relation) -> str:
        """A field of a relation's row in the catalog; null if there is no such relation."""
        literal = self._dialect.literal
        return (
            f"(select {field} from pg_catalog.pg_class c"
            " join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
            f" where n.nspname = {literal(relation.schema)} and c.relname = {literal(relation.identifier)})"
        )

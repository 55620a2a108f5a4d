"""The views that name a relation directly: what they are made of, and whether a new relation can carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import PublishError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.session import Session


@dataclass(frozen=True, slots=True)
class DirectView:
    """A view whose definition names the relation."""

    name: str
    """Quoted, with its schema."""
    kind: str
    """`v`, or `m` for a materialized view."""
    definition: str
    options: str
    """`security_barrier=true, …`; "" for none."""
    columns: tuple[str, ...]
    """The columns of the relation that it uses."""

    def statement(self) -> str:
        """SQL that makes it again, by what the names in it mean at that moment. Its oid, grants and comments stay."""
        with_options = f" with ({self.options})" if self.options else ""
        return f"create or replace view {self.name}{with_options} as {self.definition.rstrip().rstrip(';')}"


def direct_views(session: Session, dialect: Dialect, relation: Relation) -> list[DirectView]:
    """The views on a relation, each once."""
    # A view's rule depends on what the view reads: postgresql.org/docs/current/catalog-pg-depend.html
    rows = session.query(
        "select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(v.relname), v.relkind::text,\n"
        "    pg_catalog.pg_get_viewdef(v.oid), coalesce(pg_catalog.array_to_string(v.reloptions, ', '), ''),\n"
        "    array_agg(distinct a.attname::text) filter (where a.attname is not null)\n"
        "from pg_catalog.pg_depend d\n"
        "join pg_catalog.pg_rewrite r on r.oid = d.objid\n"
        "join pg_catalog.pg_class v on v.oid = r.ev_class\n"
        "join pg_catalog.pg_namespace n on n.oid = v.relnamespace\n"
        "join pg_catalog.pg_class t on t.oid = d.refobjid\n"
        "join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace\n"
        "left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid and d.refobjsubid > 0\n"
        "where d.classid = 'pg_catalog.pg_rewrite'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass\n"
        f"    and tn.nspname = {dialect.literal(relation.schema)}\n"
        f"    and t.relname = {dialect.literal(relation.identifier)}\n"
        "    and v.oid <> t.oid\n"
        "group by 1, 2, 3, 4 order by 1"
    ).rows
    return [DirectView(name, kind, text, options, tuple(used or ())) for name, kind, text, options, used in rows]


def refuse_lost_columns(relation: Relation, views: Sequence[DirectView], columns: Sequence[str]) -> None:
    """Raises PublishError if a view uses a column that the new relation has not, or cannot be carried at all."""
    for view in views:
        lost = [column for column in view.columns if column not in columns]
        if lost:
            raise PublishError(
                f"the view {view.name} needs the column {lost[0]!r}, which {relation} would no longer have",
                None,
                f"keep the column, or change {view.name} first; nothing was changed",
            )
        if view.kind == "m":
            raise PublishError(
                f"the materialized view {view.name} stands on {relation}: it would go on reading the old rows",
                None,
                "make it a model (materialized='materialized_view'), or drop it first; nothing was changed",
            )

"""Source tables that are not there: looked for when a run begins, and told with their place in the YAML file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from airflow_sqlmodels.errors import Location, SqlModelsError, WarehouseError, closest
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, NodeId, Relational, Source, Templated
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.project.written import place_of
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session

MISSING_TABLE = "42P01"  # undefined_table: postgresql.org/docs/current/errcodes-appendix.html
SHOWN_NAMES = 8
"""How many names a hint lists when none of them is near."""

_NAME = re.compile(r"\w+")


def absent_sources(means: Answerer, node_ids: Iterable[NodeId], session: Session) -> list[str]:
    """A warning for each source that these nodes name and the warehouse does not have. Asks once, if it may.

    It stops nothing: a node may name a source in a comment only, and tables that one of these nodes or its hooks write
    may come while they run.
    """
    listed = [means.manifest[node_id] for node_id in node_ids]
    written = {relation.key for node in listed if (relation := _written(node)) is not None}
    readers: dict[NodeId, tuple[Source, AnyNode]] = {}
    for node in listed:
        for source in _sources_of(means, node):
            if source.relation.key not in written and not node.config.get("pre_hook"):
                readers.setdefault(source.id, (source, node))
    try:
        there = _there(means, [source for source, _ in readers.values()], session)
        found = [(source, node) for source, node in readers.values() if not _is_there(source.relation, there)]
        return [str(missing_source(means, node, [source], session)) for source, node in found]
    except SqlModelsError:
        return []
    finally:
        session.rollback()


def missing_source(
    means: Answerer, node: AnyNode, sources: Iterable[Source], session: Session
) -> WarehouseError | None:
    """What to say of the first of these sources that is not there; None if all are. Asks the catalog."""
    asked = [source for source in sources if _is_certain(means, source.relation)]
    there = _there(means, asked, session)
    for source in asked:
        if not _is_there(source.relation, there):
            reader = "" if node.id == source.id else f", which {place_of_call(node, source)} reads"
            hint = _near(means, source.relation, there, session)
            session.rollback()
            return WarehouseError(f"there is no table {source.relation}{reader}", source.at, hint, MISSING_TABLE)
    session.rollback()
    return None


def relations_read(manifest: Manifest, node: AnyNode) -> Iterator[Relational]:
    """The nodes whose tables a node's query names: through ephemeral models, and a source itself."""
    if isinstance(node, Source):
        yield node
    for node_id in dict.fromkeys(node.depends_on):
        parent = manifest.get(node_id)
        if isinstance(parent, Model) and parent.materialized == "ephemeral":
            yield from relations_read(manifest, parent)
        elif isinstance(parent, Relational):
            yield parent


def place_of_call(node: AnyNode, parent: Relational) -> Location:
    """Where a node says `ref` or `source` of another; the node's own place if that cannot be told."""
    if not isinstance(node, Templated) or getattr(node, "generic", None) is not None:
        return node.at
    word = "source" if isinstance(parent, Source) else "ref"
    found = place_of(node.raw_code, node.at.path, word, parent.name)
    line = node.body_line + found.line - 1
    return Location(found.path, line, found.column, found.text) if found.text else node.at


def _sources_of(means: Answerer, node: AnyNode) -> list[Source]:
    read = (each for each in relations_read(means.manifest, node) if isinstance(each, Source))
    return [source for source in read if _is_certain(means, source.relation)]


def _is_certain(means: Answerer, relation: Relation) -> bool:
    """Whether the catalog can tell: the name is one of this database, and no function call or the like."""
    here = means.manifest.settings.target.database
    plain = relation.quoting.identifier or _NAME.fullmatch(relation.identifier)
    return bool(plain and relation.schema) and relation.database in ("", here)


def _there(means: Answerer, sources: Collection[Source], session: Session) -> set[catalog.Key]:
    schemas = sorted({folded(source.relation)[0] for source in sources})
    return set(catalog.schema_catalog(session, means.dialect, schemas))


def _is_there(relation: Relation, there: Collection[catalog.Key]) -> bool:
    return folded(relation) in there


def folded(relation: Relation) -> catalog.Key:
    """Schema and name as the catalog has them: what is not quoted is in lower case."""
    quoting = relation.quoting
    schema = relation.schema if quoting.schema else relation.schema.lower()
    return schema, relation.identifier if quoting.identifier else relation.identifier.lower()


def _near(means: Answerer, relation: Relation, there: Collection[catalog.Key], session: Session) -> str:
    """A hint with the nearest names: of tables in the schema, or of schemas if there is none of that name."""
    schema, name = folded(relation)
    names = sorted(table for place, table in there if place == schema)
    if not names and schema not in (schemas := catalog.schemas(session, means.dialect)):
        return f"there is no schema {schema!r}: {closest(schema, schemas) or _listed('known', schemas)}"
    near = closest(name, names)
    return near or (_listed(f"the schema {schema!r} has", names) if names else f"the schema {schema!r} is empty")


def _listed(title: str, names: Collection[str]) -> str:
    shown = list(names)[:SHOWN_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{title} {', '.join(map(repr, shown))}{more}"


def _written(node: AnyNode) -> Relation | None:
    return None if isinstance(node, Source) else getattr(node, "relation", None)

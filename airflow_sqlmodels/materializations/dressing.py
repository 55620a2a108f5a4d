"""What is put on a new relation besides its rows: indexes, comments, grants."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build


@dataclass(frozen=True, slots=True)
class Index:
    """One entry of the config `indexes`."""

    columns: tuple[str, ...]
    unique: bool
    method: str
    """btree, hash, gin…; "" for the warehouse's default."""

    def name(self, on: Relation, dialect: Dialect) -> str:
        """Stable: from the relation, the columns and the kind of index."""
        mark = hashlib.blake2b(repr(self).encode(), digest_size=4).hexdigest()
        return dialect.fit(f"{on.identifier}_{'_'.join(self.columns)}", f"_{mark}")

    def statement(self, on: Relation, dialect: Dialect) -> str:
        """SQL that makes it."""
        unique, method = ("unique " if self.unique else ""), (f" using {self.method}" if self.method else "")
        listed = ", ".join(map(dialect.quote, self.columns))
        name = dialect.quote(self.name(on, dialect))
        return f"create {unique}index {name} on {dialect.render(on)}{method} ({listed})"


def indexes_of(build: Build) -> list[Index]:
    """The config `indexes`. Raises ProjectError for an entry without columns."""
    found = []
    for index in build.config.get("indexes") or ():
        if not isinstance(index, Mapping) or not index.get("columns"):
            raise ProjectError("an index needs columns", build.node.at, "indexes: [{columns: [id], unique: true}]")
        columns = tuple(str(each) for each in index["columns"])
        found.append(Index(columns, bool(index.get("unique")), str(index.get("type") or "")))
    return found


def index_renames(build: Build, candidate: Relation) -> list[str]:
    """SQL that gives the candidate's indexes the relation's names, once these are free."""
    dialect, schema = build.dialect, build.dialect.quote(build.relation.schema)
    return [
        f"alter index {schema}.{dialect.quote(each.name(candidate, dialect))}"
        f" rename to {dialect.quote(each.name(build.relation, dialect))}"
        for each in indexes_of(build)
    ]


def comment_statements(build: Build, on: Relation, kind: str) -> Iterator[str]:
    """SQL for the config `persist_docs`."""
    said = build.config.get("persist_docs") or {}
    name = build.dialect.render(on)
    if said.get("relation") and build.node.description:
        yield f"comment on {kind.replace('_', ' ')} {name} is {build.dialect.literal(build.node.description)}"
    if said.get("columns"):
        for column in build.node.columns.values():
            if column.description:
                quoted = build.dialect.quote(column.name)
                yield f"comment on column {name}.{quoted} is {build.dialect.literal(column.description)}"


def grant_statements(build: Build, on: Relation) -> Iterator[str]:
    """SQL for the config `grants`."""
    return grants(build.config.get("grants") or {}, on, build.dialect)


def grants(said: Mapping[str, Any], on: Relation, dialect: Dialect) -> Iterator[str]:
    """SQL for privilege -> grantees."""
    for privilege, grantees in said.items():
        names = [grantees] if isinstance(grantees, str) else list(grantees or ())
        if names:
            listed = ", ".join("public" if name == "public" else dialect.quote(str(name)) for name in names)
            yield f"grant {privilege} on {dialect.render(on)} to {listed}"


def dressing(build: Build, on: Relation, kind: str) -> str:
    """All of it as one text of several statements; "" if there is nothing."""
    indexes = () if kind == "view" else tuple(each.statement(on, build.dialect) for each in indexes_of(build))
    return ";\n".join((*indexes, *comment_statements(build, on, kind), *grant_statements(build, on)))

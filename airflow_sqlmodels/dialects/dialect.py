"""What differs from one warehouse to the next, as a table of facts and small functions from names to SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from airflow_sqlmodels.manifest.relation import Relation


class Dialect(ABC):
    """The standard; each file beside this one states what differs."""

    name: str
    """What `type:` in profiles.yml and `adapter.dispatch` call it."""

    identifier_bytes: int
    """The longest identifier the warehouse keeps, in bytes."""

    transactional_ddl: bool
    """Whether CREATE, DROP and RENAME can be rolled back."""

    sqlglot_name: str
    """What sqlglot calls it."""

    def quote(self, identifier: str) -> str:
        """The identifier as it stands in SQL, quoted."""
        return '"' + identifier.replace('"', '""') + '"'

    def render(self, relation: Relation) -> str:
        """The relation's name as it stands in SQL: the parts that are set, quoted where its policy says so."""
        parts = (
            (relation.database, relation.quoting.database),
            (relation.schema, relation.quoting.schema),
            (relation.identifier, relation.quoting.identifier),
        )
        return ".".join(self.quote(part) if quoted else part for part, quoted in parts if part)

    @abstractmethod
    def fit(self, identifier: str, suffix: str) -> str:
        """`identifier` with `suffix`, shortened in the middle so that the warehouse keeps all of it; stable and unique."""

    @abstractmethod
    def create_table_as(self, relation: Relation, select: str, *, unlogged: bool = False, temporary: bool = False) -> str:
        """SQL that makes a table of what `select` gives."""

    @abstractmethod
    def columns_query(self, relations: Sequence[Relation]) -> str:
        """SQL that gives (schema, identifier, column, data type, position, character length, precision, scale)."""

"""What differs from one warehouse to the next, as a table of facts and small functions from names to SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from airflow_sqlmodels.dialects.locking import Locking
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

    kinds: Mapping[str, str]
    """The kinds of relation: the catalog's word for each, and ours (table, view, materialized_view, foreign_table)."""

    @property
    @abstractmethod
    def locking(self) -> Locking:
        """What it says about locks."""

    def quote(self, identifier: str) -> str:
        """The identifier as it stands in SQL, quoted."""
        return '"' + identifier.replace('"', '""') + '"'

    def render(self, relation: Relation) -> str:
        """The relation's name as it stands in SQL: the parts that are set, quoted where its policy says so."""
        quoting, quote = relation.quoting, self.quote
        parts = []
        if relation.database:
            parts.append(quote(relation.database) if quoting.database else relation.database)
        if relation.schema:
            parts.append(quote(relation.schema) if quoting.schema else relation.schema)
        if relation.identifier:
            parts.append(quote(relation.identifier) if quoting.identifier else relation.identifier)
        return ".".join(parts)

    @abstractmethod
    def fit(self, identifier: str, suffix: str) -> str:
        """`identifier` with `suffix`, shortened so that the warehouse keeps all of it; stable and unique."""

    @abstractmethod
    def create_table_as(
        self, relation: Relation, select: str, *, unlogged: bool = False, temporary: bool = False
    ) -> str:
        """SQL that makes a table of what `select` gives."""

    @abstractmethod
    def columns_query(self, relations: Sequence[Relation]) -> str:
        """SQL that gives (schema, identifier, column, data type, position, character length, precision, scale)."""

    @abstractmethod
    def types_query(self, relations: Sequence[Relation]) -> str:
        """SQL that gives (schema, identifier, column, type as DDL spells it) of the relations that exist, in order."""

    @abstractmethod
    def types_of_select(self, select: str) -> str:
        """Statements whose last gives (column, type as DDL spells it) of what `select` gives, without running it.

        Something temporary may stay behind; it is gone once the transaction is rolled back.
        """

    @abstractmethod
    def same_view(self, select: str, relation: Relation) -> str:
        """Statements whose last gives whether a view that is there would be the same if it were made of `select`.

        Something temporary stays behind until the transaction ends.
        """

    @abstractmethod
    def find_query(self, relation: Relation) -> str:
        """SQL that gives the kind (the catalog's word) and owner of a relation; no row if there is none."""

    @abstractmethod
    def alike_query(self, relation: Relation) -> str:
        """SQL that gives schema and name of the relations of that name, whatever its case."""

    @abstractmethod
    def schema_of_query(self, identifier: str) -> str:
        """SQL that gives the schema in which the server finds a name that comes without one."""

    @abstractmethod
    def schema_query(self, schemas: Sequence[str]) -> str:
        """SQL that gives schema, name, kind (the catalog's word) and owner of all relations in these schemas."""

    @abstractmethod
    def functions_query(self, schemas: Sequence[str]) -> str:
        """SQL that gives schema and name of all functions in these schemas."""

    @abstractmethod
    def catalog_query(self, relations: Sequence[Relation]) -> str:
        """SQL that gives schema, name, kind, owner, comment, column, position, type and the column's comment.

        Of the relations that exist, whatever the case of their names; a row for each column.
        """

    @abstractmethod
    def schemas_query(self, schemas: Sequence[str]) -> str:
        """SQL that gives those of the schemas that exist."""

    @abstractmethod
    def all_schemas_query(self) -> str:
        """SQL that gives the names of all schemas but the server's own, in order."""

    @abstractmethod
    def create_schema(self, schema: str) -> str:
        """SQL that makes a schema unless it is there; several sessions may say it at once."""

    @abstractmethod
    def attached_query(self) -> str:
        """SQL that gives (schema, name, JSON) of all that hangs on two relations: `publish.attached` has the fields.

        Which two is said before by `attached_names`.
        """

    @abstractmethod
    def attached_names(self, first: Relation, second: Relation) -> str:
        """SQL that says, until the transaction ends, of which relations `attached_query` tells."""

    @abstractmethod
    def literal(self, text: str) -> str:
        """A text as it stands in SQL."""

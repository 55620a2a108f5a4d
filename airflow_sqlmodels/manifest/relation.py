"""A named table or view in a warehouse, as a value."""

from msgspec import Struct
from msgspec.structs import replace


class Quoting(Struct, frozen=True):
    """Which parts of a relation's name are quoted when it is written out."""

    database: bool = True
    schema: bool = True
    identifier: bool = True


class Relation(Struct, frozen=True):
    """The name of a table or view. What it is called, not whether it exists."""

    database: str
    schema: str
    identifier: str
    quoting: Quoting = Quoting()

    def named(self, identifier: str) -> "Relation":
        """The relation of another name beside this one."""
        return replace(self, identifier=identifier)

    def within(self, database: str) -> "Relation":
        """The relation; in this database if it names none: while a project is loaded, a DAG's is not known."""
        return self if self.database else replace(self, database=database)

    @property
    def key(self) -> tuple[str, str]:
        """Schema and identifier: what tells relations of one database apart."""
        return self.schema, self.identifier

    def __str__(self) -> str:
        """The plain dotted name, for people; SQL gets its name from the dialect."""
        return ".".join(part for part in (self.schema, self.identifier) if part)

"""What a unit test is made of: rows, and what is something else while it runs."""

from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.errors import Location


class FixtureRows(Struct, frozen=True, kw_only=True):
    """Rows of a unit test: what an input holds, or what is expected."""

    at: Location
    format: str = "dict"
    """How they are written: dict, csv or sql."""
    rows: tuple[dict[str, Any], ...] = ()
    lines: tuple[int, ...] = ()
    """The line of each row in the file of `at`; empty if they are not written there."""
    sql: str | None = None
    """The query that gives them, instead of rows."""
    fixture: str | None = None
    """The name of the file that they were read from."""

    def place(self, number: int) -> Location:
        """Where a row stands; where the rows begin if its line is not known."""
        return Location(self.at.path, self.lines[number]) if self.lines else self.at


class Overrides(Struct, frozen=True, kw_only=True):
    """What is something else while a model is tested: by name its value."""

    macros: dict[str, Any] = field(default_factory=dict)
    vars: dict[str, Any] = field(default_factory=dict)
    env_vars: dict[str, Any] = field(default_factory=dict)

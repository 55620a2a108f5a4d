"""Macros and docs blocks: what a project has beside its nodes. Structs as in `nodes`, for the same reasons."""

from typing import Any, NewType

from msgspec import Struct, field

from airflow_sqlmodels.errors import Location

MacroId = NewType("MacroId", str)
"""`macro.shop.cents`."""

IS_INCREMENTAL = MacroId("macro.dbt.is_incremental")


class Macro(Struct, frozen=True, kw_only=True):
    """A named piece of template. Tests and materializations are macros with a prefix, as in dbt."""

    id: MacroId
    name: str
    package: str
    path: str
    """Relative to the root of its package; for built-in macros, to this library."""
    at: Location
    text: str
    """The whole block, tags included."""
    around: tuple[str, str] = ("", "")
    """The white space in front of it and behind it that its tags swallow (`{%-`, `-%}`)."""
    windows: str = ""
    """`around` and `text` with the line ends of the file, if these are not `\\n`: what artifacts say of it."""
    description: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    arguments: tuple[dict[str, Any], ...] = ()
    """What properties say of its arguments; empty if they say nothing."""
    docs: dict[str, Any] = field(default_factory=dict)
    """What properties say of its place on the documentation site."""
    patch_path: str | None = None
    """The properties file that describes it, relative to the root of its package."""

    @property
    def as_written(self) -> str:
        """The block as it is in its file, with the white space that its tags swallow."""
        return self.windows or self.text.join(self.around)


class Doc(Struct, frozen=True, kw_only=True):
    """A `{% docs %}` block."""

    id: str
    name: str
    package: str
    path: str
    text: str
    base: str = ""
    """The resource folder in which it was found: `models`."""

"""What the caller of a load chose, apart from the project's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.templating.invocation import Flags, Invocation
from airflow_sqlmodels.templating.variables import EnvVar


def ignore(_message: str) -> None:
    """Nobody wants to know."""


class Choices(Struct, frozen=True, kw_only=True):
    """What the caller chose, apart from the project's own words."""

    target: Target
    vars: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    version_check: bool | None = None
    """Whether `require-dbt-version` counts; None: as `flags:` of the project say, else it does."""
    user_flags: Mapping[str, Any] = field(default_factory=dict)
    """`config:` of profiles.yml: what holds if the project has no `flags:`."""
    said_flags: Mapping[str, Any] = field(default_factory=dict)
    """Flags of the command line that count more than the project's."""
    say: Callable[[str], None] = ignore
    """Where `log(..., info=True)` goes of templates that are read."""
    show: Callable[[str], None] = print
    """Where `print(...)` goes of templates that are read."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """Everything that the caller said, by dbt's names: what templates see as `flags`."""
    env_read: set[str] = field(default_factory=set)
    """The environment variables that loading has read so far."""
    flags_read: set[str] = field(default_factory=set)
    """The flags that templates have asked for so far, in capitals."""

    @property
    def env_var(self) -> EnvVar:
        """`env_var()` for templates; it notes what is read."""
        return EnvVar(self.env, note=self.env_read.add)

    def flags(self, project_flags: Mapping[str, Any]) -> Flags:
        """`flags` for templates; it notes what is read."""
        said = self.said
        invocation = Invocation(
            command=said.get("which", "parse"),
            full_refresh=said.get("full_refresh"),
            store_failures=said.get("store_failures"),
            empty=bool(said.get("empty")),
            args=said,
        )
        return Flags(invocation, project_flags, self.flags_read.add)

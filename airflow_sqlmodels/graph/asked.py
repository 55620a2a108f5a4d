"""What is asked of a selector method: one `method.argument:value`, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location, SelectorError, closest
from airflow_sqlmodels.graph.state import State
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode

Predicate = Callable[[AnyNode], bool]

NO_STATE = "Got a state selector method, but no comparison manifest"


class Asked(Struct, frozen=True):
    """One `method.argument:value`."""

    manifest: Manifest
    value: str
    arguments: tuple[str, ...] = ()
    at: Location | None = None
    state: State | None = None
    written: Any = None
    """The value as YAML has it, if it is no text there."""

    @property
    def typed(self) -> Any:
        """The value, as a number if that is what was written."""
        return self.value if self.written is None else self.written

    def like(self, name: str) -> bool:
        """Whether `name` matches the value, which may be a glob."""
        return fnmatchcase(name, self.value)

    def earlier(self) -> State:
        """The state to compare with. Raises SelectorError if there is none."""
        if self.state is None:
            raise self.refuse(f"{NO_STATE}: it needs an earlier state", "name its folder: --state path/to/artifacts")
        return self.state

    def refuse(self, what: str, hint: str = "") -> SelectorError:
        """The error that says what is wrong with the value, ready to be raised."""
        return SelectorError(what, self.at, hint)


def one_of(asked: Asked, known: Iterable[str], what: str) -> str:
    """The value, which must be one of those known. Raises SelectorError if it is not."""
    if asked.value not in known:
        hint = closest(asked.value, known) or f"there are {', '.join(known)}"
        raise asked.refuse(f"no {what} {asked.value!r}", hint)
    return asked.value

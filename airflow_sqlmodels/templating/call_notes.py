"""What the templates of a node do: which macros they call, and whether they write."""

from __future__ import annotations

from msgspec import Struct, field

from airflow_sqlmodels.manifest.macro import MacroId


class CallNotes(Struct):
    """Notes which macros a template calls itself, not those that they call."""

    called: dict[MacroId, None] = field(default_factory=dict)
    depth: int = 0
    wrote: bool = False
    """Whether a statement was sent that may have changed something."""

    def enter(self, macro: MacroId) -> None:
        """A macro is called."""
        if not self.depth:
            self.called[macro] = None
        self.depth += 1

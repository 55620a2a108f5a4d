"""What compiling a node gave."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_sqlmodels.manifest.nodes import MacroId, NodeId


@dataclass(frozen=True, slots=True)
class CompiledCode:
    """The SQL of a node, and of the ephemeral models in it."""

    sql: str | None
    """None if its template failed."""
    ctes: tuple[tuple[NodeId, str], ...] = ()
    macros: tuple[MacroId, ...] = ()
    """The macros that its template called now: some are called only when the warehouse can be asked."""

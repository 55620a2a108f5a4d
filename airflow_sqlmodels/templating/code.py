"""What compiling a node gave."""

from __future__ import annotations

from msgspec import Struct

from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import NodeId


class CompiledCode(Struct, frozen=True):
    """The SQL of a node, and of the ephemeral models in it."""

    sql: str | None
    """None if its template failed."""
    ctes: tuple[tuple[NodeId, str], ...] = ()
    macros: tuple[MacroId, ...] = ()
    """The macros that its template called now: some are called only when the warehouse can be asked."""

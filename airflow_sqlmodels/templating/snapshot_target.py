"""Whether a table is one that a snapshot can go on with."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sqlmodels.errors import CompilationError, Location


def refuse_lacking(target: object, there: Iterable[str], names: Iterable[str], at: Location | None = None) -> None:
    """Raises CompilationError if the table does not have columns of all these names, whatever their case."""
    known = {name.lower() for name in there}
    lacking = [name for name in names if name.lower() not in known]
    if lacking:
        raise CompilationError(
            f"Snapshot target is missing configured columns: {target} has no {', '.join(map(repr, lacking))}",
            at,
            "give the snapshot another alias, or add the columns to the table",
        )

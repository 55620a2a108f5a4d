"""What the config asks for on a new relation, as far as publishing must know it."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_sqlmodels.dialects.indexes import IndexSpec


@dataclass(frozen=True, slots=True)
class Wanted:
    """What comes on top of what is carried over."""

    indexes: tuple[IndexSpec, ...] = ()
    statements: tuple[str, ...] = ()
    """SQL for the candidate: comments, grants."""
    grants: bool = False
    """Whether the config lists the grants: then nobody else's are carried over."""

"""What the config asks for on a new relation, as far as publishing must know it."""

from __future__ import annotations

from msgspec import Struct

from airflow_sqlmodels.dialects.indexes import IndexSpec


class Wanted(Struct, frozen=True):
    """What comes on top of what is carried over."""

    indexes: tuple[IndexSpec, ...] = ()
    statements: tuple[str, ...] = ()
    """SQL for the candidate: comments, grants."""
    grants: bool = False
    """Whether the config lists the grants: then nobody else's are carried over."""
    contract: bool = False
    """Whether the config lists keys, constraints and `not null`: then no others are carried over."""
    unenforced: frozenset[str] = frozenset()
    """Names of constraints that the config lists and no contract enforces: an earlier one made them."""
    nullable: frozenset[str] = frozenset()
    """Columns that such a constraint kept from being null."""
    renames: tuple[str, ...] = ()
    """SQL that gives constraints of the config their names, once the old relation is gone."""

"""The candidate: the finished new relation beside the old one, under a name that anybody can find."""

from __future__ import annotations

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Relation

CANDIDATE, REPLACED = "__candidate", "__replaced"
"""What follows a relation's name while it is built, and while the old one is put aside."""


def candidate_of(relation: Relation, dialect: Dialect) -> Relation:
    """Where the new rows are gathered: `fct_orders__candidate`. What a broken run left is dropped by the next."""
    return relation.named(dialect.fit(relation.identifier, CANDIDATE))


def replaced_of(relation: Relation, dialect: Dialect) -> Relation:
    """What the old relation is called for the moment between renaming and dropping it."""
    return relation.named(dialect.fit(relation.identifier, REPLACED))

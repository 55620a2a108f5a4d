"""What the project's own macros put on a finished relation: they send it themselves, in the node's transaction."""

from __future__ import annotations

from airflow_sqlmodels.materializations.build import Build

MACROS = ("create_indexes", "apply_grants", "persist_docs")
"""dbt's macros for this; what a project has of its own takes the place of what we would do."""


def has_own(build: Build, name: str) -> bool:
    """Whether the project has that one of MACROS."""
    return build.own(name) is not None


def dress(build: Build, kind: str, *, rebuilt: bool) -> None:
    """Call those that the project has. `rebuilt`: the relation is a new one, without grants from before."""
    relation = build.template_relation(build.relation, kind)
    indexes, grants, docs = (build.own(name) for name in MACROS)
    if indexes is not None and rebuilt and kind != "view":
        indexes(relation)
    if grants is not None:
        grants(relation, build.config.get("grants") or {}, should_revoke=not rebuilt)
    if docs is not None:
        docs(relation, build.node_view)

"""What a killed run left under the candidate's name, of whatever kind: dropped before a new one is made."""

from __future__ import annotations

from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.publish.candidate import candidate_of
from airflow_sqlmodels.warehouse import catalog


def free_candidate(build: Build) -> Relation:
    """The candidate's name, with nothing under it. Raises WarehouseError if something stands on what was there."""
    candidate = candidate_of(build.relation, build.dialect)
    left = catalog.find(build.session, build.dialect, candidate)
    if left is not None:
        kind = left.kind.replace("_", " ")
        build.session.execute(f"drop {kind} {build.dialect.render(candidate)}")
    return candidate

"""Refuses a run, before anything is sent, that is to write into a database that its connection does not reach."""

from __future__ import annotations

from airflow_sqlmodels.artifacts.end_names import written_relation
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.run.plan import Plan


def refuse_other_databases(manifest: Manifest, plan: Plan) -> None:
    """Raises SqlModelsError, as dbt does, for the first node whose relation lies in another database.

    What is only read, as sources are, is left to the server: its error is that of the node that reads it.
    """
    own = manifest.settings.target.database
    for step in plan:
        node = manifest[step.node]
        relation = written_relation(node)
        # without quotes case counts for nothing; with them the server finds what this lets pass
        if relation is not None and relation.database and relation.database.lower() != own.lower():
            what = f"Cross-db references not allowed: {node.id} is to lie in {relation.database!r}, and this is {own!r}"
            raise SqlModelsError(what, node.at, "leave out its `database`, or name that of the target")

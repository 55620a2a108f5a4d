"""Schemas that are not there yet: made by the project's macro `create_schema` if it has one, else by our statement."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.answering import Rendering
from airflow_sqlmodels.templating.relation import TemplateRelation
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session


def create_schemas(rendering: Rendering, session: Session, schemas: Iterable[str], *, commits: bool = True) -> None:
    """Make those of the schemas that are not there."""
    means, wanted = rendering.means, list(dict.fromkeys(schemas))
    macro = means.macros.of_adapter("create_schema")
    if macro is None or not wanted:
        catalog.create_schemas(session, means.dialect, wanted, commits=commits)
        return
    database = means.manifest.settings.target.database
    for schema in catalog.absent_schemas(session, means.dialect, wanted):
        rendering.called_by_adapter(macro, TemplateRelation(Relation(database, schema, ""), means.dialect))
    if commits:
        session.commit()

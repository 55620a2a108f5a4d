"""How a materialization begins: alone with its relation, in a schema that is there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.schemas import create_schemas
from airflow_sqlmodels.publish.locks import Writing, only_writer
from airflow_sqlmodels.warehouse import catalog


@contextlib.contextmanager
def writing_of(build: Build) -> Iterator[Writing]:
    """While inside, no other session of ours writes the relation. Commits at the end; rolls back after an error."""
    with only_writer(build.session, build.dialect, build.relation, build.log) as writing:
        if writing.existing is None:
            _create_schema(build)
        yield writing
    if writing.outgrown:
        build.later.append(build.dialect.locking.drop_unread(writing.outgrown))
        # what is still read may be read by nothing when the run ends; a model in batches comes here often
        build.outgrown.extend(oid for oid in writing.outgrown if oid not in build.outgrown)
    for statement in build.later:
        try:
            build.session.commit(after=statement)
        except WarehouseError as error:
            build.session.rollback()
            build.log(f"{build.relation} is published, but: {error}")


def _create_schema(build: Build) -> None:
    if build.rendering is None:
        catalog.create_schemas(build.session, build.dialect, [build.relation.schema])
    else:
        create_schemas(build.rendering, build.session, [build.relation.schema], commits=not build.begun)

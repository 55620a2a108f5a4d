"""A project's own `{% materialization %}`: it says itself what is sent, in dbt's words."""

from __future__ import annotations

from collections.abc import Mapping

from airflow_sqlmodels.errors import CompilationError, SqlModelsError
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.contract import name_foreign_keys
from airflow_sqlmodels.materializations.languages import refuse_other_language
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.templating.blocks import languages_of
from airflow_sqlmodels.templating.relation import TemplateRelation

_RETURNS = "end it with {{ return({'relations': [this]}) }}"


def custom(build: Build, macro: Macro) -> Built:
    """Let the macro build the node. What it did not commit is undone, as in dbt.

    Raises SqlModelsError if it cannot build the node's language, or sent nothing under the name `main`, by which dbt
    knows the statement that counts; CompilationError if it does not return the relations that it made.
    """
    refuse_other_language(build.node, str(macro.id).rpartition(".")[2], languages_of(macro.text))
    rendering = build.rendering
    assert rendering is not None, build.node.id
    name_foreign_keys(build)
    rendering.give("sql", build.select)
    rendering.give("compiled_code", build.select)
    with writing_of(build):
        returned = rendering.called(macro)
        build.session.rollback()
    main = rendering.results.get("main")
    if main is None:
        raise SqlModelsError(
            f"the materialization {macro.name!r} sent no statement named 'main'",
            macro.at,
            "{% call statement('main') %} … {% endcall %} around the one that builds the relation",
        )
    relations = returned.get("relations") if isinstance(returned, Mapping) else None
    if not isinstance(relations, (list, tuple)):
        what = f"the materialization {macro.name!r} did not explicitly return a list of relations"
        raise CompilationError(what, macro.at, _RETURNS)
    foreign = next((each for each in relations if not isinstance(each, TemplateRelation)), None)
    if foreign is not None:
        what = f"the materialization {macro.name!r} returned {foreign!r} among its relations, which is none"
        raise CompilationError(what, macro.at, _RETURNS)
    return Built(main["response"].rows_affected, str(main["response"]))

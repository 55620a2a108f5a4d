"""A data test that is judged by `{% materialization test %}` of the project, or of a package like elementary."""

from __future__ import annotations

from airflow_sqlmodels.compile.compiler import Compiled, note_called
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.warehouse.session import Rows, Session


def judged_by(macro: Macro, compiled: Compiled, session: Session, asked: tuple[MacroId, ...]) -> Rows:
    """What its statement `main` gave: failures, should_warn, should_error. Raises SqlModelsError if it sent none.

    `asked` is what rendering its arguments called.
    """
    rendering = compiled.rendering
    rendering.give("sql", compiled.sql)
    rendering.give("compiled_code", compiled.sql)
    with rendering.not_itself():
        rendering.called(macro)
    note_called(compiled, asked)
    session.rollback()  # as in dbt: what the macro has not committed does not stay
    main = rendering.results.get("main")
    if main is None:
        raise SqlModelsError(
            f"the materialization {macro.name!r} sent no statement named 'main'",
            macro.at,
            "call dbt.materialization_test_default() in it",
        )
    return Rows(tuple(main["table"].column_names), tuple(map(tuple, main["data"])))

"""`SqlModelsDag` and `SqlModelsTaskGroup`: a folder of SQL as a DAG, or as part of one."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from types import FrameType
from typing import Any

from airflow.sdk import DAG, TaskGroup, get_parsing_context

from airflow_sqlmodels.errors import SqlModelsError, closest
from airflow_sqlmodels.provider.compat import DAG_ARGUMENTS, dag_arguments
from airflow_sqlmodels.provider.options import Options, make_options
from airflow_sqlmodels.provider.tasks import Models, Place, build_wanted
from airflow_sqlmodels.provider.translate import Translator


class SqlModelsDag(DAG):
    """A dbt project as a DAG: one task per model in the order the SQL dictates, a test task behind each.

    `project` is the folder of dbt_project.yml, relative to the DAG file; `conn_id` an Airflow connection to Postgres.
    Everything that `Options` does not name goes to Airflow's DAG. Airflow templates are allowed in `vars`, as long as
    they do not decide which nodes there are or what these are called.

    Raises SqlModelsError, which Airflow shows as the DAG's import error, for whatever is wrong with the project.
    """

    def __init__(  # noqa: PLR0913  # each of these is an option of its own
        self,
        dag_id: str,
        *,
        project: str,
        conn_id: str,
        schema: str | None = None,
        database: str | None = None,
        target: str | None = None,
        vars: Mapping[str, Any] | None = None,  # noqa: A002  # dbt's word
        env: Mapping[str, str] | None = None,
        select: str | Sequence[str] | None = None,
        exclude: str | Sequence[str] | None = None,
        selector: str | None = None,
        indirect_selection: str = "eager",
        full_refresh: bool | None = None,
        allow_empty: bool = False,
        tests: str = "after_each",
        sources: str = "freshness",
        hooks: str = "once",
        group_by: str = "folder",
        publish: str | None = None,
        assets: bool = False,
        task_args: Mapping[str, Mapping[str, Any]] | None = None,
        translator: type[Translator] = Translator,
        **dag_kwargs: Any,
    ) -> None:
        said = {key: value for key, value in locals().items() if key in _OPTION_NAMES}
        _refuse_unknown(dag_kwargs, DAG_ARGUMENTS)
        caller = _caller()
        super().__init__(dag_id, **dag_arguments(dag_kwargs))
        self.fileloc = _file_of(caller)  # outside of a DagBag Airflow would take this library's file for it
        options = make_options(self.fileloc, project, conn_id, said)
        with self:  # so Airflow finds the DAG even if the file does not keep it in a variable
            self.models = _fill(Place(self, self.task_group, "", _reading(caller)), options, translator)


class SqlModelsTaskGroup(TaskGroup):
    """The same as `SqlModelsDag`, as a task group inside a DAG of one's own. Task ids begin with the group's id."""

    def __init__(self, group_id: str, *, project: str, conn_id: str, **said: Any) -> None:
        translator = said.pop("translator", None) or Translator
        options = {key: said.pop(key) for key in list(said) if key in _OPTION_NAMES}
        _refuse_unknown(said, _GROUP_NAMES)
        caller = _caller()
        super().__init__(group_id, **said)
        prefix = f"{self.group_id}." if self.prefix_group_id else ""
        made = make_options(_file_of(caller), project, conn_id, options)
        self.models = _fill(Place(self.dag, self, prefix, _reading(caller)), made, translator)


_OPTION_NAMES = frozenset(Options.__struct_fields__) - {"project", "conn_id"}
_GROUP_NAMES = frozenset(
    ("prefix_group_id", "parent_group", "dag", "default_args", "tooltip", "ui_color", "ui_fgcolor",
     "add_suffix_on_collision", "group_display_name", "doc_md")
)  # fmt: skip


def _fill(place: Place, options: Options, translator: type[Translator]) -> Models:
    """Put the tasks into their place. In a worker, which runs one task, only that one is made."""
    running = get_parsing_context()
    if running.dag_id == place.dag.dag_id and running.task_id:
        made = build_wanted(place, options, translator, running.task_id)
        if made is not None:
            return made
    # A worker that found its task above needs nothing of what this imports.
    from airflow_sqlmodels.provider.whole import build_all  # noqa: PLC0415

    return build_all(place, options, translator)


def _caller() -> FrameType:
    """The first frame outside of this package: in general the DAG file's."""
    frame = sys._getframe(1)
    here = __name__.partition(".")[0]
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] in (here, "airflow"):
        frame = frame.f_back
    return frame


def _file_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__file__") or frame.f_code.co_filename)


def _reading(caller: FrameType) -> FrameType | None:
    """The frame in which the caller's whole file is executed, which is another one each time; None if it is done."""
    frame: FrameType | None = caller
    while frame is not None and not (frame.f_code.co_name == "<module>" and frame.f_globals is caller.f_globals):
        frame = frame.f_back
    return frame


def _refuse_unknown(said: Mapping[str, Any], of_airflow: Collection[str]) -> None:
    for key in said:
        if key not in of_airflow:
            hint = closest(key, (*_OPTION_NAMES, *of_airflow))
            raise SqlModelsError(f"neither airflow_sqlmodels nor Airflow knows the option {key!r}", None, hint)

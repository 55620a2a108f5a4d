"""Which checks there are for the folders that a test-suite names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.provider.checks import dags, projects
from airflow_sqlmodels.provider.loaded import projects as loaded
from airflow_sqlmodels.provider.operators import SqlModelsOperator
from airflow_sqlmodels.provider.options import Options

Runnable = Callable[[], Iterator[str]]


def collected(root: Path, settings: Mapping[str, list[str]]) -> Iterator[tuple[Path, dict[str, Runnable]]]:
    """By folder the checks that the settings ask for. Raises ProjectError for a setting that cannot be meant."""
    required, skipped = settings["sqlmodels_require"], settings["sqlmodels_skip"]
    prefixes = _prefixes(settings["sqlmodels_naming"])
    _refuse_unknown("sqlmodels_require", required, (*dags.REQUIRABLE, *projects.REQUIRABLE))
    _refuse_unknown("sqlmodels_skip", skipped, (*dags.CHECKS, *projects.CHECKS))
    used: dict[str, Options] = {}
    for name in settings["sqlmodels_dags"]:
        folder = dags.read_folder(root / name)
        used |= _projects_of(folder)
        checks = dags.CHECKS | {each: dags.REQUIRABLE[each] for each in required if each in dags.REQUIRABLE}
        yield folder.path, {each: partial(check, folder) for each, check in checks.items() if each not in skipped}
    for name in settings["sqlmodels_projects"]:
        path = str((root / name).resolve())
        used.setdefault(path, Options(project=path, conn_id=""))
    for path, options in used.items():
        checks_of_sql = projects.CHECKS | {
            each: projects.REQUIRABLE[each] for each in required if each in projects.REQUIRABLE
        }
        if prefixes:
            checks_of_sql["naming"] = projects.naming_check(prefixes)
        project = _Lazy(options)
        yield (
            Path(path),
            {each: partial(_checked, check, project) for each, check in checks_of_sql.items() if each not in skipped},
        )


class _Lazy:
    """A project that is loaded by the first check that needs it: then its errors are that check's."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._project: projects.Project | None = None

    def get(self) -> projects.Project:
        """The project. Raises what is wrong with its files."""
        if self._project is None:
            self._project = projects.Project(loaded.whole(self._options))
        return self._project


def _checked(check: projects.Check, project: _Lazy) -> Iterator[str]:
    yield from check(project.get())


def _projects_of(folder: dags.DagFolder) -> dict[str, Options]:
    """By folder the projects that the DAGs use, each with the options of one of them."""
    return {
        task.options.project: task.options
        for dag in folder.dags
        for task in dag.tasks
        if isinstance(task, SqlModelsOperator)
    }


def _prefixes(lines: Iterable[str]) -> dict[str, list[str]]:
    """`["staging: stg_"]` as a dict."""
    found = {}
    for line in lines:
        folder, colon, prefixes = line.partition(":")
        if not colon or not prefixes.split():
            raise ProjectError(f"sqlmodels_naming: {line!r} names no prefix", None, "as in 'staging: stg_'")
        found[folder.strip()] = prefixes.split()
    return found


def _refuse_unknown(setting: str, said: Iterable[str], known: Iterable[str]) -> None:
    for name in said:
        if name not in known:
            raise ProjectError(f"{setting}: no check {name!r}", None,
                               closest(name, known) or f"one of {', '.join(known)}")  # fmt: skip

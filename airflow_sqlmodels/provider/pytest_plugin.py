"""The pytest plugin `sqlmodels`: one line in a test-suite's settings checks all its DAGs and their projects.

    [tool.pytest.ini_options]
    sqlmodels_dags = ["dags"]

Each check is a test of its own, `dags::imports`, `dags::cycles`, `sql_project::hard_coded_tables`…, and `-k` chooses
among them. They are collected in runs of the whole suite, or when one of the folders is named. Further settings, all
lists:

- `sqlmodels_projects`: folders with a dbt_project.yml that no DAG uses yet
- `sqlmodels_require`: what every model, task or DAG must have: `description`, `owner`, `retries`, `tags`, `tests`
- `sqlmodels_naming`: by folder how its models begin, as `staging: stg_` or `marts: dim_ fct_`
- `sqlmodels_skip`: checks that are left out

Every pytest run in an environment with this package imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

_SETTINGS = {
    "sqlmodels_dags": "folders of DAG files to check",
    "sqlmodels_projects": "folders of SQL projects to check that no DAG uses",
    "sqlmodels_require": "what must be there: description, owner, retries, tags, tests",
    "sqlmodels_naming": "by folder how its models begin, as 'staging: stg_'",
    "sqlmodels_skip": "checks that are left out",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tell pytest the settings."""
    for name, said in _SETTINGS.items():
        parser.addini(name, said, type="linelist", default=[])


@pytest.hookimpl(tryfirst=True)  # `-k` and `-m` choose among these items too
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the checks behind the tests of the suite."""
    settings = {name: list(config.getini(name)) for name in _SETTINGS}
    folders = [config.rootpath / each for each in settings["sqlmodels_dags"] + settings["sqlmodels_projects"]]
    if folders and _is_asked(config, folders):
        items.extend(_collected(session, settings))


class BrokenRuleError(Exception):
    """A check found something."""


class CheckItem(pytest.Item):
    """One check of one folder."""

    def __init__(self, *, check: Callable[[], Iterator[str]], **more: Any) -> None:
        super().__init__(**more)
        self._check = check

    def runtest(self) -> None:
        """Raises BrokenRuleError with everything the check found."""
        problems = list(self._check())
        if problems:
            raise BrokenRuleError("\n\n".join(problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was found; a traceback would show this module."""
        if isinstance(excinfo.value, BrokenRuleError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """How reports name it."""
        return self.path, None, self.nodeid


class _Folder(pytest.Collector):
    """A folder whose checks are its children."""

    def collect(self) -> list[pytest.Item]:
        """Nothing by itself: the plugin adds its checks."""
        return []


def _is_asked(config: pytest.Config, folders: list[Path]) -> bool:
    """Whether the whole suite runs, or one of the folders was named."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return True
    named = [(config.invocation_params.dir / each.partition("::")[0]).resolve() for each in config.args]
    return any(name == folder.resolve() or name in folder.resolve().parents for name in named for folder in folders)


def _collected(session: pytest.Session, settings: Mapping[str, list[str]]) -> Iterator[pytest.Item]:
    # Airflow, sqlglot: only for runs that ask for checks
    from airflow_sqlmodels.provider.checks import collection  # noqa: PLC0415

    rootpath = session.config.rootpath
    for path, checks in collection.collected(rootpath, settings):
        name = path.relative_to(rootpath).as_posix() if path.is_relative_to(rootpath) else str(path)
        folder = _Folder.from_parent(session, name=name, path=path, nodeid=name)
        for check_name, check in checks.items():
            yield CheckItem.from_parent(folder, name=check_name, check=check)

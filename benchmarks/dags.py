"""Importing a DAG file: with all tasks, as the DAG processor does, and for one task, as a worker does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.timing import Row, environment, median_of, told_by

_READY = "from airflow.sdk import DAG, Asset, BaseHook, BaseOperator, TaskGroup, get_parsing_context\n"
_TIMED = "import time, runpy; clock = time.perf_counter(); runpy.run_path({file!r}); print(time.perf_counter() - clock)"

# The same tasks, groups and edges as ours, each written as one would write it by hand.
_BY_HAND = """
import json
from airflow.sdk import DAG, BaseOperator, TaskGroup
class Work(BaseOperator):
    template_fields = ("conn_id", "relation", "compiled_sql", "checksum", "variables")
    def __init__(self, *, conn_id, relation, checksum, **kwargs):
        super().__init__(**kwargs)
        self.conn_id, self.relation, self.checksum = conn_id, relation, checksum
        self.compiled_sql, self.variables = "", {{}}
tasks = json.load(open({shape!r}))
with DAG("by_hand", schedule=None) as dag:
    folders, groups, made = {{}}, {{}}, {{}}
    for task_id, group, model, kind, upstream in tasks:
        folder = folders.get(group) or folders.setdefault(group, TaskGroup("folder_" + group, prefix_group_id=False))
        if model not in groups:
            groups[model] = TaskGroup(model, parent_group=folder)
        made[task_id] = Work(task_id=kind, task_group=groups[model], conn_id="warehouse", relation="r", checksum="c",
                             weight_rule="absolute", max_active_tis_per_dag=1)
    for task_id, _, _, _, upstream in tasks:
        for above in upstream:
            made[above] >> made[task_id]
"""

_SHAPE = """
import json, sys
from airflow_sqlmodels import SqlModelsDag
dag = SqlModelsDag("bench", project={project!r}, conn_id="warehouse", schedule=None)
rows = [(t.task_id, "_".join(t.task_id.split("_")[:1]), t.task_id.rpartition(".")[0], t.task_id.rpartition(".")[2],
         sorted(t.upstream_task_ids)) for t in dag.tasks]
json.dump(rows, open({shape!r}, "w")); print(0)
"""


def measure_dags(folder: Path, project: Path, models: int, runs: int) -> Iterator[Row]:
    """Our DAG file against the same one by hand, and one task of it against an empty DAG file."""
    env = environment(folder)
    ours, hand, empty = folder / "ours.py", folder / "by_hand.py", folder / "empty.py"
    shape = str(folder / "shape.json")
    ours.write_text(
        "from airflow_sqlmodels import SqlModelsDag\n"
        f'dag = SqlModelsDag("bench", project={str(project)!r}, conn_id="warehouse", schedule=None)\n'
    )
    hand.write_text(_BY_HAND.format(shape=shape))
    empty.write_text('from airflow.sdk import DAG\ndag = DAG("empty")\n')
    told_by(_READY + _SHAPE.format(project=str(project), shape=shape), env)  # and it saves the project
    told_by(_READY + _TIMED.format(file=str(ours)), env)

    def timed(file: Path, **context: str) -> float:
        return told_by(_READY + _TIMED.format(file=str(file)), {**env, **context})

    yield Row(f"DAG file of {models} models", median_of(lambda: timed(ours), runs),
              median_of(lambda: timed(hand), runs), "the same by hand")  # fmt: skip
    wanted = {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "bench", "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "m1_00000.run"}
    yield Row(f"one task's DAG file, {models} models", median_of(lambda: timed(ours, **wanted), runs),
              median_of(lambda: timed(empty), runs), "an empty DAG file")  # fmt: skip

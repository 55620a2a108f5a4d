"""What must hold for any DAG, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.provider.compat import dag_bag, serialized_hash

Check = Callable[["DagFolder"], Iterator[str]]
"""Gives what is wrong, a text for each."""

_LONGEST_TASK_ID = 250  # airflow/sdk/definitions/_internal/node.py
_NOBODY = ("", "airflow")
_LONGEST_OWNER = 500  # airflow/models/dag.py: the column `owners`


class DagFolder(Struct, frozen=True):
    """A folder of DAG files, read once as Airflow's DAG processor reads it."""

    path: Path
    bag: Any

    @property
    def dags(self) -> list[Any]:
        """Its DAGs, by id."""
        return [self.bag.dags[dag_id] for dag_id in sorted(self.bag.dags)]


def read_folder(path: Path) -> DagFolder:
    """Import the DAG files of a folder. Nothing is raised for files that cannot be imported: see `imports`."""
    return DagFolder(path, dag_bag(path))


def imports(folder: DagFolder) -> Iterator[str]:
    """Every DAG file can be imported, and there is a DAG."""
    for file, error in sorted(folder.bag.import_errors.items()):
        yield f"{file}:\n{str(error).strip()}"
    if not folder.bag.dags and not folder.bag.import_errors:
        yield f"there is no DAG in {folder.path}"


def cycles(folder: DagFolder) -> Iterator[str]:
    """No task waits for itself."""
    for dag in folder.dags:
        try:
            dag.check_cycle()
        except Exception as error:  # Airflow's class for it moves between releases
            yield f"{dag.dag_id}: {error}"


def serialization(folder: DagFolder) -> Iterator[str]:
    """Airflow can store every DAG, and reading the file again gives the same: else each parse is a new DAG version."""
    again = read_folder(folder.path)
    for dag in folder.dags:
        try:
            first = serialized_hash(dag)
        except Exception as error:  # whatever stops serialization is what the user must see
            yield f"{dag.dag_id} cannot be serialized: {error}"
            continue
        twin = again.bag.dags.get(dag.dag_id)
        if twin is None or serialized_hash(twin) != first:
            yield f"{dag.dag_id} is another one each time its file is read: is there a now(), uuid or random in it?"


def lengths(folder: DagFolder) -> Iterator[str]:
    """Ids and owners fit into Airflow's tables."""
    for dag in folder.dags:
        for task in dag.tasks:
            if len(task.task_id) > _LONGEST_TASK_ID:
                yield f"{dag.dag_id}: the task id {task.task_id!r} has more than {_LONGEST_TASK_ID} characters"
        if len(dag.owner) > _LONGEST_OWNER:
            yield f"{dag.dag_id}: the owners of its tasks have more than {_LONGEST_OWNER} characters together"


def owner(folder: DagFolder) -> Iterator[str]:
    """Every task has an owner of its own, not Airflow's default."""
    for dag in folder.dags:
        nobodys = sorted(task.task_id for task in dag.tasks if task.owner in _NOBODY)
        if nobodys:
            yield f"{dag.dag_id}: no owner for {', '.join(nobodys)}"


def retries(folder: DagFolder) -> Iterator[str]:
    """Every task is tried again at least once."""
    for dag in folder.dags:
        once = sorted(task.task_id for task in dag.tasks if not task.retries)
        if once:
            yield f"{dag.dag_id}: no retries for {', '.join(once)}"


def tags(folder: DagFolder) -> Iterator[str]:
    """Every DAG has a tag."""
    yield from (f"{dag.dag_id} has no tags" for dag in folder.dags if not dag.tags)


CHECKS: dict[str, Check] = {
    "imports": imports,
    "cycles": cycles,
    "serialization": serialization,
    "lengths": lengths,
}

REQUIRABLE: dict[str, Check] = {"owner": owner, "retries": retries, "tags": tags}
"""Checks that a user asks for."""

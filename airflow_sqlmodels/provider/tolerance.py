"""`on_error: continue` while a task runs: Airflow's trigger rules hold for all tasks above, this for each of them.

A task below such a model has the rule `all_done`, and looks itself whether those that must have succeeded did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

try:
    from airflow.sdk.exceptions import AirflowFailException
except ImportError:  # Airflow before 3.2
    from airflow.exceptions import AirflowFailException  # type: ignore[no-redef]

_DONE = ("success",)
_TOLERATED = ("success", "failed")


def refuse_unready(instance: Any, needed: Sequence[str], tolerated: Sequence[str]) -> None:
    """Raises AirflowFailException, so that nothing is tried again, if a task above stops this one."""
    states = _states(instance, (*needed, *tolerated))
    stopping = [each for each in needed if states.get(each) not in _DONE]
    stopping += [each for each in tolerated if states.get(each) not in _TOLERATED]
    if stopping:
        told = ", ".join(f"{each} ({states.get(each) or 'no state'})" for each in stopping)
        raise AirflowFailException(f"not run, because of {told}")


def raise_failed(instance: Any, tasks: Sequence[str]) -> None:
    """Raises AirflowFailException with the tasks that failed, or could not run."""
    states = _states(instance, tasks)
    failed = [each for each in tasks if states.get(each) not in ("success", "skipped")]
    raise AirflowFailException(f"others went on (on_error: continue), but these failed: {', '.join(failed)}")


def _states(instance: Any, tasks: Sequence[str]) -> Mapping[str, str | None]:
    found = instance.get_task_states(dag_id=instance.dag_id, task_ids=list(tasks), run_ids=[instance.run_id])
    states: Mapping[str, str | None] = found.get(instance.run_id) or {}
    return states

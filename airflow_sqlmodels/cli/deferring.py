"""The flags --defer, --defer-state and --favor-state -> the means to compile, with the relations of the other state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.opening import Opened
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.run.defer import deferred_nodes
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.templating.answering import Answerer

if TYPE_CHECKING:
    from airflow_sqlmodels.artifacts.earlier import Earlier


def with_deferral(flags: Flags, opened: Opened, plan: Plan, means: Answerer) -> Answerer:
    """The means with what is to be read from the other state; as they are without --defer."""
    if not flags.switch("defer", opened.manifest):
        return means
    state = deferred_to(flags)
    relations = state.relations
    session = opened.open_session()
    try:
        favor = flags.switch("favor_state", opened.manifest)
        deferred = deferred_nodes(means, plan, relations, session, favor_state=favor)
    finally:
        session.close()
    return replace(means, earlier=relations, earlier_entries=state.entries, deferred=deferred)


def deferred_to(flags: Flags) -> Earlier:
    """The state that --defer-state names, else --state. Raises SqlModelsError if neither does."""
    folder = flags.defer_state or flags.state
    if folder is None:
        hint = "name the folder with its manifest.json: --state path/to/artifacts"
        raise SqlModelsError("there is no state to defer to", None, hint)
    from airflow_sqlmodels.artifacts.earlier import read_earlier  # noqa: PLC0415  # few runs have a state

    return read_earlier(flags.folder(folder))

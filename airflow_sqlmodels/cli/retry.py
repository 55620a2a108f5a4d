"""`sqlmodels retry`: runs again what failed or was skipped in the last run, with that run's command and flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from airflow_sqlmodels.artifacts.previous import Previous, read_previous
from airflow_sqlmodels.cli.clone import run_clone
from airflow_sqlmodels.cli.compile import run_compile
from airflow_sqlmodels.cli.execution import execute_plan
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.opening import Opened
from airflow_sqlmodels.cli.opening_lines import begin
from airflow_sqlmodels.cli.options import global_options, refresh_option
from airflow_sqlmodels.cli.run_operation import operate
from airflow_sqlmodels.cli.windows import times_of, window_of
from airflow_sqlmodels.errors import NamingError, SqlModelsError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.project.settings import target_path
from airflow_sqlmodels.run.plan import Plan, plan_of

_RUNNERS: Mapping[str, Callable[[Flags, Opened, Plan], int]] = {
    **dict.fromkeys(("build", "run", "test", "seed", "snapshot"), execute_plan),
    "compile": run_compile,
    "clone": run_clone,
}
"""How the plan of each command is run."""

_OPERATION = "run-operation"

_KEPT = (
    *("profile", "target", "vars", "threads", "fail_fast", "full_refresh", "store_failures", "empty"),
    *("defer", "favor_state", "indirect_selection"),
)
"""The flags that hold again."""


@click.command()
@global_options
@refresh_option
@click.pass_context
def retry(context: click.Context, /, **_values: Any) -> int:
    """Run again what failed last time."""
    flags = flags_of(context)
    previous = read_previous(_folder(flags))
    runner = _RUNNERS.get(previous.command)
    if runner is None and previous.command != _OPERATION:
        last, known = previous.command or "no command", f"these can be: {', '.join((*_RUNNERS, _OPERATION))}"
        raise SqlModelsError(f"the last run was {last!r}, which cannot be retried", None, known)
    again = _flags_again(flags, previous, _said(context))
    opened = begin(again)
    unfinished = previous.unfinished(warnings=again.switch("warn_error", opened.manifest))
    if runner is None:
        if not unfinished:
            return 0  # a macro that went well is no warning: --warn-error would make an error of it
        args = previous.args
        return operate(again, opened, args.get("macro"), args.get("args") or {}, str(args.get("sql") or ""))
    return runner(again, opened, _plan(opened.manifest, previous.command, unfinished))


def _folder(flags: Flags) -> Path:
    """Where the last run left its results."""
    if flags.state is not None:
        return flags.folder(flags.state)
    return flags.project_dir / (flags.target_path or target_path(flags.project_dir, {}))


def _said(context: click.Context) -> set[str]:
    contexts = (context, context.find_root())
    line = ParameterSource.COMMANDLINE
    return {name for each in contexts for name in each.params if each.get_parameter_source(name) == line}


def _flags_again(flags: Flags, previous: Previous, said: set[str]) -> Flags:
    """The flags of the last run; of those of now only the places, `--vars`, `--threads` and `--full-refresh` count."""
    kept = {name: previous.args[name] for name in _KEPT if previous.args.get(name) is not None}
    if "vars_text" in said:
        kept.pop("vars", None)
    if "threads" in said:
        kept.pop("threads", None)
    if flags.full_refresh:
        kept["full_refresh"] = previous.command != "test"  # which has nothing to build anew
    said_again = {**previous.args, **kept}
    if "vars_text" in said:
        said_again["vars"] = flags.said["vars"]  # the next retry starts from these
    if said_again.get("sample"):
        kept["sample"] = window_of(str(said_again["sample"]))
    times = times_of(said_again.get("event_time_start"), said_again.get("event_time_end"))
    kept |= dict(zip(("event_time_start", "event_time_end"), times, strict=True))
    if any((said_again.get("warn_error_options") or {}).values()):
        kept["warn_error_options"] = said_again["warn_error_options"]
    if "threads" in said:
        said_again["threads"] = flags.threads
    state = previous.args.get("state")
    kept |= {"batches": previous.batches, "overloads": previous.overloads, "as_of": previous.started_at}
    return replace(flags, **kept, command=previous.command, state=Path(state) if state else None, said=said_again)


def _plan(manifest: Manifest, command: str, unfinished: Sequence[str]) -> Plan:
    """Just these nodes, in order; the hooks as ever. Raises NamingError if one is gone."""
    chosen = sorted(map(NodeId, unfinished))
    for each in chosen:
        if each not in manifest.nodes:
            hint = f"run it anew instead: sqlmodels {command}"
            raise NamingError(f"{each} failed in the last run, and is not there any more", None, hint)
    return plan_of(manifest, graph_of(manifest), command, chosen)

"""The entry of the `sqlmodels` command: finds the command, and turns what it raises into one message and an exit code.

Exit codes are dbt's: 0 all is well, 1 a node failed, 2 it could not be run at all.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any

import click

from airflow_sqlmodels import forked
from airflow_sqlmodels.cli.dotenv import load_environment
from airflow_sqlmodels.cli.ending import tell_end
from airflow_sqlmodels.cli.lazy import LazyGroup
from airflow_sqlmodels.cli.log_format import ended_by, tell_error
from airflow_sqlmodels.cli.options import global_options
from airflow_sqlmodels.cli.scrubbed import scrubbed_output
from airflow_sqlmodels.cli.unread import allow_unread
from airflow_sqlmodels.errors import SqlModelsError

REPORT = "This should not have happened. Please report it, with the lines above, in the project's issue tracker."

_NEW_OBJECTS = 100_000
"""So many more than before, and Python looks for cycles among them. Its own 700 made a tenth of a build's work."""

COMMANDS = {
    "init": ("init:init", "Begin a new project."),
    "parse": ("parse:parse", "Read the project and write its manifest."),
    "compile": ("compile:compile_", "Render the SQL of the selected nodes."),
    "ls": ("ls:ls", "List the selected nodes."),
    "list": ("ls:ls", "The same as ls."),
    "run": ("building:run", "Build the selected models."),
    "seed": ("building:seed", "Load the selected CSV files."),
    "snapshot": ("building:snapshot", "Take the selected snapshots."),
    "test": ("building:test", "Run the selected tests."),
    "build": ("building:build", "Build and test everything selected, in order."),
    "show": ("show:show", "Show the first rows of a query."),
    "source": ("source:source", "Check how old sources are."),
    "run-operation": ("run_operation:run_operation", "Call a macro."),
    "debug": ("debug:debug", "Check the project, the profile and the connection."),
    "clean": ("clean:clean", "Delete the project's generated folders."),
    "deps": ("deps:deps", "Install the packages that the project asks for."),
    "docs": ("docs:docs", "Make the documentation site, or look at it."),
    "clone": ("clone:clone", "Make views that show the relations of another state."),
    "retry": ("retry:retry", "Run again what failed last time."),
}
"""By name: where a command is defined, below `airflow_sqlmodels.cli`, and what it does in one line."""


@click.command(
    cls=LazyGroup,
    places=COMMANDS,
    package="airflow_sqlmodels.cli",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@global_options
@click.pass_context
def cli(context: click.Context, /, **_values: object) -> None:
    """Run a dbt project without dbt: the same files, commands and flags."""
    context.ensure_object(dict)


def main() -> None:
    """Run the command that the process was started with, and end the process with its exit code."""
    gc.set_threshold(_NEW_OBJECTS)
    forked.allow()
    allow_unread()
    code = exit_code()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Python would take apart all that a large project left in memory, object by object


def exit_code(args: Sequence[str] | None = None) -> int:
    """Run the command; 0, 1 or 2. Nothing on purpose shows a traceback."""
    shared: dict[str, Any] = {"args": list(sys.argv[1:] if args is None else args)}  # and what the command leaves
    load_environment()
    began = time.perf_counter()
    try:
        with scrubbed_output():
            code = _ended(args, shared)
            if "log" in shared:
                tell_end(shared["log"], shared["command"], began, success=not code, report=shared["report"])
            return code
    finally:
        if "log" in shared:
            shared["log"].close()


def _ended(args: Sequence[str] | None, shared: dict[str, Any]) -> int:
    try:
        said = None if args is None else list(args)
        answer = cli.main(args=said, prog_name="sqlmodels", standalone_mode=False, obj=shared)
    except click.ClickException as error:
        error.show()
        return 2
    except SqlModelsError as error:
        return _refused(error, args, shared)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 2
    except _NOT_WRITABLE as error:
        return _refused(_about_file(error), args, shared)
    except Exception:  # the last edge: whatever it is, the user is told what to do with it
        return _unexpected(shared)
    return answer if isinstance(answer, int) else 0


def _refused(error: SqlModelsError, args: Sequence[str] | None, shared: dict[str, Any]) -> int:
    tell_error(error, sys.argv[1:] if args is None else args, shared.get("colours"))
    _note(shared, f"{error.kind}\n{error}")
    return 2


_NOT_WRITABLE = (PermissionError, NotADirectoryError, IsADirectoryError, FileExistsError)
"""What comes of a folder that this user may not write, or that is none."""


def _about_file(error: OSError) -> SqlModelsError:
    return SqlModelsError(f"{error.filename}: {error.strerror}", hint="is it a file or folder that you may write?")


def _unexpected(shared: dict[str, Any]) -> int:
    click.echo(f"{traceback.format_exc()}\n{REPORT}", err=True)
    _note(shared, traceback.format_exc())
    return 2


def _note(shared: dict[str, Any], message: str) -> None:
    if "log" in shared:
        shared["log"].note(ended_by(message), "error", "MainEncounteredError", "Z002", {"exc": message})


if __name__ == "__main__":
    main()

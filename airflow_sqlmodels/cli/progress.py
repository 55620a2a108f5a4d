"""What the user sees while a plan runs: lines that stay; `terminal` has a live part below them."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import click

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.json_progress import JsonProgress
from airflow_sqlmodels.cli.lines import COLOURS, Places, result_line, start_line
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result


class Progress(Protocol):
    """Told what happens; used as a context around a run."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def started(self, step: Step) -> None:
        """A step began."""

    def ended(self, result: Result) -> None:
        """A step ended, or was skipped."""

    def say(self, message: str) -> None:
        """Something a template or a step has to tell."""


class Lines:
    """One line when a step begins, one when it ends, each with the time: for logs and pipes."""

    def __init__(self, manifest: Manifest, plan: Plan, write: Callable[[str], None] = click.echo) -> None:
        self._manifest = manifest
        self._places = Places(plan)
        self._write = write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def started(self, step: Step) -> None:
        """A line that it begins."""
        self.say(start_line(self._manifest[step.node], self._places.of(step.node)))

    def ended(self, result: Result) -> None:
        """A line of what came of it, coloured on a terminal."""
        line = result_line(self._manifest[result.node], result, self._places.of(result.node))
        head, bracket, verdict = line.rpartition(" [")
        styled = click.style(verdict[:-1], fg=COLOURS.get(result.status, "red"))
        self.say(f"{head}{bracket}{styled}]")

    def say(self, message: str) -> None:
        """A line with the time in front."""
        self._write(f"{time.strftime('%H:%M:%S')}  {message}")


class Silence:
    """Says nothing: --quiet."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def started(self, step: Step) -> None:
        """Nothing."""

    def ended(self, result: Result) -> None:
        """Nothing."""

    def say(self, message: str) -> None:
        """Nothing."""


def progress_for(manifest: Manifest, plan: Plan, flags: Flags, invocation: str) -> Progress:
    """What suits the output: live on a terminal, lines elsewhere, events if asked for, nothing with --quiet."""
    if flags.quiet:
        return Silence()
    if flags.log_format == "json":
        return JsonProgress(manifest, plan, invocation)
    # it takes long to import, and is of use where somebody looks on
    from rich.console import Console  # noqa: PLC0415

    from airflow_sqlmodels.cli.terminal import Terminal  # noqa: PLC0415

    console = Console(highlight=False)
    if console.is_terminal and flags.use_colors is not False:
        return Terminal(manifest, plan, console)
    return Lines(manifest, plan)

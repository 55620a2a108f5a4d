"""What the user sees while a plan runs: lines that stay; `terminal` has a live part below them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import click

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.json_progress import JsonProgress
from airflow_sqlmodels.cli.lines import COLOURS, Places, level_of, result_line, start_line
from airflow_sqlmodels.cli.log import Log
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.run.microbatch import BatchNews
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

    def batch(self, news: BatchNews) -> None:
        """A batch of a model began or ended."""

    def say(self, message: str) -> None:
        """Something a template or a step has to tell."""


class Lines:
    """One line when a step begins, one when it ends, each with the time: for logs and pipes."""

    def __init__(
        self, manifest: Manifest, plan: Plan, write: Callable[[str], None] = click.echo, log: Log | None = None
    ) -> None:
        self._manifest = manifest
        self._places = Places(plan)
        self._write = write
        self._log = log or Log()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def started(self, step: Step) -> None:
        """A line that it begins."""
        place = self._places.of(step.node)
        if self._log.shows("info"):
            self._tell("info", start_line(self._manifest[step.node], place))

    def ended(self, result: Result) -> None:
        """A line of what came of it, coloured on a terminal."""
        place, level = self._places.of(result.node), level_of(result)
        if not self._log.shows(level):
            return
        head, bracket, verdict = result_line(self._manifest[result.node], result, place).rpartition(" [")
        styled = click.style(verdict[:-1], fg=COLOURS.get(result.status, "red"))
        self._tell(level, f"{head}{bracket}{styled}]")

    def batch(self, news: BatchNews) -> None:
        """Lines of a batch."""
        for line in news.lines:
            self._tell("error" if news.error else "info", line)

    def say(self, message: str) -> None:
        """A line with the time in front."""
        self._tell("info", message)

    def _tell(self, level: str, message: str) -> None:
        if self._log.shows(level):
            self._write(f"{time.strftime('%H:%M:%S')}  {message}")


class Noted:
    """Tells another progress, and the log file."""

    def __init__(self, console: Progress, noted: Progress) -> None:
        self.console = console
        self.noted = noted

    def __enter__(self) -> Self:
        self.console.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.console.__exit__(kind, error, trace)

    def started(self, step: Step) -> None:
        """Tell both."""
        self.console.started(step)
        self.noted.started(step)

    def ended(self, result: Result) -> None:
        """Tell both."""
        self.console.ended(result)
        self.noted.ended(result)

    def batch(self, news: BatchNews) -> None:
        """Tell both."""
        self.console.batch(news)
        self.noted.batch(news)

    def say(self, message: str) -> None:
        """Tell both."""
        self.console.say(message)
        self.noted.say(message)


class FileLines:
    """The same lines for the log file, which puts time, level and thread in front."""

    def __init__(self, manifest: Manifest, plan: Plan, log: Log) -> None:
        self._manifest = manifest
        self._places = Places(plan)
        self._log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def started(self, step: Step) -> None:
        """A line that it begins."""
        self.say(start_line(self._manifest[step.node], self._places.of(step.node)))

    def ended(self, result: Result) -> None:
        """A line of what came of it."""
        line = result_line(self._manifest[result.node], result, self._places.of(result.node))
        self._log.note(line, level_of(result))

    def batch(self, news: BatchNews) -> None:
        """Lines of a batch."""
        for line in news.lines:
            self._log.note(line, "error" if news.error else "info")

    def say(self, message: str) -> None:
        """A line."""
        self._log.note(message, "info", "JinjaLogInfo", "I062")


def progress_for(manifest: Manifest, plan: Plan, flags: Flags, invocation: str) -> Noted | Progress:
    """What suits the output: live on a terminal, lines elsewhere, events if asked for; and the log file."""
    log = flags.log
    console = _console(manifest, plan, flags, invocation)
    if log.file is None:
        return console
    if log.file.json:
        return Noted(console, JsonProgress(manifest, plan, invocation, log.file.line))
    return Noted(console, FileLines(manifest, plan, log))


def _console(manifest: Manifest, plan: Plan, flags: Flags, invocation: str) -> Progress:
    log = flags.log
    if flags.log_format == "json":
        return JsonProgress(
            manifest, plan, invocation, lambda level, text: click.echo(text) if log.shows(level) else None
        )
    if log.shows("info") and flags.use_colors is not False and _may_be_terminal():
        # it takes long to import, and is of use where somebody looks on
        from rich.console import Console  # noqa: PLC0415

        from airflow_sqlmodels.cli.terminal import Terminal  # noqa: PLC0415

        console = Console(highlight=False)
        if console.is_terminal:
            return Terminal(manifest, plan, console)
    return Lines(manifest, plan, log=log)


def _may_be_terminal() -> bool:
    """Whether it is worth asking rich, which also counts what these variables say."""
    return sys.stdout.isatty() or any(name in os.environ for name in ("FORCE_COLOR", "TTY_COMPATIBLE"))

"""What the user sees while a plan runs: lines that stay, and on a terminal a live part below them."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.json_progress import JsonProgress
from airflow_sqlmodels.cli.lines import COLOURS, result_line, start_line, subject
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId, Operation
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result

SHOWN_RUNNING = 16
"""How many running nodes the live part lists."""


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


class _Places:
    """Numbers steps in the order in which they are told of; hooks are counted by themselves."""

    def __init__(self, plan: Plan) -> None:
        self._total = len(plan)
        self._numbers: dict[NodeId, int] = {}
        hooks = (plan.on_start, plan.on_end)
        self._hooks = {each: f"{n} of {len(ids)}" for ids in hooks for n, each in enumerate(ids, 1)}

    def of(self, node_id: NodeId) -> str:
        """`3 of 12`."""
        if node_id in self._hooks:
            return self._hooks[node_id]
        return f"{self._numbers.setdefault(node_id, len(self._numbers) + 1)} of {self._total}"


class Lines:
    """One line when a step begins, one when it ends, each with the time: for logs and pipes."""

    def __init__(self, manifest: Manifest, plan: Plan, write: Callable[[str], None] = click.echo) -> None:
        self._manifest = manifest
        self._places = _Places(plan)
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


class Terminal:
    """A line for each step that ended; below them, live, what runs, how much is done and for how long."""

    def __init__(self, manifest: Manifest, plan: Plan, console: Console) -> None:
        self._manifest = manifest
        self._total = len(plan)
        self._console = console
        self._places = _Places(plan)
        self._began = time.monotonic()
        self._running: dict[NodeId, float] = {}
        self._done = 0
        self._spinner = Spinner("dots")
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._live.stop()

    def started(self, step: Step) -> None:
        """It joins what runs."""
        self._running[step.node] = time.monotonic()

    def ended(self, result: Result) -> None:
        """It leaves what runs, and a line stays."""
        self._running.pop(result.node, None)
        self._done += not isinstance(self._manifest[result.node], Operation)
        line = result_line(self._manifest[result.node], result, self._places.of(result.node))
        head, bracket, verdict = line.rpartition(" [")
        text = Text(head + bracket)
        text.append(verdict[:-1], style=COLOURS.get(result.status, "red"))
        text.append("]")
        self._console.print(text, soft_wrap=True)

    def say(self, message: str) -> None:
        """A line that stays."""
        self._console.print(Text(message), soft_wrap=True)

    def _picture(self) -> RenderableType:
        now = time.monotonic()
        running = list(self._running.items())
        lines = [Text(f"  {subject(self._manifest[i])}  {now - began:.0f}s") for i, began in running[:SHOWN_RUNNING]]
        more = len(running) - len(lines)
        if more > 0:
            lines.append(Text(f"  and {more} more"))
        self._spinner.update(text=f"{self._done} of {self._total} done, {now - self._began:.0f}s")
        return Group(self._spinner, *lines)


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
    console = Console(highlight=False)
    if console.is_terminal and flags.use_colors is not False:
        return Terminal(manifest, plan, console)
    return Lines(manifest, plan)

"""What the user sees on a terminal while a plan runs: lines that stay, and below them a live part."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from airflow_sqlmodels.cli.lines import COLOURS, Places, result_line, subject
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId, Operation
from airflow_sqlmodels.run.microbatch import BatchNews
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result

SHOWN_RUNNING = 16
"""How many running nodes the live part lists."""


class Terminal:
    """A line for each step that ended; below them, live, what runs, how much is done and for how long."""

    def __init__(self, manifest: Manifest, plan: Plan, console: Console) -> None:
        self._manifest = manifest
        self._total = len(plan)
        self._console = console
        self._places = Places(plan)
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

    def batch(self, news: BatchNews) -> None:
        """Lines that stay."""
        for line in news.lines:
            self.say(line)

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

"""The two tools as commands: how each is called, and what it leaves in the target folder."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.parity.outcome import Command, Verdict

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
_LINES = 4


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that runs projects."""

    name: str
    command: tuple[str, ...]
    asker: tuple[str, ...]
    """What asks it for selections."""
    timeout: int = 1800

    def run(self, project: Path, text: str, environment: Mapping[str, str], threads: int) -> Command:
        """Run one command in a project's folder."""
        results = project / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        clock, busy = time.perf_counter(), _busy()
        code, said = self._call(_with_threads(text, threads), project, environment)
        seconds, busy = time.perf_counter() - clock, _busy() - busy
        return Command(text, code, round(seconds, 2), _verdicts(results), _in_short(said, project), round(busy, 2))

    def manifest(self, project: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        """What it says of the project when it only reads it; {} if it refuses it."""
        path = project / "target" / "manifest.json"
        path.unlink(missing_ok=True)
        self._call(["parse"], project, environment)
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def selections(
        self, project: Path, asked: Sequence[str], environment: Mapping[str, str]
    ) -> dict[str, tuple[str, ...]]:
        """What `ls` lists, by its arguments, all asked of one process: dbt takes seconds to start."""
        answer = Path(environment["DBT_PROFILES_DIR"]) / "selections.json"
        answer.unlink(missing_ok=True)
        command = [*self.asker, str(answer), *asked]
        self._start(command, project, environment)
        if not answer.is_file():
            return {}
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return {arguments: ("refused",) if lines is None else listed(lines) for arguments, lines in found.items()}

    def _call(self, arguments: Sequence[str], project: Path, environment: Mapping[str, str]) -> tuple[int, str]:
        return self._start([*self.command, *arguments], project, environment)

    def _start(self, command: Sequence[str], project: Path, environment: Mapping[str, str]) -> tuple[int, str]:
        path = Path(environment["DBT_PROFILES_DIR"]) / f"{self.name}.log"
        with path.open("a", encoding="utf-8") as log:
            try:
                done = subprocess.run(
                    command, cwd=project, env={**os.environ, **environment}, check=False,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=self.timeout,
                )  # fmt: skip
            except subprocess.TimeoutExpired:
                return 124, f"no end after {self.timeout} seconds"
            log.write(f"== {shlex.join(command)}\n{done.stdout}\n")
        return done.returncode, done.stdout


def dbt(command: Path) -> Tool:
    """The dbt that this command starts."""
    return Tool("dbt", (str(command),), (str(command.parent / "python"), "-P", str(HERE / "ask_dbt.py")))


def ours() -> Tool:
    """This package, in the Python that runs the harness."""
    python = (sys.executable, "-P")
    return Tool("ours", (*python, "-m", "airflow_sqlmodels.cli.main"), (*python, str(HERE / "ask_ours.py")))


def environment(folder: Path) -> dict[str, str]:
    """What both tools are started with: profiles and caches in `folder`, nothing sent anywhere."""
    return {
        "DBT_PROFILES_DIR": str(folder),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "DBT_VERSION_CHECK": "false",
        "SQLMODELS_CACHE_DIR": str(folder / "cache"),
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",  # macros put sets into SQL
        "PYTHONWARNINGS": "ignore",
        "TZ": "UTC",
    }


def listed(lines: Sequence[str]) -> tuple[str, ...]:
    """The unique ids among the lines of `ls`."""
    return tuple(json.loads(line)["unique_id"] for line in lines if line.startswith("{"))


def _verdicts(path: Path) -> dict[str, Verdict]:
    if not path.is_file():
        return {}
    return {
        each["unique_id"]: Verdict(
            each["status"], each.get("failures"), each.get("message") or "", each.get("compiled_code")
        )
        for each in json.loads(path.read_text(encoding="utf-8"))["results"]
    }


def _in_short(said: str, project: Path) -> str:
    """The first error and what follows it, without times and folders of this run; else the last lines."""
    said = re.sub(r"^\d\d:\d\d:\d\d +|modification_time=[\d.]+, ", "", said.replace(str(project), "."), flags=re.M)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    start = next((at for at, line in enumerate(lines) if "error" in line.lower()), len(lines) - _LINES)
    return " / ".join(lines[max(start, 0) :][:_LINES])


def _busy() -> float:
    """The processor's seconds of all processes that were started from here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _with_threads(text: str, threads: int) -> list[str]:
    words = shlex.split(text)
    return words if "--threads" in words else [*words, "--threads", str(threads)]

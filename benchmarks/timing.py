"""Runs and times: whole processes, and functions that time themselves in a process of their own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def median_of(measure: Callable[[], float], runs: int) -> float:
    """The median of several measurements, in seconds."""
    return statistics.median(measure() for _ in range(runs))


def medians_in_turn(one: Callable[[], float], other: Callable[[], float], runs: int) -> tuple[float, float]:
    """The medians of two measurements that take turns: what changes with time, as the server's catalog, hits both."""
    pairs = [(one(), other()) for _ in range(runs)]
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


def seconds_of(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> float:
    """How long a process takes from start to end. Raises CalledProcessError if it fails."""
    clock = time.perf_counter()
    subprocess.run(command, env=dict(env), cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return time.perf_counter() - clock


def told_by(code: str, env: Mapping[str, str]) -> float:
    """The number of seconds that a piece of Python prints on its last line, run in a new process."""
    done = subprocess.run([sys.executable, "-c", code], env=dict(env), check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(done.stdout.strip().splitlines()[-1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """An environment with caches and AIRFLOW_HOME inside `folder`."""
    own = {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "SQLMODELS_CACHE_DIR": str(folder / "cache"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    # set, it would have every process compile what is not compiled yet, and what has changed since
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**usual, **own, **more}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Seconds."""

    what: str
    ours: float
    other: float | None
    """What it is compared with; None: not there."""
    against: str

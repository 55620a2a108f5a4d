"""Other processes, by number: what they run, and how to end them with all that they have started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

_SECONDS = 15


def command_of(number: int) -> str:
    """The command line of a process; "" if there is no such process."""
    told = Path(f"/proc/{number}/cmdline")
    if told.exists():
        return told.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    if Path("/proc/self").exists():
        return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(number)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def stop_groups(groups: Iterable[int]) -> None:
    """End process groups and wait until they are gone: first politely, then surely."""
    left = set(groups)
    for number in (signal.SIGTERM, signal.SIGKILL):
        left = {group for group in left if _sent(group, number)}
        deadline = time.monotonic() + _SECONDS
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            _reap()
            left = {group for group in left if _sent(group, 0)}


def _sent(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _reap() -> None:
    """Take note of children that have ended; until then their group still counts as alive."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass

"""Work that is shared out among processes: each is a copy of this one, does its part, and hands back what came of it.

Only a process that said so is copied: one without other threads, whose output is its own. Others do the work alone.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

R = TypeVar("R")

_MOST = 4
"""More do not help: what comes back is put together by one."""


_state = {"most": 1, "within": False}


def allow() -> None:
    """Let this process be copied, to as many as there are processors: for the command's own process."""
    if hasattr(os, "fork") and sys.platform != "darwin":  # where the system's own libraries do not stand it
        _state["most"] = min(_MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)


def parts(items: int, enough: int) -> int:
    """In how many parts so many items are to be done, if one with fewer than `enough` is not worth a process."""
    alone = _state["within"] or threading.active_count() > 1
    return 1 if alone else max(1, min(_state["most"], items // enough))


def shared_out(work: Callable[[int], R], count: int) -> list[R] | None:
    """What `work` gives for 0 to `count` - 1, done side by side; None if one of them raised anything.

    What it changes in memory stays where it was done, but for `work(0)`. Whoever gets None does it all in one process,
    and so meets what was raised where it belongs.
    """
    others: list[_Copy] = []
    with _within():
        try:
            others += (_Copy(work, number) for number in range(1, count))
            return [work(0), *(each.result() for each in others)]
        except Exception:
            return None
        finally:
            for each in others:
                each.end()


def is_shared_out() -> bool:
    """Whether this is done while others do other parts: what is told now may not be what comes next."""
    return bool(_state["within"])


@contextlib.contextmanager
def _within() -> Iterator[None]:
    _state["within"] = True
    try:
        yield
    finally:
        _state["within"] = False


class _Copy:
    """A copy of this process that does one part."""

    def __init__(self, work: Callable[[int], Any], number: int) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`; a pipe holds too little
        self._process: int | None = os.fork()
        if self._process == 0:
            self._do(work, number)

    def _do(self, work: Callable[[int], Any], number: int) -> None:
        """In the copy: it ends here, whatever happens, and takes nothing along that belongs to the process."""
        code = 1
        try:
            pickle.dump(work(number), self._file, pickle.HIGHEST_PROTOCOL)
            self._file.flush()
            code = 0
        finally:
            os._exit(code)

    def result(self) -> Any:
        """What came of it. Raises OSError if nothing did."""
        assert self._process is not None
        _, status = os.waitpid(self._process, 0)
        self._process = None
        if status:
            raise OSError(f"a part ended with {status}")
        self._file.seek(0)
        return pickle.load(self._file)  # written by a copy of this process to a file without a name

    def end(self) -> None:
        """Nobody waits for it any more."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._process, 9)
                os.waitpid(self._process, 0)
        self._file.close()

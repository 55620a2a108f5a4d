"""Waits for a driver that does not let signals in, without shutting them out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

_LOOK_SECONDS = 0.2
_END_SECONDS = 4.0


def interruptible(work: Callable[[], object], cancel: Callable[[], object]) -> None:
    """Run `work` in a thread and wait for it in short steps, between which Python handles signals.

    Raises what `work` raises. If a signal handler raises instead, `cancel` is called, and the work is given a few
    seconds to end.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)  # for the caller's thread, whatever it is

    thread = threading.Thread(target=run, name="statement", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK_SECONDS)
    except BaseException:
        with contextlib.suppress(Exception):
            cancel()
        thread.join(_END_SECONDS)
        raise
    if raised:
        raise raised[0]

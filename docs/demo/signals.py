"""Signals: the first one interrupts, and from then on nothing disturbs the tidying up."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import Any

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_once() -> None:
    """Let ctrl-c, SIGTERM and SIGHUP raise KeyboardInterrupt, the first of them only."""
    for number in _ENDING:
        signal.signal(number, _interrupt)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """No signal interrupts what is inside."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: Any) -> None:
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt

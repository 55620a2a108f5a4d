"""Standard output and error of a process whose reader may leave: what nobody takes is dropped, and the work goes on."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO


def allow_unread() -> None:
    """From here on, writing to standard output or error stops nothing: `sqlmodels build | head -1` builds everything.

    A stream that was closed before the process began is there too, and empty.
    """
    if sys.stdin is None:
        sys.stdin = _nowhere("r")
    sys.stdout = Unread(sys.stdout)
    sys.stderr = Unread(sys.stderr)


class Unread:
    """A text stream that falls silent when it cannot be written; in all else the stream that it stands for."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = _nowhere("w") if stream is None else stream
        self._taken = True

    def write(self, text: str) -> int:
        """Write the text, if it can be."""
        if self._taken:
            try:
                self._stream.write(text)
            except OSError:
                self._taken = False
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Hand on what was written, if somebody takes it."""
        if self._taken:
            try:
                self._stream.flush()
            except OSError:
                self._taken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _nowhere(mode: str) -> TextIO:
    return open(os.devnull, mode, encoding="utf-8")  # type: ignore[return-value]  # as long as the process

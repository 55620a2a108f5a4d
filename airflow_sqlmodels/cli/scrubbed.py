"""What the command prints, without the values of secret environment variables, whoever prints it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from airflow_sqlmodels.templating.variables import SECRET_PREFIXES

HIDDEN = "*****"


def secrets() -> tuple[str, ...]:
    """The values that are not to be seen, the longest first: one may be part of another."""
    found = {value for name, value in os.environ.items() if name.startswith(SECRET_PREFIXES) and value}
    return tuple(sorted(found, key=len, reverse=True))


def scrubbed(text: str, hidden: tuple[str, ...]) -> str:
    """The text with stars for these values."""
    for value in hidden:
        text = text.replace(value, HIDDEN)
    return text


@contextlib.contextmanager
def scrubbed_output() -> Iterator[None]:
    """While inside, nothing that is printed shows a secret."""
    hidden = secrets()
    if not hidden:
        yield
        return
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Scrubbing(out, hidden), _Scrubbing(err, hidden)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


class _Scrubbing:
    """A text stream that hides values; in all else the stream that it stands for."""

    def __init__(self, stream: TextIO, hidden: tuple[str, ...]) -> None:
        self._stream = stream
        self._hidden = hidden

    def write(self, text: str) -> int:
        self._stream.write(scrubbed(text, self._hidden))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

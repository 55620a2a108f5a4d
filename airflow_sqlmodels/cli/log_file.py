"""logs/dbt.log: what a command said and sent, for those who look later. Written in blocks, so that it costs little."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.cli.log_format import event
from airflow_sqlmodels.cli.scrubbed import scrubbed, secrets
from airflow_sqlmodels.warehouse import turns

LEVELS = ("debug", "info", "warn", "error", "none")
NAME = "dbt.log"

_BLOCK = 1 << 16
_WRITTEN_AFTER = 1.0
"""Seconds after which something that was said is in the file, if more is said."""
_KEPT = 5
"""How many full files are kept: dbt.log.1 is the newest of them."""
_MOST_BYTES = 10 * 1024 * 1024
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class LogFile:
    """A log file, made when something is written. A file that cannot be written is no reason to stop."""

    def __init__(self, folder: Path, *, level: str, json: bool, most_bytes: int, invocation: str) -> None:
        self.json = json
        self._place = folder / NAME
        self._levels = frozenset(LEVELS[LEVELS.index(level) :]) if level != "none" else frozenset[str]()
        self._most = most_bytes
        self._invocation = invocation
        self._waiting: list[str] = []
        self._length = 0
        self._since = 0.0
        self._begun = self._broken = False
        self._second, self._clock = 0, ""
        self._lock = threading.Lock()
        self._secrets = secrets()

    @property
    def folder(self) -> Path:
        """Where it is, from the root on."""
        return self._place.parent.absolute()

    def takes(self, level: str) -> bool:
        """Whether something of that level is written."""
        return level in self._levels and not self._broken

    def say(  # all that an event has
        self, level: str, message: str, name: str = "", code: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Write a message; with the name and code of dbt's event, for JSON."""
        if not self.takes(level):
            return
        said = _COLOURS.sub("", message) if "\x1b" in message else message
        if self.json:
            line = event(name or "Note", code or "Z050", said, self._invocation, {"msg": said, **(data or {})}, level)
        else:
            thread = turns.name().partition(" ")[0]
            line = f"{self._time()} [{level:<5}] [{thread}]: {said}"
        self._keep(level, line)

    def line(self, level: str, text: str) -> None:
        """Write a line as it is, but for secrets."""
        if self.takes(level):
            self._keep(level, text)

    def _keep(self, level: str, text: str) -> None:
        text = scrubbed(text, self._secrets)
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting.append(text + "\n")
            self._length += len(text) + 1
            if level == "error" or self._length > _BLOCK or time.monotonic() - self._since > _WRITTEN_AFTER:
                self._write()

    def close(self) -> None:
        """Write what is left."""
        with self._lock:
            self._write()

    def _write(self) -> None:
        """Put what waits at the end of the file."""
        text, self._waiting, self._length = "".join(self._waiting), [], 0
        if not text:
            return
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            there = self._place.stat().st_size if self._place.exists() else 0
            if self._most and there and there + len(text) > self._most:
                self._roll_over()
            with self._place.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(self._head() + text)
        except OSError:
            self._broken = True

    def _head(self) -> str:
        """What a command begins with in the file."""
        if self._begun or self.json:
            return ""
        self._begun = True
        line = "=" * 30
        return f"\n\n{line} {self._time()} | {self._invocation} {line}\n"

    def _roll_over(self) -> None:
        """Move dbt.log to dbt.log.1, that to dbt.log.2…; the oldest goes."""
        for number in range(_KEPT - 1, -1, -1):
            old = self._place.with_name(f"{NAME}.{number}") if number else self._place
            if old.exists():
                os.replace(old, self._place.with_name(f"{NAME}.{number + 1}"))

    def _time(self) -> str:
        now = time.time()
        if int(now) != self._second:  # putting the clock into words takes longer than all the rest
            self._second, self._clock = int(now), time.strftime("%H:%M:%S", time.localtime(now))
        return f"{self._clock}.{int(now % 1 * 1_000_000):06}"


def file_for(said: Mapping[str, Any], project: Mapping[str, Any], root: Path, invocation: str) -> LogFile | None:
    """The file that the flags, `flags:` and `log-path` of dbt_project.yml ask for; None for none."""
    flags = project.get("flags")
    flags = flags if isinstance(flags, dict) else {}

    def asked(name: str, usual: Any) -> Any:
        value = said.get(name)
        return flags.get(name, usual) if value is None else value

    level = level_of(asked("log_level_file", said.get("log_level")), "debug")
    if level == "none":
        return None
    folder = Path(said.get("log_path") or project.get("log-path") or "logs")
    return LogFile(
        folder if said.get("log_path") else root / folder,  # what is said here is meant from here
        level="debug" if said.get("debug") else level,
        json=asked("log_format_file", said.get("log_format") or "debug") == "json",
        most_bytes=_number(asked("log_file_max_bytes", _MOST_BYTES), _MOST_BYTES),
        invocation=invocation,
    )


def level_of(said: Any, usual: str) -> str:
    """A level that was said. Raises UsageError if it is none; what is no text counts for nothing, as in dbt."""
    level = said.lower() if isinstance(said, str) and said else usual
    if level not in LEVELS:
        raise click.UsageError(f"{said!r} is no level of a log: there are {', '.join(LEVELS)}")
    return level


def _number(said: Any, usual: int) -> int:
    try:
        return int(said)
    except (TypeError, ValueError):
        return usual

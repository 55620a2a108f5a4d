"""Where the demo keeps its things: a folder in the repository, or a short one if a socket's path would be too long."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.demo.trouble import DemoError

_LONGEST_SOCKET = 107  # sun_path holds 108 bytes with the closing zero: man 7 unix
_SOCKET_NAME = "/.s.PGSQL.5432"
_NEEDED_BYTES = 1_000_000_000
_USUAL_PORT = 8080
_PORTS_TRIED = 20


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one demo."""

    root: Path
    """The repository."""
    home: Path
    """AIRFLOW_HOME, logs and keys."""
    data: Path
    """Postgres's data folder; its socket lies in it."""

    @property
    def logs(self) -> Path:
        """One file for each process."""
        return self.home / "logs"


@contextlib.contextmanager
def taken_places(root: Path) -> Iterator[Places]:
    """The folders, made, and ours until the end.

    Raises DemoError if there is too little room, they cannot be written, or another demo uses them.
    """
    own = root / ".demo"
    home = own / "airflow"
    try:
        (home / "logs").mkdir(parents=True, exist_ok=True)
        lock = (own / "lock").open("w")
    except OSError as error:
        raise DemoError(f"{own} cannot be written: {error.strerror}", "remove it, or run as its owner") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoError("the demo runs here already", "stop that one with ctrl-c first") from error
        _refuse_full_disk(own, shutil.disk_usage(own).free)
        data = own / "pg"
        yield Places(root, home, data if fits(data) else own_temporary_folder(f"data of {data}") / "pg")


def _refuse_full_disk(folder: Path, free: int) -> None:
    if free < _NEEDED_BYTES:
        raise DemoError(f"only {free // 1_000_000} MB are free in {folder}", "the demo needs 1 GB")


def fits(data: Path) -> bool:
    """Whether Postgres can work in a folder: its socket's path is short enough, and its account can get there."""
    short = len(os.fsencode(data)) + len(_SOCKET_NAME) <= _LONGEST_SOCKET
    return short and (os.geteuid() != 0 or open_to_all(data.parent))


def open_to_all(folder: Path) -> bool:
    """Whether every account can enter the folder."""
    return all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents))


def own_temporary_folder(purpose: str) -> Path:
    """A folder among the temporary ones, the same for the same purpose. Raises DemoError if somebody else made it."""
    mark = hashlib.sha256(purpose.encode()).hexdigest()[:10]
    folder = Path(tempfile.gettempdir()) / f"sqlmodels-{os.getuid()}-{mark}"
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise DemoError(f"{folder} belongs to somebody else", "remove it, or set TMPDIR to a folder of your own")
    folder.chmod(0o755)
    return folder


def choose_port(said: int | None) -> int:
    """The port that was asked for, else 8080 or the next free one. Raises DemoError if the one asked for is taken."""
    if said is not None:
        if not _is_free(said):
            raise DemoError(f"port {said} is taken", f"stop what listens there, or choose another: port={said + 1}")
        return said
    for port in range(_USUAL_PORT, _USUAL_PORT + _PORTS_TRIED):
        if _is_free(port):
            return port
    last = _USUAL_PORT + _PORTS_TRIED - 1
    raise DemoError(f"all ports from {_USUAL_PORT} to {last} are taken", f"choose another: port={last + 1000}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

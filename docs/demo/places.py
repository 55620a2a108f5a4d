"""Where the demo keeps its things: a folder in the repository, a short one for sockets."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from docs.demo.trouble import DemoError

_LONGEST_SOCKET = 107  # sun_path holds 108 bytes with the closing zero: man 7 unix
_SOCKET_NAME = "/.s.PGSQL.5432"
_NEEDED_BYTES = 1_000_000_000


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


def find_places(root: Path) -> Places:
    """The folders, made. Raises DemoError if there is too little room."""
    own = root / ".demo"
    own.mkdir(exist_ok=True)
    free = shutil.disk_usage(own).free
    if free < _NEEDED_BYTES:
        raise DemoError(
            f"only {free // 1_000_000} MB are free in {own}", "the demo needs 1 GB: make room, and run it again"
        )
    data = short_folder(own / "pg")
    home = own / "airflow"
    (home / "logs").mkdir(parents=True, exist_ok=True)
    return Places(root, home, data)


def short_folder(wanted: Path) -> Path:
    """`wanted`, or a folder for temporary files if a socket's path in `wanted` would be too long for the system."""
    if len(str(wanted)) + len(_SOCKET_NAME) <= _LONGEST_SOCKET:
        return wanted
    mark = hashlib.sha256(str(wanted).encode()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"sqlmodels-{os.getuid()}-{mark}"


def free_port(wanted: int) -> int:
    """The port, if nobody listens there. Raises DemoError."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise DemoError(
                f"port {wanted} is taken", f"stop what listens there, or: make demo port={wanted + 1}"
            ) from error
        return int(probe.getsockname()[1])

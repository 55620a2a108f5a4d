"""A small web server for the documentation site."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from airflow_sqlmodels.errors import SqlModelsError


@contextlib.contextmanager
def serving(folder: Path, host: str, port: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address at which the folder is shown, and a call that shows it until ctrl-c. Port 0: any that is free."""
    try:
        server = ThreadingHTTPServer((host, port), partial(_Handler, directory=str(folder)))
    except OSError as error:
        what = f"cannot listen at {host}:{port}: {error.strerror or error}"
        raise SqlModelsError(what, None, "name another port with --port") from error

    def wait() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()

    with server:
        yield f"http://{host}:{server.server_port}/", wait


class _Handler(SimpleHTTPRequestHandler):
    """Files of the folder, always fresh, without a line for each; folders are not listed."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path: Any) -> None:  # noqa: ARG002  # its signature
        self.send_error(404)

    def log_message(self, *_args: Any) -> None:
        return None

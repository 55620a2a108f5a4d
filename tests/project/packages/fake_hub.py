"""A hub of our own: packages as dicts, served over HTTP on this machine."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Release = Mapping[str, Any]
"""`packages` (what it asks for), `require_dbt_version`, `files` (by path)."""


class FakeHub:
    """Serves what `packages` holds: by name, by version, a release. `trouble` is answered first, one each time."""

    def __init__(self, packages: Mapping[str, Mapping[str, Release]]) -> None:
        self.packages = packages
        self.trouble: list[int | bytes] = []
        self.asked: list[str] = []
        self.extra: dict[str, Mapping[str, Any]] = {}
        self.url = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.trouble:
            trouble = self.trouble.pop(0)
            return (trouble, b"") if isinstance(trouble, int) else (200, trouble)
        if path == "/api/v1/index.json":
            return 200, json.dumps(list(self.packages)).encode()
        if path.startswith("/tar/"):
            name, _, version = path.removeprefix("/tar/").rpartition("/")
            return 200, archive(project_files(name, version, self.packages[name][version]))
        name = path.removeprefix("/api/v1/").removesuffix(".json")
        return (200, json.dumps(self._listing(name)).encode()) if name in self.packages else (404, b"")

    def _listing(self, name: str) -> Mapping[str, Any]:
        releases = self.packages[name]
        versions = {version: self._release(name, version, said) for version, said in releases.items()}
        return {"name": name.partition("/")[2], "versions": versions, **self.extra.get(name, {})}

    def _release(self, name: str, version: str, said: Release) -> Mapping[str, Any]:
        return {
            "name": said.get("name", name.partition("/")[2]),
            "version": version,
            "packages": said.get("packages", []),
            "require_dbt_version": said.get("require_dbt_version", []),
            "downloads": {"tarball": f"{self.url}tar/{name}/{version}"},
        }


def project_files(name: str, version: str, said: Release) -> dict[str, str]:
    short = said.get("name", name.partition("/")[2])
    head = f"{short}-{version}"
    files = {"dbt_project.yml": f"name: {short}\nversion: {version}\nconfig-version: 2\n", **said.get("files", {})}
    return {f"{head}/{path}": text for path, text in files.items()}


def archive(files: Mapping[str, str]) -> bytes:
    """A compressed archive with these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for folder in dict.fromkeys(path.partition("/")[0] for path in files if "/" in path):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(member)
        for path, text in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@contextmanager
def serving(packages: Mapping[str, Mapping[str, Release]]) -> Iterator[FakeHub]:
    hub = FakeHub(packages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            status, body = hub.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

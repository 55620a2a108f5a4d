"""What the demo does while Airflow is slow to answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from docs.demo import api
from docs.demo.api import Api
from docs.demo.trouble import DemoError


class Slow(ThreadingHTTPServer):
    """Answers, but not the first few requests."""

    daemon_threads = True
    silent = 0
    asked = 0
    ended = threading.Event()


class _Answers(BaseHTTPRequestHandler):
    server: Slow

    def do_GET(self) -> None:  # as http.server calls it
        self.server.asked += 1
        if self.server.asked <= self.server.silent:
            self.server.ended.wait(30)
            return
        body = json.dumps({"state": "success", "dag_run_id": "r"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    monkeypatch.setattr(api, "_TIMEOUT", 0.2)
    with Slow(("127.0.0.1", 0), _Answers) as server:
        server.ended = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.ended.set()
        server.shutdown()


def client(server: Slow) -> Api:
    return Api(f"http://127.0.0.1:{server.server_address[1]}")


def test_what_changes_nothing_is_asked_again(server: Slow) -> None:
    server.silent = 2

    assert client(server).state("dag", "r") == "success"
    assert server.asked == 3


def test_what_changes_something_is_asked_once(server: Slow) -> None:
    server.silent = 1

    with pytest.raises(DemoError, match=r"did not answer POST .*/dagRuns within 0.2 seconds\nhint: the machine"):
        client(server).trigger("dag")
    assert server.asked == 1


def test_airflow_that_never_answers_is_not_healthy(server: Slow) -> None:
    server.silent = 100

    assert not client(server).healthy()
    with pytest.raises(DemoError):
        client(server).state("dag", "r")

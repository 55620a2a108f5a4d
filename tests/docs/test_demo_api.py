"""What the demo makes of what Airflow answers, and what it does while that is slow to come."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

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
    answer: ClassVar[dict[str, object]] = {"state": "success", "dag_run_id": "r"}


class _Answers(BaseHTTPRequestHandler):
    server: Slow

    def do_GET(self) -> None:  # as http.server calls it
        self.server.asked += 1
        if self.server.asked <= self.server.silent:
            self.server.ended.wait(30)
            return
        body = json.dumps(self.server.answer).encode()
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


NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)


def test_a_dag_that_an_earlier_airflow_read_is_not_there_yet(server: Slow) -> None:
    server.answer = {"last_parsed_time": "2026-05-04T12:30:00.5Z"}

    assert client(server).has_dag("dag")
    assert client(server).has_dag("dag", NOW)
    assert not client(server).has_dag("dag", NOW + timedelta(seconds=1))


def test_a_mistake_is_told_once_and_without_the_code_that_found_it(server: Slow) -> None:
    """Three DAG files show parts of one project. What stood in the database before is not told again."""
    said = 'models/m.sql:1:1: "o" was not found\n    ref(\nhint: h\n'
    trace = f'Traceback (most recent call last):\n  File "a.py", line 1\nairflow_sqlmodels.errors.NamingError: {said}'
    foreign = 'Traceback (most recent call last):\n  File "dag.py", line 1\n    dag = (\nSyntaxError: never closed\n'
    found = [("12:30:01", trace), ("12:30:02", trace), ("12:30:02", foreign), ("12:29:59", "old")]
    server.answer = {
        "import_errors": [{"timestamp": f"2026-05-04T{time}Z", "stack_trace": text} for time, text in found]
    }

    assert client(server).import_errors(NOW) == [said, foreign]
    assert client(server).import_errors() == [said, foreign, "old"]

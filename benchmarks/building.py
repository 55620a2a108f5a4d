"""Building a whole project: `sqlmodels build` against the same statements sent by hand, over as many connections."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.run.plan import Plan, make_plan
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.libpq import LibpqSession
from airflow_sqlmodels.warehouse.session import Rows
from benchmarks.timing import Row, environment, medians_in_turn, seconds_of

THREADS = 4


@dataclass(frozen=True, slots=True)
class Recorded:
    """A plan and what each of its steps sends, `begin` and `commit` included."""

    plan: Plan
    statements: dict[str, list[str]]
    prepared: dict[str, str]


def measure_building(folder: Path, project: Path, models: int, dsn: str, runs: int) -> Iterator[Row]:
    """The command, start and end included, and the floor."""
    env = environment(folder, BENCH_HOST=psycopg.conninfo.conninfo_to_dict(dsn)["host"])
    command = [str(Path(sys.executable).parent / "sqlmodels"), "build", "--threads", str(THREADS), "--quiet",
               "--project-dir", str(project), "--profiles-dir", str(project)]  # fmt: skip
    seconds_of(command, env)
    recorded = _record(project, dsn)
    ours, by_hand = medians_in_turn(lambda: seconds_of(command, env), lambda: _send(recorded, dsn), runs)
    yield Row(f"build {models} models, {THREADS} threads", ours, by_hand, "the same statements by hand")


class _Recorder(LibpqSession):
    """A session that notes what it sends."""

    sent: list[str]
    prepared: dict[str, str]

    def query_prepared(self, name: str, sql: str, first: str) -> Rows:
        self.prepared[name] = sql
        return super().query_prepared(name, sql, first)

    def _sent(self, sql: str, shift: int = 0) -> Any:
        whole = sql
        for name, text in self.prepared.items():  # by hand it is prepared when the connection is made
            sql = sql.replace(f"prepare {name} as\n{text};\n", "")
        self.sent.append(self.comment + sql)
        return super()._sent(whole, shift)


def _record(project: Path, dsn: str) -> Recorded:
    """Run everything once, and note what was sent."""
    manifest = load_project(project, profiles_dir=project)
    plan = make_plan(manifest)
    session = _Recorder(psycopg.connect(dsn))
    session.prepared, session.sent = {}, []
    means = answerer(manifest, Invocation())
    statements = {}
    for step in plan:
        session.sent = statements[step.node] = []
        result = run_step(means, step.node, session, StepRules())
        assert result.passed, result.message
    session.close()
    return Recorded(plan, statements, session.prepared)


def _send(recorded: Recorded, dsn: str) -> float:
    """The same statements in dependency order over several connections: nothing else happens."""
    todo: queue.Queue[Any] = queue.Queue()
    done: queue.Queue[Any] = queue.Queue()
    clock = time.perf_counter()
    threads = [threading.Thread(target=_sender, args=(recorded, dsn, todo, done), daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    _hand_out(recorded.plan, todo, done)
    for _ in threads:
        todo.put(None)
    for thread in threads:
        thread.join()
    return time.perf_counter() - clock


def _hand_out(plan: Plan, todo: queue.Queue[Any], done: queue.Queue[Any]) -> None:
    """Each step as soon as those before it are done."""
    waits = {step.node: len(step.after) for step in plan}
    below: dict[str, list[Any]] = defaultdict(list)
    for step in plan:
        for above in step.after:
            below[above].append(step.node)
    for node in [node for node, count in waits.items() if not count]:
        todo.put(node)
    for _ in range(len(waits)):
        ended = done.get()
        if isinstance(ended, Exception):
            raise ended
        for node in below[ended]:
            waits[node] -= 1
            if not waits[node]:
                todo.put(node)


def _sender(recorded: Recorded, dsn: str, todo: Any, done: Any) -> None:
    try:
        with psycopg.connect(dsn, prepare_threshold=None, autocommit=True) as connection:
            for name, sql in recorded.prepared.items():
                connection.execute(f"prepare {name} as {sql}")  # type: ignore[call-overload]
            while (node := todo.get()) is not None:
                for sql in recorded.statements.get(node, ()):
                    cursor = connection.execute(sql)  # type: ignore[call-overload]
                    while cursor.nextset():
                        pass
                done.put(node)
    except Exception as error:
        done.put(error)

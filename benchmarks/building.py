"""Building a whole project: `sqlmodels build` against a script that sends the same statements over as many connections.

Both are processes of their own, timed from start to end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.run.plan import make_plan
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.libpq import LibpqSession
from airflow_sqlmodels.warehouse.session import Rows
from benchmarks.timing import Row, environment, medians_in_turn, seconds_of

THREADS = 4


def measure_building(folder: Path, project: Path, models: int, dsn: str, runs: int) -> Iterator[Row]:
    """The command, start and end included, and the floor."""
    env = environment(folder, BENCH_HOST=psycopg.conninfo.conninfo_to_dict(dsn)["host"])
    command = [str(Path(sys.executable).parent / "sqlmodels"), "build", "--threads", str(THREADS), "--quiet",
               "--project-dir", str(project), "--profiles-dir", str(project)]  # fmt: skip
    seconds_of(command, env)
    statements = folder / "statements.json"
    statements.write_text(json.dumps(_record(project, dsn)), encoding="utf-8")
    script = [sys.executable, "-m", "benchmarks.by_hand", str(statements), dsn, str(THREADS)]
    ours, by_hand = medians_in_turn(lambda: seconds_of(command, env), lambda: seconds_of(script, env), runs)
    yield Row(f"build {models} models, {THREADS} threads", ours, by_hand, "a script that sends the same statements")


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


def _record(project: Path, dsn: str) -> dict[str, Any]:
    """Run everything once, and note what was sent, `begin` and `commit` included; as `by_hand` reads it."""
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
    steps = [(step.node, step.after, statements[step.node]) for step in plan]
    return {"prepared": session.prepared, "steps": steps}

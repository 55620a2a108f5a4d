"""The example project on its 120,000 orders: the tables and verdicts that dbt gave for it (expected.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.cli.main import exit_code

ROOT = Path(__file__).resolve().parents[2]
EXPECTED: dict[str, Any] = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
KINDS = {"r": "table", "v": "view"}


@pytest.fixture
def project(postgres_dsn: str, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example beside its raw data, as the role that may only read it."""
    connection.execute((ROOT / "sql_project/raw/raw_data.sql").read_text(encoding="utf-8"))  # type: ignore[call-overload]
    fields = psycopg.conninfo.conninfo_to_dict(postgres_dsn)
    for variable, field in (("HOST", "host"), ("PORT", "port"), ("DATABASE", "dbname")):
        if fields.get(field):
            monkeypatch.setenv(f"WAREHOUSE_{variable}", str(fields[field]))
    return ROOT / "sql_project"


def build(project: Path, target: Path) -> dict[str, str]:
    """Builds it; by node what came of it."""
    code = exit_code(["build", "--quiet", "--project-dir", str(project), "--profiles-dir", str(project),
                      "--target-path", str(target)])  # fmt: skip
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert code == 0, [each["message"] for each in results if each["status"] in ("error", "fail")]
    return {each["unique_id"]: each["status"] for each in results}


def fingerprints(connection: psycopg.Connection[Any]) -> dict[str, dict[str, Any]]:
    """All relations outside of `raw`, as expected.json describes them."""
    connection.execute("set timezone to 'UTC'")
    rows = connection.execute(
        "select n.nspname || '.' || c.relname, c.relkind::text from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v')"
        " and n.nspname not in ('raw', 'pg_catalog', 'information_schema')"
    ).fetchall()
    found = {}
    for name, kind in rows:
        counted = connection.execute(EXPECTED["query"].format(relation=name)).fetchone()
        assert counted is not None
        found[name] = {"kind": KINDS[kind], "rows": counted[0], "md5": counted[1]}
    return found


def test_it_gives_what_dbt_gave(project: Path, connection: psycopg.Connection[Any], tmp_path: Path) -> None:
    for _ in range(2):  # the second time the incremental model only applies what is new
        statuses = build(project, tmp_path)

        relations = {name: each for name, each in fingerprints(connection).items() if name != "ops.runs"}
        assert relations == EXPECTED["relations"]
        tests = {name.split(".")[2]: status for name, status in statuses.items() if name.startswith("test.")}
        assert sum(status == "pass" for status in tests.values()) == EXPECTED["tests"]["passed"]
        assert [name for name, status in tests.items() if status == "warn"] == EXPECTED["tests"]["warned"]


def test_the_procedure_that_it_replaced_gives_the_same(
    project: Path, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    compare: Any = (ROOT / "docs/compare.sql").read_text(encoding="utf-8")
    build(project, tmp_path)
    of_models = connection.execute(compare).fetchall()

    connection.execute("drop schema marts cascade")
    connection.execute((ROOT / "docs/before.sql").read_text(encoding="utf-8"))  # type: ignore[call-overload]
    connection.execute("call public.refresh_marts()")

    assert len(of_models) == 3
    assert connection.execute(compare).fetchall() == of_models

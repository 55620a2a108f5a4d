"""What stays in the warehouse of what templates write: as much as with dbt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.projects import Call, calling, profile_for
from tests.projects import write_project

MACROS = """\
{% macro note(text) %}{% if execute %}
  {% do run_query("insert into public.noted values ('" ~ text ~ "')") %}
{% endif %}{% endmacro %}
{% macro note_apart(text, end) %}{{ note(text ~ ' before') }}
  {% if execute %}{% do run_query(end) %}{% endif %}{{ note(text ~ ' behind') }}
{% endmacro %}
"""
GOOD = "select 1 as id"
BAD = "select 1 / 0 as id"


@pytest.fixture
def run(
    tmp_path: Path, postgres_dsn: str, connection: psycopg.Connection[Any], capfd: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command on these files: the exit code, and what is noted then."""
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    connection.execute("create table if not exists public.noted (what text); truncate public.noted")
    connection.commit()

    def run(files: dict[str, str], *args: str) -> tuple[int, list[str]]:
        write_project(tmp_path, {"macros/note.sql": MACROS, "profiles.yml": profile_for(fields), **files})
        call: Call = calling(tmp_path, capfd)
        code, _said = call(*args)
        return code, [row[0] for row in connection.execute("select what from public.noted order by 1")]

    return run


@pytest.mark.parametrize("kind", ["table", "view", "incremental", "ephemeral"])
def test_what_a_model_writes_stays_if_it_is_built(run: Any, kind: str) -> None:
    head = f"{{{{ config(materialized='{kind}') }}}}"
    models = {f"models/{name}.sql": f"{head}{{{{ note('{name}') }}}}{sql}" for name, sql in (("g", GOOD), ("b", BAD))}
    more = {"models/of_g.sql": "select * from {{ ref('g') }}", "models/of_b.sql": "select * from {{ ref('b') }}"}

    # a view of 1 / 0 can be made
    asked = more if kind == "ephemeral" else {}
    bad = {"models/b.sql": models["models/b.sql"].replace("1 / 0", "no_such_column")}
    assert run({**models, **asked, **bad}, "run") == (1, ["g"])


def test_what_a_model_writes_stays_if_it_has_committed_it(run: Any) -> None:
    text = "{{ config(materialized='table') }}{{ note_apart('x', 'commit') }}" + BAD

    assert run({"models/m.sql": text}, "run") == (1, ["x before", "x behind"])


def test_behind_a_rollback_each_statement_stays_by_itself(run: Any) -> None:
    text = "{{ config(materialized='table') }}{{ note_apart('x', 'rollback') }}" + BAD

    assert run({"models/m.sql": text}, "run") == (1, ["x behind"])


@pytest.mark.parametrize("sql", [GOOD, f"{GOOD} where false", "select no_such_column"])
def test_what_a_data_test_writes_does_not_stay(run: Any, sql: str) -> None:
    files = {"tests/t.sql": "{{ note('t') }}" + sql, "tests/u.sql": "{{ note_apart('u', 'commit') }}" + sql}

    assert run(files, "test")[1] == ["u before", "u behind"]


def test_what_a_test_with_stored_rows_writes_stays(run: Any) -> None:
    files = {"tests/t.sql": "{{ config(store_failures=true) }}{{ note('t') }}" + GOOD}

    assert run(files, "test") == (1, ["t"])


def test_nothing_stays_of_what_is_only_compiled(run: Any) -> None:
    stops = "{{ note('z') }}{{ exceptions.raise_compiler_error('no') if execute }}"
    files = {"models/a.sql": "{{ note('a') }}" + GOOD, "models/m.sql": stops + GOOD, "models/n.sql": GOOD}

    assert run(files, "compile", "--threads", "1") == (2, [])


def test_rows_at_fault_that_cannot_be_shown_are_a_failure(run: Any, tmp_path: Path) -> None:
    assert run({"tests/t.sql": BAD}, "test")[0] == 1

    assert '"status": "fail"' in (tmp_path / "target/run_results.json").read_text().replace('":"', '": "')

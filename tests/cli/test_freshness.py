"""`source freshness`: which rule holds for a table, the project's own way to tell its age, and sources.json."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.projects import Call, calling, profile_for
from tests.projects import write_project

LEVELS = """\
    sources:
      - name: raw
        schema: public
        loaded_at_field: loaded_at
        freshness: {warn_after: {count: 18, period: hour}, error_after: {count: 24, period: hour}}
        config:
          freshness: {warn_after: {count: 12, period: hour}}
        tables:
          - name: a
            identifier: orders
            config: {freshness: {warn_after: {count: 6, period: hour}}}
            freshness: {warn_after: {count: 9, period: hour}}
          - {name: b, identifier: orders, freshness: {warn_after: {count: 6, period: hour}, error_after: {}}}
          - {name: c, identifier: orders, freshness: {warn_after: {count: 6, period: hour}, error_after: null}}
          - name: d
            identifier: orders
            freshness: {error_after: {count: 144, period: hour}}
            config: {freshness: {error_after: {count: 72}}}
          - {name: e, identifier: orders, freshness: null}
    """
OWN = """\
    {% macro collect_freshness(source, loaded_at_field, filter) %}
      {% call statement('collect_freshness', fetch_result=True) %}
        select max({{ loaded_at_field }}) - interval '7 days' as max_loaded_at, now() as snapshotted_at
        from {{ source }}
      {% endcall %}
      {{ return(RESULT) }}
    {% endmacro %}
    """


@pytest.fixture
def call(
    tmp_path: Path, postgres_dsn: str, connection: psycopg.Connection[Any], capfd: pytest.CaptureFixture[str]
) -> Call:
    """Runs a command on a project whose only source was loaded 30 hours ago."""
    connection.execute("create table public.orders as select now() - interval '30 hours' as loaded_at")
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    write_project(tmp_path, {"models/sources.yml": LEVELS, "profiles.yml": profile_for(fields)})

    return calling(tmp_path, capfd)


def results(folder: Path) -> dict[str, dict[str, Any]]:
    entries = json.loads((folder / "target/sources.json").read_text())["results"]
    return {each["unique_id"].rpartition(".")[2]: each for each in entries}


def test_each_threshold_is_that_of_the_nearest_level(call: Call, tmp_path: Path) -> None:
    code, _ = call("source", "freshness")

    found = results(tmp_path)
    rules = {name: [(each["criteria"][key] or {}).get("count") for key in ("warn_after", "error_after")]
             for name, each in found.items()}  # fmt: skip
    assert code == 1
    assert rules == {"a": [6, 24], "b": [6, 24], "c": [6, None], "d": [12, 72]}
    assert found["c"]["criteria"]["error_after"] is None
    assert {name: each["status"] for name, each in found.items()} == {
        "a": "error",
        "b": "error",
        "c": "warn",
        "d": "warn",
    }
    assert found["a"]["adapter_response"] == {"_message": "SELECT 1", "code": "SELECT", "rows_affected": 1}


def test_a_source_without_rows_is_as_old_as_can_be(
    call: Call, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    connection.execute("truncate public.orders")

    code, _ = call("source", "freshness", "--select", "source:raw.a", "source:raw.c")

    assert code == 1
    assert {name: each["status"] for name, each in results(tmp_path).items()} == {"a": "error", "c": "warn"}


@pytest.mark.parametrize("returned", ["load_result('collect_freshness')", "load_result('collect_freshness').table"])
def test_a_project_may_tell_the_age_itself(call: Call, tmp_path: Path, returned: str) -> None:
    write_project(tmp_path, {"macros/freshness.sql": OWN.replace("RESULT", returned)})

    _, said = call("source", "freshness")

    assert ("CollectFreshnessReturnSignature" in said) == returned.endswith(".table")
    assert {each["status"] for each in results(tmp_path).values()} == {"error", "warn"}
    assert results(tmp_path)["d"]["status"] == "error", "a week older than it is"


def test_a_package_may_tell_the_age_too(call: Call, tmp_path: Path) -> None:
    """As dbt_fivetran_utils does: dbt's adapter looks for this macro in all packages, and for names in it there."""
    own = OWN.replace("RESULT", "load_result('collect_freshness')").replace("macro collect", "macro default__collect")
    own += (
        "{% macro collect_freshness(source, loaded_at_field, filter) %}"
        "{{ return(adapter.dispatch('collect_freshness')(source, loaded_at_field, filter)) }}{% endmacro %}"
    )
    package = {"dbt_packages/ages/dbt_project.yml": "name: ages\n", "dbt_packages/ages/macros/freshness.sql": own}
    write_project(tmp_path, package)

    call("source", "freshness")

    assert results(tmp_path)["d"]["status"] == "error", "a week older than it is"


def test_what_tells_no_age_is_refused(call: Call, tmp_path: Path) -> None:
    write_project(tmp_path, {"macros/freshness.sql": OWN.replace("RESULT", "'soon'")})

    code, said = call("source", "freshness")

    assert code == 1
    assert "collect_freshness gave no row with two timestamps" in said
    assert "macros/freshness.sql:1" in said


def test_a_run_of_nothing_leaves_no_results_of_another(call: Call, tmp_path: Path) -> None:
    write_project(tmp_path, {"models/a.sql": "select 1 as id"})
    assert call("run")[0] == 0

    assert call("seed")[0] == 0

    kept = json.loads((tmp_path / "target/run_results.json").read_text())
    assert (kept["results"], kept["args"]["which"]) == ([], "seed")


def test_a_rule_without_a_way_to_tell_the_age_is_told(call: Call, tmp_path: Path) -> None:
    text = textwrap.dedent(LEVELS).replace("    loaded_at_field: loaded_at\n", "")
    (tmp_path / "models/sources.yml").write_text(text)

    said = call("parse", "--log-format", "json")[1]
    warnings = [each for each in map(json.loads, said.splitlines()) if each["info"]["name"] == "FreshnessConfigProblem"]
    assert len(warnings) == 4
    assert "nothing says when raw.a was loaded" in warnings[0]["info"]["msg"]
    code, said = call("source", "freshness", "--select", "source:raw.a")
    assert code == 1
    assert "Could not compute freshness for source a" in said


def test_without_a_source_to_ask_the_file_tells_of_nothing(call: Call, tmp_path: Path) -> None:
    call("source", "freshness")
    assert results(tmp_path)

    code, said = call("source", "freshness", "--select", "source:raw.e")

    assert (code, results(tmp_path)) == (0, {})
    assert "Nothing to do" in said


def test_the_results_of_a_run_are_left_alone(call: Call, tmp_path: Path) -> None:
    write_project(tmp_path, {"models/a.sql": "select 1 as id"})
    assert call("run")[0] == 0
    assert "Concurrency: " in call("source", "freshness")[1]

    kept = json.loads((tmp_path / "target/run_results.json").read_text())
    assert (kept["args"]["which"], [each["unique_id"] for each in kept["results"]]) == ("run", ["model.shop.a"])


END = """\
on-run-end: "{% for each in results %}{{ log([each.node.name, each.status, each.status.name, each.message is none,
  each.max_loaded_at is defined, each.to_dict().get('age') is number] | join(' '), info=true) }}{% endfor %}"
"""


def test_hooks_at_the_end_see_how_old_sources_are(call: Call, tmp_path: Path) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write(END)
    broken = tmp_path / "models/broken.yml"
    table = "{name: gone, loaded_at_field: at, freshness: {warn_after: {count: 1, period: day}}}"
    broken.write_text(f"sources: [{{name: lost, schema: public, tables: [{table}]}}]")

    _, said = call("source", "freshness")

    assert "a error Error True True True" in said
    assert "c warn Warn True True True" in said
    assert "gone runtime error RuntimeErr False False False" in said
    assert "START hook: shop.on-run-end.0" in said
    assert said.rstrip().endswith("Done.")

"""Templates and macros of the command line: `compile --inline`, `show`, `run-operation`, and what they leave."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.projects import Call, calling, profile_for
from tests.projects import write_project

FILES = {
    "models/one.sql": "{{ config(materialized='ephemeral') }}select 1 as n",
    "models/two.sql": "select n + 1 as n from {{ ref('one') }}",
    "models/price_v1.sql": "select 1 as euros",
    "models/price_v2.sql": "select 2 as euros",
    "models/asks.sql": "select {{ run_query('select 7').columns[0].values()[0] }} as n",
    "models/schema.yml": """\
        models:
          - name: price
            latest_version: 1
            versions: [{v: 1}, {v: 2}]
        """,
    "macros/work.sql": """\
        {% macro clean() %}{% do run_query('vacuum pg_class') %}{% endmacro %}
        {% macro keep_then_fail() %}
          {% do run_query('create table kept (n int)') %}
          {% do run_query('create nonsense') %}
        {% endmacro %}
        """,
    "dbt_packages/tools/dbt_project.yml": "name: tools\n",
    "dbt_packages/tools/macros/greet.sql": (
        "{% macro greet() %}{{ adapter.dispatch('greet')() }}{% endmacro %}"
        "{% macro default__greet() %}{{ print('hello') }}{% endmacro %}"
    ),
    "macros/greet.sql": "{% macro greet_from_here() %}{{ tools.greet() }}{% endmacro %}",
    "macros/who.sql": "{% macro who(n=1) %}{{ print(model.unique_id ~ ' ' ~ model.arguments) }}{% endmacro %}",
}
INLINE = "sql_operation.shop.inline_query"


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on the project: the exit code, and all it said."""
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    write_project(tmp_path, {**FILES, "profiles.yml": profile_for(fields)})

    return calling(tmp_path, capfd)


def only_result(folder: Path) -> dict[str, Any]:
    (entry,) = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    return dict(entry)


def test_an_inline_template_is_compiled_with_the_ephemeral_models_that_it_reads(call: Call, tmp_path: Path) -> None:
    code, said = call("compile", "--inline", "select * from {{ ref('one') }}")

    assert code == 0
    assert said.startswith("Compiled inline node is:\nwith __dbt__cte__one as (\nselect 1 as n\n)")
    assert call("compile", "--quiet", "--inline", "select 1")[1] == "select 1\n"
    assert json.loads(call("compile", "--inline", "select 1", "--output", "json")[1]) == {"compiled": "select 1"}
    entry = only_result(tmp_path)
    assert (entry["unique_id"], entry["status"], entry["compiled_code"]) == (INLINE, "success", "select 1")


def test_an_inline_template_stands_in_the_schema_of_the_target(call: Call) -> None:
    code, said = call("compile", "--quiet", "--inline", "select '{{ schema }}' from {{ this }}, {{ model.schema }}.t")

    assert code == 0
    assert said.startswith("select 'public' from ")
    assert said.endswith('."public"."inline_query", public.t\n')


@pytest.mark.parametrize(("ref", "relation"), [("'price'", "price_v1"), ("'price', v=2", "price_v2")])
def test_an_inline_template_finds_versions(call: Call, ref: str, relation: str) -> None:
    code, said = call("compile", "--quiet", "--inline", f"select * from {{{{ ref({ref}) }}}}")

    assert code == 0
    assert f'"{relation}"' in said


def test_a_query_that_the_warehouse_refuses_ends_as_with_dbt(call: Call) -> None:
    code, said = call("show", "--inline", "select nope from {{ ref('one') }}")

    assert code == 2
    assert "Runtime Error\n  Database Error in sql_operation inline_query (--inline)\n" in said
    assert 'column "nope" does not exist\n' in said


def test_what_an_inline_template_gets_wrong_is_told(call: Call) -> None:
    code, said = call("compile", "--inline", "select * from {{ ref('tow') }}")

    assert code == 2
    assert "Error parsing inline query: no model, seed or snapshot 'tow'" in said
    assert "did you mean 'two'?" in said


def test_templates_may_not_ask_without_introspection(call: Call) -> None:
    assert call("compile", "--select", "asks", "--quiet") == (0, "select 7 as n\n")

    code, said = call("compile", "--no-introspect")

    assert code == 2
    assert "models/asks.sql" in said


def test_ephemeral_models_may_be_left_out(call: Call) -> None:
    code, said = call("compile", "--quiet", "--select", "two", "--no-inject-ephemeral-ctes")

    assert (code, said) == (0, "select n + 1 as n from __dbt__cte__one\n")


def test_rows_are_shown_and_written_down(call: Call, tmp_path: Path) -> None:
    assert call("show", "--quiet", "--select", "two") == (0, "| n |\n| - |\n| 2 |\n")
    entry = only_result(tmp_path)
    assert entry["unique_id"] == "model.shop.two"
    assert entry["adapter_response"] == {"_message": "SELECT 1", "code": "SELECT", "rows_affected": 1}

    assert "Previewing node 'price.v2':" in call("show", "--select", "price,version:prerelease")[1]

    code, said = call("show", "--inline", "select n from {{ ref('one') }}", "--output", "json")
    assert (code, json.loads(said)) == (0, {"show": [{"n": 1}]})
    assert only_result(tmp_path)["unique_id"] == INLINE


def test_the_sql_of_what_was_shown_is_kept(call: Call, tmp_path: Path) -> None:
    assert call("show", "--quiet", "--select", "two")[0] == 0

    compiled = tmp_path / "target/compiled/shop/models"
    assert "select 1 as n" in (compiled / "one.sql").read_text()
    assert "select n + 1 as n" in (compiled / "two.sql").read_text()
    node = json.loads((tmp_path / "target/manifest.json").read_text())["nodes"]["model.shop.two"]
    assert (node["compiled"], node["compiled_path"]) == (True, "target/compiled/shop/models/two.sql")
    assert node["compiled_code"] == (compiled / "two.sql").read_text()


def test_a_template_that_asks_for_an_unset_variable_is_told_as_such(call: Call) -> None:
    code, said = call("compile", "--inline", "select {{ env_var('NOBODY_SET_THAT') }}")

    assert (code, "Parsing Error\n" in said) == (2, True)


def test_an_empty_template_is_none(call: Call) -> None:
    code, said = call("compile", "--inline", "", "--select", "two", "--quiet")

    assert (code, "select n + 1 as n" in said) == (0, True)


@pytest.mark.parametrize("command", ["show", "compile"])
def test_manifest_json_is_written_for_a_template_too(command: str, call: Call, tmp_path: Path) -> None:
    assert call(command, "--inline", "select 1 as n")[0] == 0

    assert "model.shop.two" in json.loads((tmp_path / "target/manifest.json").read_text())["nodes"]


def test_a_query_is_shown_without_the_project(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models" / "broken.sql").write_text("{% if")

    assert call("show", "--quiet", "--inline-direct", "select 3 as n") == (0, "| n |\n| - |\n| 3 |\n")
    code, said = call("show", "--inline-direct", "select from from")

    assert code != 0
    assert "Encountered an error:\nDatabase Error\nsyntax error at or near" in said


def test_each_statement_of_a_macro_stays_by_itself(call: Call, connection: psycopg.Connection[Any]) -> None:
    """So `vacuum` works, and what was done before an error is done."""
    assert call("run-operation", "clean")[0] == 0

    assert call("run-operation", "keep_then_fail")[0] == 1
    assert connection.execute("select count(*) from public.kept").fetchone() == (0,)


def test_a_macro_of_any_package_is_found_by_its_name(call: Call) -> None:
    assert call("run-operation", "greet", "--quiet") == (0, "hello\n")
    assert call("run-operation", "greet", "--quiet", "--no-print") == (0, "")
    assert call("run-operation", "tools.greet", "--quiet") == (0, "hello\n")


def test_what_a_template_prints_is_an_event_among_events(call: Call) -> None:
    code, said = call("--log-format", "json", "run-operation", "greet", "--quiet")

    [event] = map(json.loads, said.splitlines())
    assert (code, event["info"]["name"], event["info"]["code"]) == (0, "PrintEvent", "Z052")
    assert event["data"] == {"msg": "hello"}
    assert call("--log-format", "json", "run-operation", "greet", "--quiet", "--no-print") == (0, "")
    assert call("--log-level", "none", "run-operation", "greet") == (0, "")


def test_what_a_model_prints_while_it_is_read_follows_the_flags_too(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models" / "telling.sql").write_text("{{ print('read') }}select 1 as x")

    assert call("ls", "-s", "telling", "--quiet", "--no-partial-parse")[1].splitlines()[0] == "read"
    assert "read" not in call("ls", "-s", "telling", "--quiet", "--no-print", "--no-partial-parse")[1]
    assert call("--log-level", "none", "ls", "-s", "telling", "--no-partial-parse") == (0, "")


def test_what_a_macro_dispatches_to_is_what_the_called_one_sees(call: Call) -> None:
    """As in dbt: not what the macro that dispatches has in its package."""
    code, said = call("run-operation", "greet_from_here")

    assert code == 1
    assert "No macro named 'greet' found" in said


def test_a_macro_that_is_called_by_itself_is_its_model(call: Call) -> None:
    said = "macro.shop.who [{'name': 'n', 'description': ''}]\n"
    assert call("run-operation", "who", "--quiet") == (0, said)


def test_sql_is_sent_and_can_be_sent_again(call: Call, tmp_path: Path) -> None:
    code, said = call("run-operation", "--sql", "select * from {{ ref('one') }}")
    assert code == 0
    assert "1 of 1 START executing inline_query ......" in said
    assert "1 of 1 OK executed inline_query ..........." in said
    assert re.search(r" \[SELECT 1 in \d\.\d\ds\]\n$", said)
    entry = only_result(tmp_path)
    assert (entry["unique_id"], entry["failures"], entry["adapter_response"]["rows_affected"]) == (INLINE, 0, 1)

    code, said = call("run-operation", "--sql", "create table later as select * from made_later")
    assert code == 1
    assert "Encountered an error while running operation: Database Error" in said
    assert "1 of 1 ERROR executing inline_query ..........." in said
    assert only_result(tmp_path)["failures"] == 1
    assert call("run-operation", "--sql", "create table later as select 1 as n", "--args", "{a: 1}")[0] == 2


@pytest.mark.parametrize(
    ("command", "name", "data"),
    [
        (("ls", "--select", "two"), "PrintEvent", {"msg": "shop.two"}),
        (
            ("compile", "--select", "one"),
            "CompiledNode",
            {"node_name": "one", "is_inline": False, "compiled": "select 1 as n"},
        ),
        (("compile", "--inline", "select 2"), "CompiledNode", {"node_name": "inline_query", "compiled": "select 2"}),
        (("show", "--select", "two"), "ShowNode", {"unique_id": "model.shop.two", "preview": "| n |\n| - |\n| 2 |"}),
        (
            ("show", "--inline", "select 3 as n", "--output", "json"),
            "ShowNode",
            {"preview": '[{"n": 3}]', "is_inline": True},
        ),
    ],
)
def test_what_was_asked_for_is_an_event_in_json(
    command: tuple[str, ...], name: str, data: dict[str, Any], call: Call
) -> None:
    code, said = call("--quiet", "--log-format", "json", *command)
    events = [json.loads(line) for line in said.splitlines()]
    assert code == 0
    assert [each["info"]["name"] for each in events] == [name]
    assert data.items() <= events[0]["data"].items()


def test_an_operation_that_failed_is_an_event(call: Call) -> None:
    said = call("run-operation", "--sql", "select {{ 1 // 0 }}", "--log-format", "json")[1]
    events = {each["info"]["name"]: each for each in map(json.loads, said.splitlines())}
    assert events["RunningOperationCaughtError"]["info"]["level"] == "error"
    assert "division" in events["RunningOperationCaughtError"]["data"]["exc"]
    assert "ERROR executing inline_query" in events["Note"]["info"]["msg"]


def test_sql_that_failed_is_retried(call: Call, connection: psycopg.Connection[Any]) -> None:
    assert call("run-operation", "--sql", "create table copied as select * from made_later")[0] == 1
    connection.execute("create table public.made_later as select 5 as n")

    assert call("retry")[0] == 0

    assert connection.execute("select n from public.copied").fetchone() == (5,)


def test_a_macro_within_a_model_cannot_be_called_and_hides_no_other(call: Call, tmp_path: Path) -> None:
    (tmp_path / "macros/seven.sql").write_text("{% macro seven() %}7{% endmacro %}")
    text = "{% macro seven() %}8{% endmacro %}{{ config(alias='x' ~ seven()) }}select {{ seven() }} as n"
    (tmp_path / "models/own.sql").write_text(text)

    assert call("compile", "--quiet", "--select", "own") == (0, "select 7 as n\n")
    assert call("ls", "--quiet", "--select", "own", "--output", "json", "--output-keys", "alias") == (
        0,
        '{"alias": "x7"}\n',
    )

    (tmp_path / "models/own.sql").write_text("{% macro eight() %}8{% endmacro %}select {{ eight() }} as n")

    code, said = call("compile", "--select", "own")
    assert (code, "'eight' is undefined" in said) == (2, True)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("ref()", "ref() takes a model's name, or a package and a model's name"),
        ("ref('shop', 'one', 'two')", "ref() takes a model's name, or a package and a model's name"),
        ("ref(7)", "ref() takes a model's name, or a package and a model's name"),
        ("source('one')", "source() takes two names: the source's and the table's"),
        ("function()", "function() takes a function's name, or a package and a function's name"),
    ],
)
def test_names_that_are_lacking_or_too_many_are_told_by_the_call(asked: str, told: str, call: Call) -> None:
    code, said = call("show", "--inline", f"select * from {{{{ {asked} }}}}")
    assert (code, told in said) == (2, True), said

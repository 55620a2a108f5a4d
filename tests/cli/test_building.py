"""The commands that build, on a running Postgres: exit codes, lines, files."""

from __future__ import annotations

import datetime
import json
import re
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import Call, calling, profile_for, write_project


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on a small project with a database of its own: the exit code, and all it said."""
    fields = psycopg.conninfo.conninfo_to_dict(postgres_dsn)
    write_project(tmp_path, **{"profiles.yml": profile_for({key: str(value) for key, value in fields.items()})})

    return calling(tmp_path, capfd)


def test_build_builds_and_tests_everything(call: Call, tmp_path: Path) -> None:
    code, said = call("build")

    assert code == 0, said
    assert "Done. PASS=6 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=6" in said
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())
    assert {each["unique_id"]: each["status"] for each in results["results"]}["model.shop.revenue"] == "success"
    assert results["args"]["which"] == "build"
    assert (tmp_path / "target/compiled/shop/models/marts/revenue.sql").read_text().startswith("select sum(amount)")


@pytest.mark.parametrize(("said", "coloured"), [("--use-colors", True), ("--no-use-colors", False), ("-q", False)])
def test_colours_are_there_if_they_are_asked_for(call: Call, tmp_path: Path, said: str, coloured: bool) -> None:
    (tmp_path / "models/marts/revenue.sql").write_text("select nope")
    failed = call(said, "run", "--select", "revenue")[1]
    (tmp_path / "models/marts/revenue.sql").write_text("select {{ nope(")
    broken = call(said, "run")[1]

    assert ("\x1b[31m" in failed) is coloured
    assert ("\x1b[31m" in broken) is coloured


def test_a_node_in_another_database_ends_the_command_before_anything_is_built(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/marts/revenue.sql").write_text("{{ config(database='elsewhere') }} select 1 as amount")

    code, said = call("build")
    without = call("build", "--exclude", "revenue")

    assert code == 2
    assert "models/marts/revenue.sql:1: Cross-db references not allowed: model.shop.revenue" in said
    assert "START" not in said
    assert without[0] == 0, without[1]


def test_a_failing_test_skips_what_reads_its_model(call: Call, tmp_path: Path) -> None:
    (tmp_path / "seeds/raw_orders.csv").write_text("id,amount\n1,10\n1,20\n")

    code, said = call("build")

    assert code == 1
    assert "FAIL 1 unique_stg_orders_id" in said
    assert "SKIP relation public.revenue" in said
    assert "Failure in test unique_stg_orders_id (models/schema.yml:5:" in said
    assert "to see the rows:" in said


def test_a_materialization_of_another_warehouse_fails_its_model_alone(call: Call, tmp_path: Path) -> None:
    model = "{{ config(materialized='dynamic_table') }}\nselect 1 as id\n"
    (tmp_path / "models/marts/orders.sql").write_text(model)

    listed, (code, said) = call("ls", "--select", "orders"), call("build", "--select", "orders", "+stg_orders")

    assert listed == (0, "shop.marts.orders\n")
    assert call("compile", "--quiet", "--select", "orders") == (0, "\nselect 1 as id\n"), "as in dbt, it is not built"
    assert code == 1
    assert "Compilation Error" in said
    assert "models/marts/orders.sql:1:25: no materialization 'dynamic_table'" in said
    assert "OK created sql view model public.stg_orders" in said


@pytest.mark.parametrize(("skips", "counted"), [("true", "SKIP=5"), ("false", "SKIP=0")])
def test_nodes_are_skipped_behind_a_hook_that_failed_unless_a_flag_says_no(
    call: Call, tmp_path: Path, skips: str, counted: str
) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write(f"flags: {{skip_nodes_if_on_run_start_fails: {skips}}}\non-run-start: selct 1\n")

    code, said = call("build", "--exclude", "orders")

    assert code == 1
    assert counted in said
    assert said.count(" SKIP ") == int(counted[-1]), "each is told"


def test_a_test_that_is_tried_again_refreshes_nothing(call: Call, tmp_path: Path) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write("on-run-start: \"{{ log('REFRESH ' ~ flags.FULL_REFRESH, info=true) if execute }}\"\n")
    (tmp_path / "tests").mkdir(exist_ok=True)
    (tmp_path / "tests/never.sql").write_text("select 1 as id")
    assert call("test", "--select", "never")[0] == 1

    assert "REFRESH False" in call("retry", "--full-refresh")[1]


def test_a_query_comment_that_would_end_early_ends_the_command(call: Call, tmp_path: Path) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write("query-comment: 'a */ b'\n")

    code, said = call("run")

    assert code == 2
    assert 'illegal value "*/"' in said
    assert "START" not in said


def test_a_hook_at_the_start_that_cannot_be_rendered_ends_the_command(call: Call, tmp_path: Path) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write("on-run-start: \"{{ run_query('select nope') if execute }}\"\n")

    code, said = call("run")

    assert code == 2
    assert 'column "nope" does not exist' in said
    assert "START sql" not in said
    assert not (tmp_path / "target/run_results.json").exists()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{{ return({'relations': [this]}) }}", "sent no statement named 'main'"),
        ("{% call statement('main') %}select 1{% endcall %}", "did not explicitly return a list of relations"),
    ],
)
def test_a_materialization_has_to_say_what_it_made(call: Call, tmp_path: Path, body: str, told: str) -> None:
    (tmp_path / "macros").mkdir()
    macro = f"{{% materialization note, default %}}{body}{{% endmaterialization %}}"
    (tmp_path / "macros/note.sql").write_text(macro)
    (tmp_path / "models/marts/orders.sql").write_text("{{ config(materialized='note') }}\nselect 1 as id\n")

    code, said = call("run", "--select", "orders")

    assert code == 1
    assert told in said
    assert "macros/note.sql:1" in said


def test_a_name_that_the_server_would_cut_off_is_refused(call: Call, tmp_path: Path) -> None:
    name = "a" * 64
    (tmp_path / f"models/marts/{name}.sql").write_text("select 1 as id")

    code, said = call("run", "--select", name)

    assert code == 1
    assert f"Relation name '{name}' is longer than 63 characters" in said
    assert f"Runtime Error in model {name}" in said


@pytest.mark.parametrize(("statement", "code"), [("main", 0), ("counts", 1)])
def test_a_result_may_be_asked_for_once(call: Call, tmp_path: Path, statement: str, code: int) -> None:
    (tmp_path / "models/marts/orders.sql").write_text(
        f"{{% call statement('{statement}', fetch_result=True) %}}select 1 as n{{% endcall %}}"
        f"{{% set a = load_result('{statement}') %}}{{% set b = load_result('{statement}') %}}select 1 as id"
    )

    ended, said = call("run", "--select", "orders")

    assert ended == code
    assert ("result named 'counts' has already been loaded into a variable" in said) is (statement == "counts")


def test_a_refused_statement_is_told_with_its_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/marts/orders.sql").write_text("select nope from {{ ref('stg_orders') }}\n")

    code, said = call("build", "--select", "+orders")

    assert code == 1
    assert "Database Error in model orders (models/marts/orders.sql:1)" in said
    assert "Traceback" not in said


def test_commands_go_one_after_the_other(call: Call) -> None:
    codes = [call(*words)[0] for words in (["seed"], ["run"], ["test"], ["run", "-s", "orders", "--full-refresh"])]

    assert codes == [0, 0, 0, 0]


def test_show_prints_rows_and_compile_prints_sql(call: Call) -> None:
    call("build")

    _, table = call("show", "-s", "revenue")
    _, rows = call("show", "--inline", "select * from {{ ref('revenue') }}", "--output", "json")
    _, sql = call("compile", "-s", "revenue")

    assert table == "Previewing node 'revenue':\n| amount |\n| ------ |\n|     30 |\n"
    assert json.loads(rows) == {"show": [{"amount": 30}]}
    assert sql.startswith("Compiled node 'revenue' is:\nselect sum(amount) as amount from ")


def test_a_macro_can_be_called(call: Call, tmp_path: Path) -> None:
    (tmp_path / "macros").mkdir()
    macro = "{% macro note(word) %}{{ log('said ' ~ word, info=True) }}{% endmacro %}"
    (tmp_path / "macros/note.sql").write_text(macro)

    code, said = call("run-operation", "note", "--args", "{word: hello}")

    assert code == 0, said
    assert "said hello" in said


def test_a_schema_can_be_dropped_by_name(call: Call, postgres_dsn: str) -> None:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("create schema old; create table old.t (id int)")
        code, said = call("run-operation", "drop_schema_named", "--args", "{schema_name: old}")
        assert code == 0, said
        assert connection.execute("select 1 from pg_namespace where nspname = 'old'").fetchone() is None


def test_an_unknown_macro_is_refused_with_the_nearest(call: Call, tmp_path: Path) -> None:
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros/note.sql").write_text("{% macro note() %}{% endmacro %}")

    code, said = call("run-operation", "notes")

    assert code == 2
    assert "could not find a macro with the name 'notes' in any package\nhint: did you mean 'note'?" in said


@pytest.mark.parametrize("command", ["run", "seed", "compile", "show"])
def test_nothing_selected_is_no_error(call: Call, tmp_path: Path, command: str) -> None:
    code, said = call(command, "-s", "tag:nobody")

    assert code == 0
    assert "Nothing to do" in said
    assert ("Done. PASS=0 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=0" in said) == (command == "seed")
    assert json.loads((tmp_path / "target/run_results.json").read_text())["results"] == []


@pytest.mark.parametrize(("select", "statuses"), [
    ((), {"orders": "skipped", "revenue": "skipped", "apart": "success"}),
    (("--select", "orders", "revenue"), {"orders": "error", "revenue": "skipped"}),
])  # fmt: skip
def test_what_reads_a_broken_ephemeral_model_is_skipped_if_that_was_chosen_too(
    select: tuple[str, ...], statuses: dict[str, str], call: Call, tmp_path: Path
) -> None:
    broken = "{{ config(materialized='ephemeral') }} select {{ adapter.no_such_method() }}\n"
    _write(tmp_path / "models/staging/stg_orders.sql", broken)
    _write(tmp_path / "models/marts/revenue.sql", "select * from {{ ref('orders') }}\n")
    _write(tmp_path / "models/marts/apart.sql", "select 1 as id\n")

    code, said = call("run", *select)
    results = json.loads((tmp_path / "target/run_results.json").read_text())["results"]

    assert code == 1
    assert {each["unique_id"].removeprefix("model.shop."): each["status"] for each in results} == statuses
    if select:
        assert "due to ephemeral model" not in said
        return
    assert said.count("due to ephemeral model status 'error'") == said.count("[ERROR SKIP]") == 2
    assert "Completed with 2 errors" in said
    assert said.count("Compilation Error in model stg_orders") == 1
    assert "PASS=1 WARN=0 ERROR=0 SKIP=2" in said
    events = [json.loads(line) for line in call("run", "--log-format", "json")[1].splitlines() if line[:1] == "{"]
    skipped = [each["data"]["relation"] for each in events if each["info"]["name"] == "LogSkipBecauseError"]
    assert skipped == ["orders", "revenue"]


def test_debug_looks_at_the_only_profile_if_the_project_names_none(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("models: {}\n")

    code, said = call("debug")

    assert code == 1
    assert "profiles.yml file [OK found and valid]" in said
    assert "dbt_project.yml file [ERROR invalid]" in said
    assert "Connection test: [OK connection ok]" in said
    assert "1 check failed:" in said


def test_debug_says_where_the_profiles_are(call: Call, tmp_path: Path) -> None:
    code, said = call("debug", "--config-dir")

    assert code == 0
    assert said.endswith(f"open {tmp_path}\n")


def test_build_takes_what_seed_and_saved_queries_take(call: Call) -> None:
    code, said = call("build", "--show", "--export-saved-queries", "--no-include-saved-query", "-s", "raw_orders")

    assert code == 0
    assert "Random sample of table: " in said


def test_debug_and_results_are_events_as_dbt_has_them(call: Call, tmp_path: Path) -> None:
    snapshot = "{{ config(unique_key='id', strategy='check', check_cols=['amount']) }} select 1 as id, 2 as amount"
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots/kept.sql").write_text(f"{{% snapshot kept %}}{snapshot}{{% endsnapshot %}}")
    (tmp_path / "models/sources.yml").write_text(
        "sources: [{name: raw, schema: public, tables: [{name: raw_orders, loaded_at_field: now(),"
        " freshness: {warn_after: {count: 1, period: day}}}]}]"
    )

    def events(*command: str) -> list[dict[str, Any]]:
        code, said = call(*command, "--log-format", "json")
        assert code == 0, said
        return [json.loads(line) for line in said.splitlines()]

    debugged, built, freshness = events("debug"), events("build"), events("source", "freshness")

    assert {each["info"]["name"] for each in debugged} == {"MainReportVersion", "DebugCmdOut", "DebugCmdResult"}
    assert debugged[-1]["data"]["msg"] == "\nAll checks passed!"
    data = {each["info"]["name"]: each["data"] for each in built}
    kept = data["LogSnapshotResult"]
    assert (kept["description"], kept["status"], kept["result_message"]) == ("public.kept", "success", "SELECT 1")
    assert {"strategy": "check", "pre-hook": "[]", "unique_key": "id"}.items() <= kept["cfg"].items()
    assert "total" not in data["LogTestResult"]
    assert not {"EndOfRunSummary", "StatsLine"} & {each["info"]["name"] for each in freshness}


def test_debug_of_the_connection_alone_wants_a_project_too(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").unlink()
    code, said = call("debug", "--connection")
    assert code == 1
    assert "Connection test: [OK connection ok]" in said
    assert "1 check failed:\nProject loading failed for the following reason:\n" in said


def test_debug_says_which_part_is_wrong(call: Call, tmp_path: Path) -> None:
    code, said = call("debug")
    assert code == 0
    assert "  profiles.yml file [OK found and valid]\n  dbt_project.yml file [OK found and valid]\n" in said
    assert "  Connection test: [OK connection ok]\n\nAll checks passed!\n" in said
    code, said = call("debug", "--connection", "--target", "nothing")
    assert code == 1
    assert "Skipping steps before connection verification" in said
    assert "1 check failed:\nProfile loading failed for the following reason:\n" in said
    assert "The profile 'shop' does not have a target named 'nothing'" in said
    assert "Connection test: " not in said
    code, said = call("debug", "--target", "nothing")
    assert "  profiles.yml file [ERROR invalid]\n  dbt_project.yml file [OK found and valid]\n" in said
    assert "Connection test skipped since no profile was found\n\n1 check failed:" in said
    (tmp_path / "profiles.yml").write_text(
        "shop:\n  outputs:\n    default: {type: postgres, host: /nowhere, user: x, dbname: y, schema: z}\n"
    )

    code, said = call("debug")

    assert code == 1
    assert "  profiles.yml file [OK found and valid]\n" in said
    assert "  Connection test: [ERROR]\n\n1 check failed:\n" in said


def test_debug_says_what_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "project").mkdir()
    place = ["--project-dir", str(tmp_path / "project")]

    assert exit_code(["debug", *place]) == 1
    neither = capsys.readouterr().out
    (tmp_path / "project/dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    assert exit_code(["debug", *place]) == 1
    no_profile = capsys.readouterr().out

    assert f"Using profiles.yml file at {tmp_path}/.dbt/profiles.yml\n" in no_profile
    assert "  profiles.yml file [ERROR not found]\n  dbt_project.yml file [ERROR not found]\n" in neither
    assert "2 checks failed:\nProfile loading failed for the following reason:\nno profiles.yml in " in neither
    assert "  profiles.yml file [ERROR not found]\n  dbt_project.yml file [OK found and valid]\n" in no_profile
    assert "Connection test skipped since no profile was found\n\n1 check failed:" in no_profile


@pytest.mark.parametrize("missing", ["var('no_such')", "env_var('no_such')"])
def test_debug_ends_with_2_where_the_project_lacks_a_variable(call: Call, tmp_path: Path, missing: str) -> None:
    text = 'name: shop\nprofile: shop\nclean-targets: ["{{ MISSING }}"]\n'.replace("MISSING", missing)
    (tmp_path / "dbt_project.yml").write_text(text, encoding="utf-8")

    code, said = call("debug")

    assert code == 2, said
    assert "'no_such'" in said


def test_debug_ends_with_2_where_the_profile_lacks_a_variable(call: Call, tmp_path: Path) -> None:
    profile = tmp_path / "profiles.yml"
    profile.write_text("shop:\n  outputs:\n    default: {type: postgres, host: \"{{ env_var('NO_SUCH') }}\"}\n")

    code, said = call("debug")

    assert code == 2, said
    assert "profiles.yml file [ERROR invalid]" in said
    assert "Env var required but not provided: 'NO_SUCH'" in said


def test_debug_does_not_mind_models_and_packages(call: Call, tmp_path: Path) -> None:
    _write(tmp_path / "models/broken.sql", "select {{ ref('nothing') }} {{ env_var('NO_SUCH') }}")
    _write(tmp_path / "packages.yml", "packages: [{package: dbt-labs/dbt_utils, version: 1.3.0}]\n")

    code, said = call("debug")

    assert code == 0, said
    assert "dbt_project.yml file [OK found and valid]" in said
    assert call("parse")[0] == 2


END_HOOK = """
on-run-start: "{% do graph.update({'kept': 1}) %} select 1"
on-run-end:
  - >-
    create table public.ended as select * from (values
    {% for each in results %}('{{ each.node.unique_id }}', '{{ each.status }}', '{{ each.node.resource_type }}',
    {{ each.to_dict().execution_time >= 0 and each.node.to_dict() == each.node and graph.kept == 1 }})
    {{ "," if not loop.last }}{% endfor %}) v (node, status, kind, timed)
  - "comment on table public.ended is '{{ schemas | join(',') }} {{ database_schemas | length }}'"
"""


def test_a_hook_at_the_end_is_told_of_a_node_without_sql_that_it_has_none(call: Call, tmp_path: Path) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        names = ("compiled", "compiled_code", "extra_ctes", "extra_ctes_injected")
        seen = " ~ ' ' ~ ".join(f"each.node.{name}" for name in names)
        file.write(f"on-run-end: \"{{% for each in results %}}{{{{ log('SEEN ' ~ {seen}, true) }}}}{{% endfor %}}\"\n")
    _write(tmp_path / "models/a.sql", "select nope")
    _write(tmp_path / "models/b.sql", "select * from {{ ref('a') }}")

    _, said = call("run", "--select", "a", "b")

    assert "SEEN True select nope [] True" in said
    assert "SEEN False None [] False" in said


def test_hooks_at_the_start_find_the_schemas_of_the_run(call: Call, tmp_path: Path, postgres_dsn: str) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write("on-run-start: create table public_new.log as select 1 as x\n")
    (tmp_path / "models/marts/orders.sql").write_text("{{ config(schema='new') }} select 1 as id")

    code, said = call("run", "--select", "orders")

    assert code == 0, said
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("select x from public_new.log").fetchone() == (1,)


def test_what_sends_nothing_is_told_in_dbts_words(call: Call, tmp_path: Path) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write("on-run-start: ['{% do log(1) %}', select 1]\n")
    exposure = "{name: board, type: dashboard, owner: {name: me}, depends_on: [ref('orders')]}"
    (tmp_path / "models/boards.yml").write_text(f"exposures: [{exposure}]")

    call("build")

    results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    messages = {each["unique_id"]: each["message"] for each in results}
    assert messages["exposure.shop.board"] == "NO-OP"
    for number in (0, 1):
        assert messages[f"operation.shop.shop-on-run-start-{number}"] == f"shop.on-run-start.{number} passed"


def test_an_own_snapshot_strategy_may_go_on_from_the_built_in_one(
    call: Call, tmp_path: Path, postgres_dsn: str
) -> None:
    strategy = "snapshot_check_strategy(node, old, new, config, exists)"
    files = {
        "macros/mine.sql": "{% macro snapshot_mine_strategy(node, old, new, config, exists) %}"
        f"{{{{ return({strategy}) }}}}{{% endmacro %}}",
        "snapshots/s.sql": "{% snapshot places %}"
        "{{ config(strategy='mine', unique_key='id', check_cols=['name', 'place']) }}"
        "select 1 as id, null::text as name, point(1, {{ var('y') }}) as place{% endsnapshot %}",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    for y in (1, 1, 2):
        code, said = call("snapshot", "--vars", f"y: {y}")
        assert code == 0, said
    with psycopg.connect(postgres_dsn) as connection:
        rows = connection.execute("select place::text, dbt_valid_to is null from public.places order by 1").fetchall()
    assert rows == [("(1,1)", False), ("(1,2)", True)]


def test_hooks_at_the_end_see_what_came_of_the_run(call: Call, tmp_path: Path, postgres_dsn: str) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write(END_HOOK)
    (tmp_path / "models/marts/orders.sql").write_text("select * from {{ ref('stg_orders') }} where no_such_column")

    code, _ = call("build")

    assert code == 1
    with psycopg.connect(postgres_dsn) as connection:
        ended = connection.execute("select node, status, kind from ended where timed").fetchall()
        said = connection.execute("select obj_description('ended'::regclass)").fetchone()
    assert ("model.shop.orders", "error", "model") in ended
    assert ("model.shop.revenue", "success", "model") in ended
    assert [(status, kind) for node, status, kind in ended if "not_null_stg_orders_id" in node] == [("pass", "test")]
    assert said == ("public 1",)
    assert "operation" not in {kind for _, _, kind in ended}


def test_what_macros_send_in_project_hooks_is_committed_at_once(call: Call, tmp_path: Path, postgres_dsn: str) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write("""
on-run-start: "{% do run_query('create table public.sent (said text)') %}"
on-run-end:
  - "{% do run_query('vacuum public.sent') %}"
  - "{% call statement('x') %}insert into public.sent values ('last'){% endcall %}"
""")

    code, said = call("seed")

    assert code == 0, said
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("select said from public.sent").fetchall() == [("last",)]


def test_what_an_operation_sent_before_it_failed_stays(call: Call, tmp_path: Path, postgres_dsn: str) -> None:
    (tmp_path / "macros").mkdir(exist_ok=True)
    (tmp_path / "macros/kept.sql").write_text(
        "{% macro kept() %}{% do run_query('create table public.kept as select 1 as x') %}"
        "{% do run_query('vacuum public.kept') %}{% do run_query('select 1/0') %}{% endmacro %}"
    )

    code, said = call("run-operation", "kept")

    assert (code, "division by zero" in said) == (1, True)
    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("select x from public.kept").fetchone() == (1,)


def test_hooks_at_the_end_ask_configs_for_what_they_do_not_have_and_phases_for_moments(
    call: Call, tmp_path: Path, postgres_dsn: str
) -> None:
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write("""
on-run-end: >-
  create table public.asked as select * from (values
  {% for each in results if each.node.resource_type == 'test' %}
  {% set phase = each.timing | selectattr('name', 'eq', 'execute') | first %}
  ({{ each.node.config.full_refresh is none and each.node.config.severity == 'ERROR' }},
  '{{ phase.started_at }}', '{{ phase.to_dict().started_at }}') {{ "," if not loop.last }}{% endfor %}) v (a, b, c)
""")

    code, said = call("build")

    assert code == 0, said
    with psycopg.connect(postgres_dsn) as connection:
        asked = connection.execute("select a, b, c from public.asked").fetchall()
    assert asked
    for answered, moment, text in asked:
        assert answered
        assert f"{moment.replace(' ', 'T')}Z" == text


def test_with_log_format_json_all_that_happens_is_an_event(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/marts/broken.sql").write_text("select * from nowhere")
    (tmp_path / "models/marts/below.sql").write_text("select * from {{ ref('broken') }}")

    code, said = call("build", "--log-format", "json", "--log-level", "debug")

    events = [json.loads(line) for line in said.splitlines()]
    named = {}
    for each in events:
        named.setdefault(each["info"]["name"], []).append(each["data"])
    assert code == 1
    assert len({each["info"]["invocation_id"] for each in events}) == 1
    assert named["ConcurrencyLine"][0]["node_count"] == len(named["LogStartLine"]) + len(named["SkippingDetails"])
    statuses = {each["node_info"]["node_name"]: each["status"] for each in named["LogModelResult"]}
    assert statuses == {"stg_orders": "CREATE VIEW", "orders": "SELECT 2", "revenue": "SELECT 1", "broken": "error"}
    assert named["SkippingDetails"][0]["node_name"] == "below"
    assert "nowhere" in named["RunResultError"][0]["msg"]
    caught = [each["node_info"]["node_name"] for each in named["CatchableExceptionOnRun"] if "nowhere" in each["exc"]]
    assert caught == ["broken"]
    begun = [sorted(each["node_info"]["unique_id"] for each in named[name])
             for name in ("NodeStart", "LogStartLine", "SkippingDetails")]  # fmt: skip
    assert begun[0] == sorted(begun[1] + begun[2])  # as in dbt, what is skipped begins too
    ended = {each["node_info"]["node_name"]: each["run_result"] for each in named["NodeFinished"]}
    assert ended["orders"]["adapter_response"] == {"_message": "SELECT 2", "code": "SELECT", "rows_affected": 2}
    assert (ended["broken"]["status"], ended["broken"]["adapter_response"]) == ("error", {})
    assert [each["name"] for each in ended["orders"]["timing_info"]] == ["compile", "execute"]
    moment = named["LogStartLine"][0]["node_info"]["node_started_at"]
    assert abs(datetime.datetime.fromisoformat(f"{moment}+00:00").timestamp() - time.time()) < 600
    assert len(named["Formatting"]) == 2 + 3 + len(named["RunResultError"]) + len(named["SQLCompiledPath"])
    assert named["FinishedRunningStats"][0]["stat_line"].startswith("1 seed, 4 table models, ")
    assert named["EndOfRunSummary"][0]["num_errors"] == 1
    told = {each["info"]["name"]: each["info"]["msg"] for each in events}
    assert told["EndOfRunSummary"] == "Completed with 1 error, 0 partial successes, and 0 warnings:"
    counts = {"pass": 6, "warn": 0, "error": 1, "skip": 1, "noop": 0, "reused": 0, "total": 8}
    assert named["StatsLine"][0]["stats"] == counts


def test_every_command_that_runs_writes_the_manifest(call: Call, tmp_path: Path) -> None:
    call("run", "-s", "stg_orders")
    manifest = json.loads((tmp_path / "target" / "manifest.json").read_text())
    assert "model.shop.revenue" in manifest["nodes"]


def test_print_is_shown_as_it_is_and_an_operation_that_fails_ends_with_1(call: Call, tmp_path: Path) -> None:
    (tmp_path / "macros").mkdir(exist_ok=True)
    (tmp_path / "macros/m.sql").write_text(
        "{% macro hello(x) %}{{ print('hi ' ~ x) }}{{ log('not seen', info=true) }}{% endmacro %}\n"
        "{% macro own() %}{{ print([this is defined, compiled_code is defined, sql]) }}{% endmacro %}\n"
        "{% macro boom() %}\n{{ exceptions.raise_compiler_error('no way') }}{% endmacro %}"
    )
    assert call("run-operation", "hello", "--args", "{x: 3}", "--quiet") == (0, "hi 3\n")
    told = json.loads((tmp_path / "target/run_results.json").read_text())["args"]
    assert call("run-operation", "own", "--quiet") == (0, "[False, False, None]\n"), "as in dbt it is of no node"
    assert (told["macro"], told["args"]) == ("hello", {"x": 3})
    code, said = call("run-operation", "boom")
    assert (code, said.splitlines()[2:4]) == (
        1,
        ["Encountered an error while running operation: Compilation Error", "macros/m.sql:3: no way"],
    )
    assert call("run-operation", "nothing")[0] == 2


def test_target_run_holds_what_was_sent(call: Call, tmp_path: Path) -> None:
    call("build")
    run = tmp_path / "target" / "run" / "shop" / "models"
    assert (run / "marts" / "revenue.sql").read_text().startswith('create table "')


def test_seed_shows_some_rows_if_asked(call: Call) -> None:
    code, said = call("seed", "--show")

    assert code == 0, said
    table = "Random sample of table: public.raw_orders\n-----------------------------------------\n| id | amount |\n"
    assert table in said
    assert "Random sample" not in call("seed")[1]


def test_selectors_yml_may_hold_templates(call: Call, tmp_path: Path) -> None:
    text = "selectors: [{name: some, definition: {method: fqn, value: \"{{ var('which') }}\"}}]"
    (tmp_path / "selectors.yml").write_text(text)

    code, said = call("ls", "--selector", "some", "--vars", "{which: revenue}")

    assert (code, "shop.marts.revenue" in said, "stg_orders" in said) == (0, True, False), said
    missing = call("run")
    assert missing[0] == 2
    assert "Required var 'which' not found in config" in missing[1]


def test_a_compile_of_nothing_leaves_no_results_of_an_earlier_run(call: Call, tmp_path: Path) -> None:
    call("run", "--select", "stg_orders")

    code, said = call("compile", "--select", "nobody")

    assert (code, "[WARNING]: Nothing to do" in said) == (0, True)
    assert json.loads((tmp_path / "target/run_results.json").read_text())["results"] == []


@pytest.mark.parametrize("words", [("compile",), ("docs", "generate")])
def test_a_compile_that_fails_leaves_the_results_of_an_earlier_run(
    words: tuple[str, ...], call: Call, tmp_path: Path
) -> None:
    """As in dbt: `retry` does what was run before."""
    call("run", "--select", "stg_orders")
    before = (tmp_path / "target/run_results.json").read_bytes()
    (tmp_path / "models/never.sql").write_text("{{ exceptions.raise_compiler_error('no') if execute }}")

    assert call(*words)[0] == 2
    assert (tmp_path / "target/run_results.json").read_bytes() == before


def test_an_operation_without_a_warehouse_fails_with_results(call: Call, tmp_path: Path) -> None:
    (tmp_path / "macros").mkdir(exist_ok=True)
    (tmp_path / "macros/nothing.sql").write_text("{% macro nothing() %}{% endmacro %}")
    profiles = tmp_path / "profiles.yml"
    profiles.write_text(re.sub("dbname: [^,}\n]*", "dbname: nobodys", profiles.read_text()))

    assert call("run-operation", "nothing")[0] == 1
    results = json.loads((tmp_path / "target/run_results.json").read_text())["results"]
    assert [each["status"] for each in results] == ["error"]


def test_compile_tells_of_ephemeral_models_only_if_they_are_asked_for(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/part.sql").write_text("{{ config(materialized='ephemeral') }} select 1 as id")

    def told(*args: str) -> set[str]:
        assert call("compile", *args)[0] == 0
        return {each["unique_id"] for each in json.loads((tmp_path / "target/run_results.json").read_text())["results"]}

    assert "model.shop.part" not in told()
    assert told("--select", "part") == {"model.shop.part"}


@pytest.mark.parametrize("command", ["compile", "run"])
def test_the_sql_of_an_ephemeral_model_that_is_read_has_its_file(command: str, call: Call, tmp_path: Path) -> None:
    """manifest.json names the file as soon as one that was compiled reads it."""
    (tmp_path / "models/part.sql").write_text("{{ config(materialized='ephemeral') }} select {{ 1 }} as id")
    (tmp_path / "models/more.sql").write_text("{{ config(materialized='ephemeral') }} select * from {{ ref('part') }}")
    (tmp_path / "models/whole.sql").write_text("select m.id from {{ ref('more') }} as m, {{ ref('part') }}")

    assert call(command, "--select", "whole")[0] == 0
    nodes = json.loads((tmp_path / "target/manifest.json").read_text())["nodes"]
    part, more = nodes["model.shop.part"], nodes["model.shop.more"]
    assert (tmp_path / part["compiled_path"]).read_text() == part["compiled_code"] == " select 1 as id"
    assert (tmp_path / more["compiled_path"]).read_text() == more["compiled_code"]
    assert more["compiled_code"] == (
        " with __dbt__cte__part as (\n select 1 as id\n) select * from __dbt__cte__part"  # as dbt 1.12 has it
    )
    assert [each["id"] for each in more["extra_ctes"]] == ["model.shop.part"]


@pytest.mark.parametrize("words", [("ls",), ("run-operation", "nothing"), ("source", "freshness")])
def test_whoever_reads_the_project_writes_its_manifest(words: tuple[str, ...], call: Call, tmp_path: Path) -> None:
    (tmp_path / "macros").mkdir(exist_ok=True)
    (tmp_path / "macros/nothing.sql").write_text("{% macro nothing() %}{% endmacro %}")

    assert call(*words, "--no-write-json")[0] == 0
    assert not (tmp_path / "target/manifest.json").exists()
    assert call(*words)[0] == 0
    assert "model.shop.revenue" in json.loads((tmp_path / "target/manifest.json").read_text())["nodes"]


def test_nothing_to_do_has_results_too(call: Call, tmp_path: Path) -> None:
    assert call("run", "--select", "raw_orders")[0] == 0

    assert json.loads((tmp_path / "target/run_results.json").read_text())["results"] == []


def test_a_seed_reads_nothing_in_its_hooks(call: Call, tmp_path: Path) -> None:
    text = "seeds: [{name: raw_orders, config: {post_hook: \"select * from {{ ref('orders') }}\"}}]"
    (tmp_path / "seeds/s.yml").write_text(text)

    code, said = call("parse")

    assert code == 2
    assert "Seeds cannot depend on other nodes" in said


def test_hooks_are_spelled_in_one_way(call: Call, tmp_path: Path) -> None:
    config = "{{ config({'pre_hook': 'select 1', 'pre-hook': 'select 2'}) }}"
    (tmp_path / "models/marts/orders.sql").write_text(f"{config} select 1 as id")

    code, said = call("parse")

    assert code == 2
    assert "config(...) has both 'pre_hook' and 'pre-hook'" in said


@pytest.mark.parametrize("text", ["{{ adapter_macro('shop.cents', 1) }}", "{{ of_old() }}"])
def test_adapter_macro_says_what_to_write_instead(text: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/marts/orders.sql").write_text(text)
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros/of_old.sql").write_text(
        "{% macro of_old() %}{{ adapter_macro('shop.cents', 1) }}{% endmacro %}"
    )

    code, said = call("parse")

    assert code == 2
    assert 'The "adapter_macro" macro has been deprecated' in said
    assert "adapter.dispatch('cents')" in said


@pytest.mark.parametrize("password", ["no{{jinja{%re{#ndering", '{{ env_var("NO_SUCH") }}'])
def test_a_password_that_cannot_be_rendered_stays_as_it_is(password: str, call: Call, tmp_path: Path) -> None:
    place = tmp_path / "profiles.yml"
    text = re.sub(r"password: '[^']*', ", "", place.read_text())
    place.write_text(text.replace("{type: postgres,", f"{{type: postgres, password: '{password}',"))
    assert password in place.read_text()

    code, said = call("parse")

    assert code == 0, said
    assert password not in said


def test_an_environment_variable_that_is_not_set_is_a_parsing_error(call: Call, tmp_path: Path) -> None:
    _write(tmp_path / "macros/late.sql", "{% macro late() %}{{ env_var('NO_SUCH') }}{% endmacro %}")
    _write(tmp_path / "models/late.sql", "{% if execute %}{{ late() }}{% endif %} select 1 as id")

    found = call("run", "--select", "late")
    _write(tmp_path / "models/soon.sql", "select '{{ env_var('NO_SUCH') }}' as id")
    refused = call("parse")

    assert (found[0], refused[0]) == (1, 2)
    assert "Parsing Error in model late (models/late.sql" in found[1]
    assert "Parsing Error\nmodels/soon.sql:1: Env var required but not provided: 'NO_SUCH'" in refused[1]


def test_the_first_build_is_not_incremental_in_its_hooks_either(call: Call, tmp_path: Path, postgres_dsn: str) -> None:
    macro = "{% macro note() %}insert into public.noted values ({{ is_incremental() }}){% endmacro %}"
    _write(tmp_path / "macros/note.sql", macro)
    hooks = "pre_hook='create table if not exists public.noted (more bool)', post_hook='{{ note() }}'"
    _write(tmp_path / "models/late.sql", f"{{{{ config(materialized='incremental', {hooks}) }}}} select 1 as id")

    for _ in range(2):
        assert call("run", "--select", "late")[0] == 0

    with psycopg.connect(postgres_dsn) as connection:
        assert connection.execute("select more from public.noted").fetchall() == [(False,), (True,)]


def test_columns_that_are_described_and_not_there_are_told(call: Call, tmp_path: Path) -> None:
    text = """models: [{name: orders, config: {persist_docs: {columns: true}},
        columns: [{name: id, description: here}, {name: gone, description: not here}]}]"""
    (tmp_path / "models/more.yml").write_text(text)
    (tmp_path / "models/marts/orders.sql").write_text("select 1 as id")

    code, said = call("run", "--select", "orders")

    assert code == 0, said
    what = "The following columns are specified in the schema but are not present in the database"
    assert f"public.orders: {what}: gone\n" in said


@pytest.mark.parametrize("header", ["create temporary table them as select 7 as n;", "with them as (select 7 as n)"])
def test_show_sends_the_header_first(call: Call, tmp_path: Path, header: str) -> None:
    header = f"{{% call set_sql_header(config) %}}{header}{{% endcall %}}"
    (tmp_path / "models/marts/orders.sql").write_text(f"{header} select n from them")

    code, said = call("show", "--select", "orders")

    assert code == 0, said
    assert "| 7 |" in said


HISTORY = """\
{{% snapshot history %}}
{{{{ config(strategy='timestamp', unique_key='id', updated_at='seen') }}}}
select 1 as id, '2026-01-01'::{} as seen
{{% endsnapshot %}}
"""


@pytest.mark.parametrize(
    ("kind", "told"),
    [("timestamptz", "timestamp with time zone"), ("timestamptz(3)", "timestamp with time zone"), ("date", "date")],
)
def test_a_snapshot_tells_that_its_times_are_of_two_types(call: Call, tmp_path: Path, kind: str, told: str) -> None:
    _write(tmp_path / "snapshots/history.sql", HISTORY.format(kind))

    for _ in range(2):  # the table is made, then added to
        code, said = call("snapshot")

        assert code == 0, said
        assert (
            f"(timestamp without time zone) doesn't match 'updated_at' ({told}). Please update snapshot config" in said
        )
    assert "Please" not in call("--warn-error-options", "{silence: [SnapshotTimestampWarning]}", "snapshot")[1]
    assert call("--warn-error", "snapshot")[0] != 0


def test_a_snapshot_whose_times_are_of_one_type_tells_nothing(call: Call, tmp_path: Path) -> None:
    _write(tmp_path / "snapshots/history.sql", HISTORY.format("timestamp"))

    said = call("snapshot")[1] + call("snapshot")[1]

    assert said.count("PASS=1") == 2
    assert "Warning" not in said


def test_a_seed_tells_of_types_for_columns_that_it_does_not_have(call: Call, tmp_path: Path) -> None:
    types = "seeds: [{name: raw_orders, config: {column_types: {id: bigint, no_column: text, ID: text}}}]\n"
    _write(tmp_path / "seeds/seeds.yml", types)

    code, said = call("--warn-error", "seed")

    assert code == 0, said
    assert "Column types specified for non-existent columns in seed 'raw_orders': ID, no_column;" in said


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_what_is_done_to_a_materialized_view_is_told_closely(call: Call, tmp_path: Path) -> None:
    """As `log` does it in dbt's macros: log collectors and tests of projects go by these lines."""
    place = tmp_path / "models/marts/view.sql"
    told = []
    for indexes, more in (("[]", []), ("[]", []), ("[{'columns': ['id']}]", []), ("[]", ["--full-refresh"])):
        place.write_text(f"{{{{ config(materialized='materialized_view', indexes={indexes}) }}}} select 1 as id")
        said = call("run", "--select", "view", "--log-format", "json", "--debug", *more)[1]
        events = [json.loads(line) for line in said.splitlines()]
        told += [each["data"]["msg"] for each in events if each["info"]["name"] == "JinjaLogDebug"]

    assert [each.split('"')[0] for each in told if each.startswith("Applying")] == [
        f"Applying {change} to: " for change in ("CREATE", "REFRESH", "ALTER", "REPLACE")
    ]
    assert all(each.endswith('"public"."view"') for each in told if each.startswith("Applying"))

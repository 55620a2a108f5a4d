"""--defer, clone and retry, on a running Postgres with a production and a development schema."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import write_project

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command; `tmp_path/prod` holds the artifacts of a build of everything into the schema `prod`."""
    fields = psycopg.conninfo.conninfo_to_dict(postgres_dsn)
    common = ", ".join(f"{key}: '{value}'" for key, value in fields.items())
    outputs = "\n".join(
        f"    {name}: {{type: postgres, {common}, schema: {name}, threads: 2}}" for name in ("dev", "prod")
    )
    project = write_project(tmp_path / "project", **{"profiles.yml": f"shop:\n  target: dev\n  outputs:\n{outputs}\n"})
    place = ["--project-dir", str(project), "--profiles-dir", str(project)]

    def run(*args: str) -> tuple[int, str]:
        code = exit_code([*args, *place])
        said = capfd.readouterr()
        return code, said.out + said.err

    code, said = run("build", "--target", "prod")
    assert code == 0, said
    shutil.move(project / "target", tmp_path / "prod")
    return run


def compiled(tmp_path: Path, name: str) -> str:
    return (tmp_path / "project/target/compiled/shop/models" / f"{name}.sql").read_text()


def test_a_missing_relation_is_read_from_the_other_state(call: Call, tmp_path: Path, connection: Any) -> None:
    code, said = call("run", "--select", "revenue", "--defer", "--state", str(tmp_path / "prod"))

    assert code == 0, said
    assert '"prod"."stg_orders"' in compiled(tmp_path, "marts/revenue")
    assert connection.execute("select amount from dev.revenue").fetchone() == (30,)


def test_what_is_there_is_read_from_here_unless_the_state_is_favored(
    call: Call, tmp_path: Path, connection: Any
) -> None:
    connection.execute("create schema dev; create view dev.stg_orders as select 1 as id, 7 as amount")
    options = ["--select", "revenue", "--defer", "--state", str(tmp_path / "prod")]

    assert call("run", *options)[0] == 0
    own = connection.execute("select amount from dev.revenue").fetchone()
    assert call("run", *options, "--favor-state")[0] == 0
    favored = connection.execute("select amount from dev.revenue").fetchone()

    assert (own, favored) == ((7,), (30,))


def test_what_is_selected_is_read_from_here(call: Call, tmp_path: Path) -> None:
    code, said = call(
        "run", "--select", "stg_orders", "revenue", "--defer", "--favor-state", "--defer-state", str(tmp_path / "prod")
    )

    assert code == 0, said
    assert '"prod"."raw_orders"' in compiled(tmp_path, "staging/stg_orders")
    assert '"dev"."stg_orders"' in compiled(tmp_path, "marts/revenue")


def test_tests_and_previews_defer_too(call: Call, tmp_path: Path) -> None:
    options = ["--select", "stg_orders", "--defer", "--state", str(tmp_path / "prod")]

    assert "PASS=2" in call("test", *options)[1]
    assert "|     20 |" in call("show", *options)[1]


def test_templates_see_what_the_other_state_says_of_their_node(call: Call, tmp_path: Path) -> None:
    (tmp_path / "project/models/marts/revenue.sql").write_text(
        "{% set other = model.defer_relation %}select '{{ other.schema }} {{ other.config.materialized }}' as a,"
        " {{ 'event_time' in other.config }} as b"
    )

    code, told = call("compile", "--select", "revenue", "--defer", "--state", str(tmp_path / "prod"))
    assert code == 0, told
    assert compiled(tmp_path, "marts/revenue").startswith("select 'prod table' as a, False as b")
    assert call("compile", "--select", "revenue", "--state", str(tmp_path / "prod"))[0] != 0


def test_to_defer_needs_a_state(call: Call) -> None:
    code, said = call("run", "--defer")

    assert code == 2
    assert "there is no state to defer to" in said


def test_a_clone_is_a_view_of_the_other_state(call: Call, tmp_path: Path, connection: Any) -> None:
    connection.execute("create schema dev; create table dev.orders as select 0 as id")

    code, said = call("clone", "--state", str(tmp_path / "prod"))

    assert code == 0, said
    assert "dev.orders is there already" in said
    assert connection.execute("select amount from dev.revenue").fetchone() == (30,)
    assert connection.execute("select * from dev.orders").fetchall() == [(0,)]
    results = json.loads((tmp_path / "project/target/run_results.json").read_text())["results"]
    told = {each["unique_id"]: (each["compiled"], each["adapter_response"].get("code")) for each in results}
    assert told["model.shop.orders"] == (False, None)
    assert told["model.shop.revenue"] == (False, "CREATE VIEW")
    assert call("clone", "--state", str(tmp_path / "prod"), "--select", "orders", "--full-refresh")[0] == 0
    assert connection.execute("select count(*) from dev.orders").fetchone() == (2,)


def test_a_clone_of_what_the_state_never_built_is_an_error(call: Call, tmp_path: Path, connection: Any) -> None:
    connection.execute("drop table prod.revenue")

    code, said = call("clone", "--state", str(tmp_path / "prod"), "--target", "prod")

    assert code == 1
    assert "relation prod.revenue does not exist" in said
    assert "prod.orders is the relation of the state itself" in said
    assert "ERROR=1" in said


def test_retry_runs_what_failed_and_what_was_skipped(call: Call, tmp_path: Path) -> None:
    model = tmp_path / "project/models/marts/revenue.sql"
    told = "{% do log('CHOSEN ' ~ selected_resources, info=true) if execute %}"
    model.write_text("select 1 / {{ var('by') }} as amount from {{ ref('stg_orders') }}" + told)
    (tmp_path / "project/models/marts/growth.sql").write_text("select * from {{ ref('revenue') }}")
    first = call("build", "--vars", "{by: 0}")

    again = call("retry")
    healed = call("retry", "--vars", "{by: 2}")
    nothing = call("retry")

    assert (first[0], again[0]) == (1, 1)
    assert ("CHOSEN ['" in first[1], "CHOSEN []" in again[1]) == (True, True)
    assert "PASS=0 WARN=0 ERROR=1 SKIP=1 NO-OP=0 REUSED=0 TOTAL=2" in again[1]
    assert healed[0] == 0, healed[1]
    assert "PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2" in healed[1]
    assert nothing[0] == 0
    assert "Nothing to do" in nothing[1]
    results = json.loads((tmp_path / "project/target/run_results.json").read_text())
    assert (results["args"]["which"], results["results"]) == ("build", [])
    code, said = call("retry")
    assert (code, "tells of a run of no node" in said) == (2, True)


def test_a_second_retry_has_the_variables_of_the_first(call: Call, tmp_path: Path) -> None:
    model = tmp_path / "project/models/marts/revenue.sql"
    model.write_text("select 1 / 0 as amount from {{ ref(var('from')) }}")
    assert call("run", "--select", "revenue", "--vars", "{from: stg_orders, by: 0}")[0] == 1
    assert call("retry", "--vars", "{from: orders}")[0] == 1

    again = call("retry")[0]

    results = json.loads((tmp_path / "project/target/run_results.json").read_text())
    assert again == 1
    assert results["args"]["vars"] == {"from": "orders"}
    assert '"orders"' in results["results"][0]["compiled_code"]


def test_retry_names_what_failed_and_is_gone(call: Call, tmp_path: Path) -> None:
    model = tmp_path / "project/models/marts/broken.sql"
    model.write_text("select nonsense")
    assert call("run", "--select", "broken")[0] == 1
    model.unlink()

    code, said = call("retry")

    assert code == 2
    assert "model.shop.broken failed in the last run, and is not there any more" in said
    assert "sqlmodels run" in said


def test_retry_without_a_run_before_says_so(call: Call) -> None:
    code, said = call("retry")

    assert code == 2
    assert "there is no run_results.json" in said


def test_a_sample_reads_the_rows_of_its_time(call: Call, tmp_path: Path, connection: Any) -> None:
    (tmp_path / "project/seeds/raw_orders.csv").write_text("id,amount,at\n1,10,2024-01-01\n2,20,2024-02-01\n")
    (tmp_path / "project/models/time.yml").write_text("seeds: [{name: raw_orders, config: {event_time: at}}]")

    code, said = call("build", "--sample", "{start: 2024-01-15, end: 2024-03-01}")

    assert code == 0, said
    assert "_dbt_et_filter_subq_raw_orders" in compiled(tmp_path, "staging/stg_orders")
    assert connection.execute("select id from dev.stg_orders").fetchall() == [(2,)]


def test_macros_see_the_window_of_a_sample(call: Call, tmp_path: Path) -> None:
    (tmp_path / "project/models/seen.sql").write_text(
        "{% set window = invocation_args_dict.get('sample') %}{% if execute %}{{ log(window, info=True) }}{% endif %}"
        "select '{{ window.start.year }} {{ window.end.month }}' as seen"
    )

    code, said = call("run", "--select", "seen", "--sample", "{start: 2024-01-15, end: 2024-03-01}")

    assert code == 0, said
    assert "SampleWindow(start=datetime.datetime(2024, 1, 15" in said
    assert "select '2024 3' as seen" in compiled(tmp_path, "seen")


def test_empty_loads_no_row_of_a_seed(call: Call, connection: Any) -> None:
    assert call("seed", "--empty")[0] == 0

    assert connection.execute("select count(*), count(amount) from dev.raw_orders").fetchone() == (0, 0)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--sample", "3 dys"], "is no window of time"),
        (["--sample", "{start: 2024-01-01}"], "is no window of time"),
        (["--event-time-start", "2024-01-01"], "go together"),
        (["--event-time-start", "2024-01-02", "--event-time-end", "2024-01-01"], "must be before"),
        (["--event-time-start", "soon", "--event-time-end", "2024-01-01"], "is no date"),
    ],
)
def test_a_time_that_is_none_is_refused(args: list[str], message: str, call: Call) -> None:
    code, said = call("run", *args)

    assert code == 2
    assert message in said


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ("{warn: [LogTestResult]}", 2, "`warn` says nothing"),
        ("{error: all}", 1, "ERROR=1"),
        ("{error: [LogTestResult]}", 1, "ERROR=1"),
        ("{error: all, warn: [LogTestResult]}", 0, "WARN=1"),
        ("[1]", 2, "must be a mapping"),
        ("{eror: all}", 0, "did you mean 'error'"),
    ],
)
def test_a_warning_is_an_error_if_it_is_listed(options: str, code: int, word: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "project/models/marts/orders.sql").write_text("select 1 as id union all select 1")
    (tmp_path / "project/models/strict.yml").write_text(
        "models: [{name: orders, columns: [{name: id, data_tests: [{unique: {config: {severity: warn}}}]}]}]"
    )

    ended, said = call("build", "--select", "orders", "--warn-error-options", options)

    assert ended == code, said
    assert word in said


def test_retry_finds_the_target_path_of_the_project(call: Call, tmp_path: Path) -> None:
    place = tmp_path / "project/dbt_project.yml"
    place.write_text(place.read_text() + "target-path: out\n")
    (tmp_path / "project/models/marts/revenue.sql").write_text("select nope")
    assert call("run")[0] == 1
    assert (tmp_path / "project/out/run_results.json").is_file()

    code, said = call("retry")

    assert code == 1
    assert "TOTAL=3" in said


def test_retry_calls_a_macro_again_that_failed(call: Call, tmp_path: Path) -> None:
    macros = tmp_path / "project/macros"
    macros.mkdir()
    macro = "{% macro note(by) %}{{ log('by ' ~ by, info=true) if var('well', false) else boom.x.y }}{% endmacro %}"
    (macros / "note.sql").write_text(macro)

    failed = call("run-operation", "note", "--args", "{by: 2}")[0]
    results = json.loads((tmp_path / "project/target/run_results.json").read_text())["results"]
    again = call("retry", "--vars", "{well: true}")

    assert failed == 1
    assert [(each["unique_id"], each["status"], each["failures"]) for each in results] == [
        ("macro.shop.note", "error", 1)
    ]
    assert again[0] == 0, again[1]
    assert "by 2" in again[1]
    results = json.loads((tmp_path / "project/target/run_results.json").read_text())["results"]
    assert (results[0]["status"], results[0]["message"]) == ("success", None)
    code, said = call("--warn-error", "retry", "--vars", "{well: true}")
    assert code == 0, said
    assert "by 2" not in said, "it went well"


@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("run", {"select", "exclude", "empty"}),
        ("seed", {"select", "exclude", "empty", "show"}),
        ("test", {"select", "exclude", "resource_types", "exclude_resource_types"}),
        ("compile", {"select", "exclude", "empty", "inject_ephemeral_ctes", "output"}),
    ],
)
def test_results_name_every_option_of_their_command(call: Call, tmp_path: Path, command: str, own: set[str]) -> None:
    """As with dbt, whether it was said or not: who reads them need not know what is usual."""
    assert call(command, "--full-refresh" if command == "run" else "--no-partial-parse")[0] != 2

    args = json.loads((tmp_path / "project/target/run_results.json").read_text())["args"]
    of_commands = {"select", "exclude", "empty", "show", "output", "inject_ephemeral_ctes", "limit"}
    of_commands |= {"resource_types", "exclude_resource_types", "compile", "export_saved_queries"}
    assert of_commands.intersection(args) == own
    assert args["project_dir"] == str(tmp_path / "project")
    assert args["log_path"] == str(tmp_path / "project/logs")
    assert (args["defer"], args["indirect_selection"], args["validate_macro_args"]) == (False, "eager", True)
    assert args.get("full_refresh") is (True if command == "run" else None)


def test_results_name_what_changes_nothing_as_it_was_said(call: Call, tmp_path: Path) -> None:
    """The options of the log file follow those of the terminal."""
    said = ("--printer-width", "40", "--no-populate-cache", "--cache-selected-only", "--log-level", "warn")
    assert call("seed", "--log-format", "json", *said)[0] == 0

    args = json.loads((tmp_path / "project/target/run_results.json").read_text())["args"]
    assert (args["printer_width"], args["populate_cache"], args["cache_selected_only"]) == (40, False, True)
    assert (args["log_format_file"], args["log_level_file"]) == ("json", "warn")


def test_arguments_of_a_macro_are_listed_if_they_were_given(call: Call, tmp_path: Path) -> None:
    macros = tmp_path / "project/macros"
    macros.mkdir()
    (macros / "note.sql").write_text("{% macro note(by=1) %}{{ log('by ' ~ by, info=true) }}{% endmacro %}")

    assert call("run-operation", "note")[0] == 0

    args = json.loads((tmp_path / "project/target/run_results.json").read_text())["args"]
    assert (args["macro"], args.get("args")) == ("note", None)


DAILY = """{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day',
    begin='2026-11-16', unique_key='id') }}
select id, at, 1 / (id - {{ var('bad', 1) }}) as one from {{ ref('events') }}"""
EVENTS = """{{ config(event_time='at', materialized='table') }}
select g as id, timestamp '2026-11-16' + g * interval '1 day' as at from generate_series(0, 2) g"""
PERIOD = ("--event-time-start", "2026-11-16", "--event-time-end", "2026-11-19")


def daily_of(tmp_path: Path) -> dict[str, Any]:
    results = json.loads((tmp_path / "project/target/run_results.json").read_text())["results"]
    return next(dict(each) for each in results if each["unique_id"] == "model.shop.daily")


@pytest.mark.since_postgres(15)
def test_retry_does_the_batches_again_that_failed(call: Call, tmp_path: Path, connection: Any) -> None:
    models = tmp_path / "project/models"
    (models / "events.sql").write_text(EVENTS)
    (models / "daily.sql").write_text(DAILY)
    code, said = call("run", "--select", "+daily", *PERIOD)
    assert code == 1
    assert "[PARTIAL SUCCESS (2/3) in" in said
    told = daily_of(tmp_path)["batch_results"]
    connection.execute("update dev.daily set one = 42")  # what went well is not done again

    code, said = call("retry", "--full-refresh", "--vars", "{bad: 9}")

    assert code == 0, said
    assert connection.execute("select id, one from dev.daily order by id").fetchall() == [(0, 42), (1, 0), (2, 42)]
    again = daily_of(tmp_path)["batch_results"]
    assert again == {"successful": [*told["failed"], *told["successful"]], "failed": []}


@pytest.mark.parametrize("broken", ["events", "daily"])
@pytest.mark.since_postgres(15)
def test_retry_does_the_batches_of_the_same_period(broken: str, call: Call, tmp_path: Path) -> None:
    """Whether all of them failed or what they read did: not all from `begin` until now."""
    texts = {"events": EVENTS, "daily": DAILY}
    for name, text in texts.items():
        more = ", 1 / (1 - {{ var('fixed', 1) }}) as z"
        bad = text.replace(" as at", f" as at{more}") if name == "events" else text.replace(" as one", f" as one{more}")
        (tmp_path / f"project/models/{name}.sql").write_text(
            bad if name == broken else text.replace("'bad', 1", "'bad', 9")
        )
    period = ("--event-time-start", "2026-11-16", "--event-time-end", "2026-11-18")
    assert call("run", "--select", "+daily", *period)[0] == 1

    code, said = call("retry", "--vars", "{fixed: 2, bad: 9}")

    assert code == 0, said
    assert "Batch 2 of 2 OK" in said


@pytest.mark.since_postgres(15)
def test_batches_are_events(call: Call, tmp_path: Path) -> None:
    models = tmp_path / "project/models"
    (models / "events.sql").write_text(EVENTS)
    (models / "daily.sql").write_text(DAILY)
    words = ("run", "--select", "+daily", *PERIOD, "--log-format-file", "json")
    log = tmp_path / "project/logs/dbt.log"

    def batches(*more: str) -> list[tuple[str, int, str]]:
        log.unlink(missing_ok=True)
        call(*words, *more)
        events = [json.loads(line) for line in log.read_text().splitlines()]
        names = ("LogStartBatch", "LogBatchResult", "GenericExceptionOnRun")
        found = [(each["info"]["name"], each["data"]) for each in events if each["info"]["name"] in names]
        assert all(data["node_info"]["unique_id"] == "model.shop.daily" for _, data in found)
        return [(name, data.get("batch_index", 0), data.get("status", "")) for name, data in found]

    second_fails = batches()
    assert [each[:2] for each in second_fails] == [
        ("LogStartBatch", 1),
        ("LogBatchResult", 1),
        ("LogStartBatch", 2),
        ("GenericExceptionOnRun", 0),
        ("LogBatchResult", 2),
        ("LogStartBatch", 3),
        ("LogBatchResult", 3),
    ]
    assert second_fails[4][2] == "error"
    first_fails = batches("--vars", "{bad: 0}", "--full-refresh")
    assert [each[1:] for each in first_fails if each[0] == "LogBatchResult"] == [
        (1, "error"),
        (2, "skipped"),
        (3, "skipped"),
    ]


@pytest.mark.since_postgres(15)
def test_the_sql_of_each_batch_is_kept(call: Call, tmp_path: Path) -> None:
    models = tmp_path / "project/models"
    (models / "events.sql").write_text(EVENTS)
    (models / "daily.sql").write_text(DAILY)
    call("run", "--select", "+daily", *PERIOD)

    target = tmp_path / "project/target"
    days = ("daily_2026-11-16.sql", "daily_2026-11-17.sql", "daily_2026-11-18.sql")
    compiled_batches = target / "compiled/shop/models/daily"
    assert sorted(path.name for path in compiled_batches.iterdir()) == list(days)
    assert "at >= '2026-11-17 00:00:00+00:00'" in (compiled_batches / days[1]).read_text()
    assert sorted(path.name for path in (target / "run/shop/models/daily").iterdir()) == list(days)  # one fails
    assert not (target / "compiled/shop/models/daily.sql").exists()


def test_a_unit_test_finds_the_columns_of_its_inputs_in_the_other_state(call: Call, tmp_path: Path) -> None:
    (tmp_path / "project/models/tests.yml").write_text(
        "unit_tests:\n  - name: adds\n    model: revenue\n"
        "    given: [{input: ref('stg_orders'), rows: [{amount: 1}, {amount: 2}]}]\n"
        "    expect: {rows: [{amount: 3}]}\n"
    )
    words = ("test", "--select", "test_type:unit")

    assert call(*words)[0] == 1
    code, said = call(*words, "--defer", "--state", str(tmp_path / "prod"))

    assert code == 0, said
    assert "PASS revenue::adds" in said


def test_empty_reads_no_row_of_an_ephemeral_model(call: Call, tmp_path: Path, connection: Any) -> None:
    (tmp_path / "project/models/part.sql").write_text("{{ config(materialized='ephemeral') }} select 1 as id")
    (tmp_path / "project/models/whole.sql").write_text("select * from {{ ref('part') }}")

    assert call("run", "--select", "whole", "--empty")[0] == 0
    assert connection.execute("select count(*) from dev.whole").fetchone() == (0,)
    assert "(select * from __dbt__cte__part where false limit 0)" in compiled(tmp_path, "whole")
    assert call("run", "--select", "whole")[0] == 0
    assert connection.execute("select count(*) from dev.whole").fetchone() == (1,)

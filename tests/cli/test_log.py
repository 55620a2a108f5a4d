"""logs/dbt.log, and what the console shows from which level on."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import psycopg
import pytest

from airflow_sqlmodels.cli.log import Log
from airflow_sqlmodels.cli.log_file import LogFile
from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.warehouse.session import Outcome
from tests.cli.projects import Call, calling, profile_for, write_project


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on a small project: the exit code, and all it said."""
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    write_project(tmp_path, **{"profiles.yml": profile_for({**fields, "password": "hush-hush"})})

    return calling(tmp_path, capfd)


def test_the_file_holds_what_was_told_and_what_was_sent(call: Call, tmp_path: Path) -> None:
    call("build")
    call("ls")

    text = (tmp_path / "logs/dbt.log").read_text()
    heads = re.findall(r"^={30} \d\d:\d\d:\d\d\.\d{6} \| [0-9a-f-]{36} ={30}$", text, re.MULTILINE)
    assert len(heads) == 2
    assert re.search(r"\[info \] \[MainThread\]: 1 of 6 START seed file public.raw_orders", text)
    assert re.search(r'\[debug\] \[[\w-]+\]: /\* \{.*\} \*/\ncreate view "\w+"."public"."stg_orders" as', text)
    assert "Done. PASS=6 WARN=0 ERROR=0 SKIP=0 NO-OP=0 REUSED=0 TOTAL=6" in text
    assert "hush-hush" not in text
    assert "\x1b" not in text


def test_what_failed_is_there_as_an_error(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/marts/orders.sql").write_text("select nope")
    call("run", "--select", "orders")
    (tmp_path / "models/marts/orders.sql").write_text("select * from {{ ref('nobody') }}")
    call("run")

    loud = re.findall(r"\[error\] .*\n.*", (tmp_path / "logs/dbt.log").read_text())
    assert re.search("ERROR creating sql table model public.orders .* \\[ERROR in", loud[0])
    assert re.search(r"\[ERROR\]: Encountered an error:\nCompilation Error", loud[1])


def test_the_file_may_be_elsewhere_less_or_none(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("run", "--log-path", str(tmp_path / "here"), "--log-level-file", "info")
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "there"))
    call("ls")
    monkeypatch.delenv("DBT_LOG_PATH")
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\nlog-path: project_logs\n")
    call("ls")
    call("ls", "--log-level-file", "none", "--log-path", str(tmp_path / "never"))

    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("dbt.log*"))
    assert written == ["here/dbt.log", "project_logs/dbt.log", "there/dbt.log"]
    here = (tmp_path / "here/dbt.log").read_text()
    assert "START sql view model" in here
    assert "[debug]" not in here


def test_the_file_may_hold_events(call: Call, tmp_path: Path) -> None:
    call("build", "--log-format-file", "json")

    events = [json.loads(line) for line in (tmp_path / "logs/dbt.log").read_text().splitlines()]
    names = {each["info"]["name"] for each in events}
    assert {"MainReportArgs", "LogStartLine", "LogModelResult", "SQLQuery", "StatsLine"} <= names
    assert len({each["info"]["invocation_id"] for each in events}) == 1
    sent = [each["data"]["sql"] for each in events if each["info"]["name"] == "SQLQuery"]
    assert any("\ncreate view" in sql for sql in sent)


def test_events_follow_each_node_from_its_start_to_its_end(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/broken.sql").write_text("select nonsense from {{ ref('stg_orders') }}")
    (tmp_path / "models/behind.sql").write_text("select * from {{ ref('broken') }}")

    said = call("build", "--log-format", "json", "--log-level", "debug", "--log-level-file", "none")[1]

    events = [json.loads(line) for line in said.splitlines()]
    of_nodes: dict[str, list[str]] = defaultdict(list)
    for each in events:
        of_nodes[(each["data"].get("node_info") or {}).get("node_name", "")].append(each["info"]["name"])
    begins = ["NodeStart", "LogStartLine", "NodeCompiling", "NodeExecuting", "SQLQuery", "SQLQueryStatus"]
    begun = [name for name in of_nodes["stg_orders"] if not name.startswith("SQL")]
    assert begun == [*begins[:4], "NodeFinished", "LogModelResult"]
    assert set(begins) <= set(of_nodes["stg_orders"])
    assert of_nodes["behind"] == ["NodeStart", "SkippingDetails", "NodeFinished"]
    assert of_nodes["broken"][-3:] == ["RunResultFailure", "RunResultError", "SQLCompiledPath"]
    found = {each["info"]["name"]: each for each in events}
    statuses = [each["data"]["node_info"]["node_status"] for each in events if each["info"]["name"] == "NodeExecuting"]
    assert set(statuses) == {"executing"}
    blocked = [each["data"]["unique_id"] for each in events if each["info"]["name"] == "MarkSkippedChildren"]
    assert blocked == ["model.shop.broken", "model.shop.behind"]
    assert found["SQLCompiledPath"]["data"]["path"] == "target/compiled/shop/models/broken.sql"
    assert found["EndRunResult"]["data"]["success"] is False
    assert len(found["EndRunResult"]["data"]["results"]) == found["StatsLine"]["data"]["stats"]["total"]
    assert found["AdapterRegistered"]["data"]["adapter_name"] == "postgres"
    assert found["MainReportArgs"]["data"]["args"]["log_level"] == "debug"
    written = {each["data"]["artifact_type"] for each in events if each["info"]["name"] == "ArtifactWritten"}
    assert written == {"WritableManifest", "SemanticManifest", "RunExecutionResult"}


def test_hooks_end_with_the_same_event_whatever_came_of_them(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\non-run-end: [select 1/0, select 2]\n")

    said = call("run", "--select", "stg_orders", "--log-format", "json")[1]

    events = [json.loads(line) for line in said.splitlines()]
    ended = [each for each in events if each["info"]["name"] == "LogHookEndLine"]
    assert [(each["data"]["statement"], each["data"]["status"], each["info"]["level"]) for each in ended] == [
        ("shop.on-run-end.0", "error", "info"),
        ("shop.on-run-end.1", "skipped", "info"),
    ]
    assert [each["info"]["level"] for each in events if each["info"]["name"] == "EndOfRunSummary"] == ["info"]


def test_events_of_hooks_count_by_themselves(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\non-run-start: [select 1, select 2]\n")

    said = call("run", "--select", "stg_orders", "--log-format", "json")[1]

    events = [json.loads(line) for line in said.splitlines()]
    begun = [each["data"] for each in events if each["info"]["name"] == "LogHookStartLine"]
    ended = [each["data"] for each in events if each["info"]["name"] == "LogHookEndLine"]
    model = next(each["data"] for each in events if each["info"]["name"] == "LogStartLine")
    expected = [("shop.on-run-start.0", 1, 2), ("shop.on-run-start.1", 2, 2)]
    for found in (begun, ended):
        assert [(each["statement"], each["index"], each["total"]) for each in found] == expected
    assert [each["status"] for each in ended] == ["success", "success"]
    info = begun[0]["node_info"]
    assert (info["node_path"], info["node_relation"]["alias"], info["node_relation"]["relation_name"]) == (
        "hooks/shop-on-run-start-0.sql", "shop-on-run-start-0", "")  # fmt: skip
    assert (model["index"], model["total"]) == (1, 1)


def test_a_statement_is_told_with_what_the_warehouse_said(tmp_path: Path) -> None:
    log = Log(file=LogFile(tmp_path, level="debug", json=True, most_bytes=0, invocation="i"))

    log.statement("select 1", Outcome(1, "SELECT 1", 0.25))
    log.statement("select nope", Outcome(-1, ""))

    log.close()
    told = [json.loads(line) for line in (tmp_path / "dbt.log").read_text().splitlines()]
    assert [(each["info"]["name"], each["info"]["msg"]) for each in told] == [
        ("SQLQuery", "On master: select 1"),
        ("SQLQueryStatus", "SQL status: SELECT 1 in 0.250 seconds"),
        ("SQLQuery", "On master: select nope"),
    ]
    assert (told[1]["data"]["status"], told[1]["data"]["elapsed"]) == ("SELECT 1", 0.25)


def test_events_that_nobody_hears_are_not_made(tmp_path: Path) -> None:
    asked: list[str] = []
    log = Log(file=LogFile(tmp_path, level="info", json=True, most_bytes=0, invocation="i"))
    text = Log(file=LogFile(tmp_path, level="debug", json=False, most_bytes=0, invocation="i"))

    for each in (log, text):
        each.closely("NodeCompiling", "Q030", "said", lambda: {"asked": asked.append("x")})

    assert not asked


@pytest.mark.parametrize(("select", "success"), [("stg_orders", True), ("nix:a", False)])
def test_the_last_event_says_how_the_command_ended(call: Call, tmp_path: Path, select: str, success: bool) -> None:
    call("ls", "--select", select, "--log-format-file", "json")

    events = [json.loads(line) for line in (tmp_path / "logs/dbt.log").read_text().splitlines()]
    report, end = events[-2:]
    assert [each["info"]["name"] for each in (report, end)] == ["ResourceReport", "CommandCompleted"]
    assert {each["info"]["level"] for each in (report, end)} == {"debug"}
    assert (report["data"]["command_name"], report["data"]["command_success"]) == ("ls", success)
    assert (end["data"]["command"], end["data"]["success"]) == ("sqlmodels ls", success)
    assert 0 < end["data"]["elapsed"] < 60
    assert f"Command `sqlmodels ls` {'succeeded' if success else 'failed'} at " in end["info"]["msg"]


@pytest.mark.parametrize("said", [["--show-resource-report"], []])
def test_what_the_command_took_of_the_machine_is_told_if_asked_for(call: Call, said: list[str]) -> None:
    _, text = call("ls", *said)

    reports = [line for line in text.splitlines() if "Resource report: " in line]
    assert [json.loads(line.partition("report: ")[2])["command_name"] for line in reports] == (["ls"] if said else [])


def test_events_say_whose_node_it_is(call: Call, tmp_path: Path) -> None:
    groups = "groups: [{name: sales, owner: {name: me, email: [a@b, c@d], slack: s}}]\n"
    models = "models: [{name: stg_orders, config: {group: sales}, columns: [{name: id, data_tests: [unique]}]}]\n"
    (tmp_path / "models/schema.yml").write_text(groups + models)
    (tmp_path / "seeds/raw_orders.csv").write_text("id,amount\n1,10\n1,20\n")

    call("build", "--log-format-file", "json")

    events = [json.loads(line) for line in (tmp_path / "logs/dbt.log").read_text().splitlines()]
    found = {each["info"]["name"]: each["data"].get("group") for each in events}
    owner = {"name": "me", "email": "['a@b', 'c@d']", "slack": "s"}
    group = {"name": "sales", "package_name": "shop", "owner": owner}
    assert [found[name] for name in ("LogTestResult", "RunResultFailure", "RunResultError")] == [group] * 3
    assert found["LogSeedResult"] is None


def test_events_of_statements_say_for_which_node_they_were_sent(call: Call, tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\non-run-start: select 'begin'\n")

    call("build", "--log-format-file", "json", "--threads", "3")

    events = [json.loads(line) for line in (tmp_path / "logs/dbt.log").read_text().splitlines()]
    sent = [each["data"] for each in events if each["info"]["name"] == "SQLQuery"]
    view = next(each for each in sent if "create view" in each["sql"] and '"stg_orders"' in each["sql"])
    assert view["sql"].startswith("/* {"), "a statement is told with its comment"
    hook = next(each for each in sent if "begin" in each["sql"])
    assert (view["conn_name"], view["node_info"]["node_name"]) == ("model.shop.stg_orders", "stg_orders")
    assert hook["node_info"]["resource_type"] == "operation"
    assert {each["node_info"].get("resource_type") for each in sent} >= {"seed", "model", "test", "operation"}


def test_a_statement_behind_a_node_is_nobodys(tmp_path: Path) -> None:
    file = LogFile(tmp_path, level="debug", json=True, most_bytes=0, invocation="i")
    log = Log(file=file)

    with log.about(lambda: {"unique_id": "model.shop.orders"}):
        log.statement("select 1", Outcome(1, "SELECT 1"))
    log.statement("select 2", Outcome(1, "SELECT 1"))

    log.close()
    told = [json.loads(line)["data"] for line in (tmp_path / "dbt.log").read_text().splitlines()]
    assert [each["conn_name"] for each in told if "conn_name" in each] == ["model.shop.orders", "master"]
    assert told[-1]["node_info"] == {}


def test_the_console_shows_from_a_level_on(call: Call, tmp_path: Path) -> None:
    (tmp_path / "seeds/raw_orders.csv").write_text("id,amount\n1,10\n1,20\n")

    quiet, least = call("build", "--quiet")[1], call("build", "--log-level", "error")[1]
    nothing, everything = call("build", "--log-level", "none"), call("build", "--log-level", "debug")[1]

    for said in (quiet, least):
        assert "FAIL 1 unique_stg_orders_id" in said
        assert "START" not in said
        assert "Done." not in said
        assert "SKIP" not in said
        assert "Failure in test unique_stg_orders_id" in said
    assert nothing == (1, "")
    assert "START sql view model" in everything
    assert "create or replace view" in everything


def test_a_full_file_is_put_aside(tmp_path: Path) -> None:
    for number in range(3):
        log = LogFile(tmp_path, level="debug", json=False, most_bytes=300, invocation=f"run-{number}")
        for _ in range(3):
            log.say("info", f"{number}" * 80)
        log.close()

    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["dbt.log", "dbt.log.1", "dbt.log.2"]
    assert "2" * 80 in (tmp_path / "dbt.log").read_text()
    assert "0" * 80 in (tmp_path / "dbt.log.2").read_text()


def test_secrets_of_the_environment_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_ENV_SECRET_KEY", "abracadabra")
    log = LogFile(tmp_path, level="debug", json=True, most_bytes=0, invocation="i")
    log.say("debug", "select 'abracadabra'")
    log.close()

    assert "select '*****'" in (tmp_path / "dbt.log").read_text()
    assert "abracadabra" not in (tmp_path / "dbt.log").read_text()


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    log = LogFile(tmp_path / "logs", level="debug", json=False, most_bytes=0, invocation="i")

    log.say("info", "hello")
    log.close()

    assert not log.takes("error")


def test_what_waits_is_written_at_an_error_and_at_the_end(tmp_path: Path) -> None:
    log = LogFile(tmp_path, level="info", json=False, most_bytes=0, invocation="i")
    log.say("info", "first")
    before = (tmp_path / "dbt.log").exists()
    log.say("error", "second")
    text = (tmp_path / "dbt.log").read_text()
    log.say("info", "third")
    log.close()

    assert not before
    assert "first" in text
    assert "third" in (tmp_path / "dbt.log").read_text()


def test_nothing_that_is_printed_shows_a_secret(
    tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the statements under --debug, not what a template says, not an error of the warehouse."""
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    files = {
        "models/a.sql": "{{ log('hush-hush said', info=true) }}select 'hush-hush' as id",
        "models/b.sql": "select 'hush-hush'::int as id",
        "profiles.yml": profile_for(fields),
    }
    write_project(tmp_path, **files)
    monkeypatch.setenv("DBT_ENV_SECRET_TOKEN", "hush-hush")
    monkeypatch.setenv("DBT_ENV_SECRET_SHORT", "hush")

    code = exit_code(["--debug", "run", "--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path)])

    said = capfd.readouterr()
    assert code == 1
    assert "***** said" in said.out
    assert "hush" not in said.out + said.err


def test_the_format_and_level_of_the_console_hold_for_the_file_too(call: Call, tmp_path: Path) -> None:
    call("--log-format", "json", "--log-level", "warn", "run")
    place = tmp_path / "logs/dbt.log"
    assert not place.is_file() or all(json.loads(line) for line in place.read_text().splitlines())

    call("--log-format", "json", "--log-format-file", "text", "run")
    assert "Running with sqlmodels" in place.read_text()
    assert not place.read_text().rstrip().splitlines()[-1].startswith("{")


def test_what_templates_log_is_there_for_those_who_look_closely(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/marts/orders.sql").write_text("{% if execute %}{{ log('so far') }}{% endif %}select 1 as id")

    usual, close = call("run", "--select", "orders"), call("--debug", "run", "--select", "orders")
    events = call("--debug", "--log-format", "json", "run", "--select", "orders")[1]

    assert "so far" not in usual[1]
    assert re.search(r"^\d\d:\d\d:\d\d  so far$", close[1], re.MULTILINE)
    told = [json.loads(line) for line in events.splitlines() if line.startswith("{")]
    assert [each["data"] for each in told if each["info"]["name"] == "JinjaLogDebug"] == [{"msg": "so far"}]
    assert any(each["data"]["sql"] for each in told if each["info"]["name"] == "SQLQuery")
    assert "so far" not in "".join(line for line in events.splitlines() if not line.startswith("{"))
    assert (tmp_path / "logs/dbt.log").read_text().count(": so far") == 2  # and the third time an event

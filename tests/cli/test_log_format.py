"""--log-format json: every line an event, under dbt's names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.cli.log_format import wants_json
from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import write_project


def _events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_an_error_that_ends_the_command_is_an_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path, **{"models/marts/orders.sql": "select * from {{ ref('stg_oders') }}\n"})

    code = exit_code(["build", "--log-format", "json", "--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path)])

    first, found = _events(capsys.readouterr().out)
    assert code == 2
    assert first["info"]["name"] == "MainReportVersion"
    info = found["info"]
    assert (info["name"], info["code"], info["level"]) == ("MainEncounteredError", "Z002", "error")
    assert found["data"]["exc"].startswith("Compilation Error\nmodels/marts/orders.sql:1:23: ")


@pytest.mark.parametrize(
    ("args", "expected"),
    [(["run"], False), (["run", "--log-format", "json"], True), (["--log-format=json", "run"], True),
     (["run", "--log-format"], False), (["run", "--log-format", "text"], False)],
)  # fmt: skip
def test_what_the_arguments_ask_for_is_known_before_they_are_read(args: list[str], expected: bool) -> None:
    assert wants_json(args) is expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [("deps", ["DepsNoPackagesFound"]), ("clean", ["CheckCleanPath", "ConfirmCleanPath", "FinishedCleanPaths"])],
)
def test_what_commands_without_a_plan_say_is_an_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, expected: list[str]
) -> None:
    write_project(tmp_path)
    (tmp_path / "target").mkdir()

    code = exit_code([command, "--log-format", "json", "--project-dir", str(tmp_path)])

    found = _events(capsys.readouterr().out)
    assert code == 0
    assert [each["info"]["name"] for each in found] == ["MainReportVersion", *expected]


def test_what_templates_tell_while_they_are_read_is_an_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_TEAM", "sales")
    write_project(tmp_path, **{"models/marts/orders.sql": "select 1 {{ log('read ' ~ this.name, info=True) }}\n"})
    place = ("--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path))

    assert exit_code(["parse", "--log-format", "json", *place]) == 0
    heard = [each for each in _events(capsys.readouterr().out) if each["info"]["name"] == "JinjaLogInfo"]
    assert [(each["data"]["msg"], each["info"]["extra"]) for each in heard] == [("read orders", {"TEAM": "sales"})]

    assert exit_code(["parse", *place]) == 0
    assert "read orders" not in capsys.readouterr().out, "nothing is read again"
    assert exit_code(["parse", "--no-partial-parse", *place]) == 0
    assert "  read orders\n" in capsys.readouterr().out

"""The edge of the command: names, exit codes, and what the user sees of an error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import COMMANDS, cli, exit_code
from airflow_sqlmodels.version import VERSION
from tests.cli.projects import write_project

WORDS = ("init parse compile ls list run seed test build snapshot show source debug clean run-operation "
         "deps docs clone retry")  # fmt: skip


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["--help"]) == 0

    shown = capsys.readouterr().out
    assert all(f"  {word} " in shown for word in WORDS.split())


def test_help_waits_for_no_driver() -> None:
    code = (
        "import sys; from airflow_sqlmodels.cli.main import cli; "
        "print(sorted({'psycopg', 'rich', 'jinja2', 'yaml'} & set(sys.modules)))"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout == "[]\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code([name, "--help"]) == 0
    assert "Usage: sqlmodels" in capsys.readouterr().out


@pytest.mark.parametrize("args", [["--version"], ["run", "--version"], ["docs", "generate", "-v"]])
def test_the_version_can_be_asked_of_every_command(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(args) == 0
    assert capsys.readouterr().out == f"sqlmodels {VERSION}\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["bild"], "no command 'bild', did you mean 'build'"),
        (["retry"], "there is no run_results.json"),
        (["clone"], "there is no state to defer to"),
        (["clone", "--state", "x"], "there is no manifest.json in the state folder"),
        (["run", "--state", "x", "--select", "state:new"], "there is no manifest.json in the state folder"),
        (["run", "--defer"], "there is no state to defer to"),
        (["ls", "--resource-type", "modle"], "'modle' is not one of"),
        (["ls", "--models", "a", "--select", "b"], "--models goes neither with --select"),
        (["show"], "Runtime Error\nname a node with --select"),
        (["show", "--inline", "select 1", "--select", "a"], "--inline stands instead of --select"),
        (["compile", "--inline", "select 1", "--selector", "a"], "--inline stands instead of --select"),
        (["run-operation"], "give the name of a macro"),
        (["run", "--vars", "[1]"], "--vars must be a mapping"),
        (["run", "--vars", ""], "--vars must be a mapping"),
        (["run", "--vars", "{"], "Error: --vars:2:1: this is not YAML"),
        (["run", "--warn-error-options", ""], "--warn-error-options must be a mapping"),
        (["run", "--no-introspect"], "No such option"),
        (["source", "freshness", "--output", "/"], "'/' is a directory"),
        (["show", "--inline", ""], "Runtime Error\nname a node with --select"),
        (["ls", "--select", "tga:x"], "no selector method 'tga'"),
    ],
)
def test_a_call_that_cannot_be_answered_ends_with_2(
    args: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_project(tmp_path)
    place = [] if args[0] == "bild" else ["--project-dir", str(tmp_path)]

    code = exit_code([*args, *place, *(["--profiles-dir", str(tmp_path)] if place else [])])

    said = capsys.readouterr()
    assert code == 2
    assert message in said.out + said.err
    assert "Traceback" not in said.out + said.err


def test_an_error_in_the_project_is_told_with_its_kind_place_and_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_project(tmp_path, **{"models/marts/orders.sql": "select * from {{ ref('stg_oders') }}\n"})

    code = exit_code(["ls", "--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path)])

    assert code == 2
    assert re.sub(r"^[\d:]{8}  ", "", "".join(capsys.readouterr())) == (
        "[ERROR]: Encountered an error:\n"
        "Compilation Error\n"
        "models/marts/orders.sql:1:23: model.shop.orders depends on a node named 'stg_oders' which was not found\n"
        "    select * from {{ ref('stg_oders') }}\n"
        "                          ^\n"
        "hint: did you mean 'stg_orders'?\n"
    )


def test_a_missing_project_is_told_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["ls", "--project-dir", str(tmp_path)]) == 2
    assert "--project-dir" in "".join(capsys.readouterr())


def test_the_group_knows_its_commands() -> None:
    assert list(COMMANDS) == cli.list_commands(None)  # type: ignore[arg-type]  # it needs no context

"""~/.dbt/user_settings.yml: it holds where call, environment and project say nothing, as in dbt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import write_project

Ask = Callable[..., tuple[int, str]]


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Runs a command with settings of the user: its exit code, and what it said."""

    def call(settings: str, *args: str, project: str = "") -> tuple[int, str]:
        home = tmp_path / "home"
        (home / ".dbt").mkdir(parents=True)
        (home / ".dbt" / "user_settings.yml").write_text(settings, encoding="utf-8")
        monkeypatch.setenv("HOME", str(home))
        root = write_project(tmp_path / "shop")
        (root / "dbt_project.yml").write_text(f"name: shop\nprofile: shop\n{project}", encoding="utf-8")
        code = exit_code([*args, "--project-dir", str(root)])
        return code, "".join(capsys.readouterr())

    return call


def test_a_flag_holds_where_nothing_else_is_said(ask: Ask) -> None:
    code, said = ask("flags: {select: orders, quiet: true}", "ls")
    assert (code, said.split()) == (0, ["shop.marts.orders"])


def test_a_folder_and_variables_are_read_too(ask: Ask, tmp_path: Path) -> None:
    model = tmp_path / "shop/models/tagged.sql"
    model.parent.mkdir(parents=True)
    model.write_text("{{ config(tags=[var('day', 'none')]) }} select 1 as id", encoding="utf-8")
    code, _ = ask("flags: {target_path: elsewhere, vars: {day: monday}}", "parse")
    manifest = json.loads((tmp_path / "shop/elsewhere/manifest.json").read_text(encoding="utf-8"))
    assert code == 0
    assert manifest["nodes"]["model.shop.tagged"]["tags"] == ["monday"]


@pytest.mark.parametrize(
    ("args", "environment", "project"),
    [
        (["--no-warn-error"], {}, ""),
        ([], {"DBT_WARN_ERROR": "0"}, ""),
        ([], {}, "flags: {warn_error: false}\n"),
    ],
)
def test_the_call_the_environment_and_the_project_count_more(
    args: list[str], environment: dict[str, str], project: str, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, _ = ask("flags: {warn_error: true}", "parse", *args, project=f"{project}data-paths: [seeds]\n")
    assert code == 0


def test_without_these_it_is_as_the_settings_say(ask: Ask) -> None:
    assert ask("flags: {warn_error: true}", "parse", project="data-paths: [seeds]\n")[0] == 2


@pytest.mark.parametrize("settings", ["", "a: [", "just text", "- a", "flags: [a]", "flags: {unheard_of: 1}"])
def test_a_wrong_file_is_passed_over(settings: str, ask: Ask) -> None:
    assert ask(settings, "parse")[0] == 0


def test_a_value_that_the_option_cannot_have_is_refused(ask: Ask) -> None:
    code, said = ask("flags: {threads: abc}", "parse")
    assert code == 2
    assert "--threads" in said

"""The line that counts what a project holds; dbt 1.12 gave the same orders and words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.cli.opening_lines import found_line
from tests.cli.projects import write_project
from tests.projects import load

A, SEED = {"models/a.sql": "select 1 as id"}, {"seeds/s.csv": "id\n1\n"}
TESTED = "models: [{name: a, data_tests: [not_null: {column_name: id}, unique: {column_name: id}]}]"
GROUP = "groups: [{name: fin, owner: {name: me}}]"
BELOW = {
    "dbt_packages/below/dbt_project.yml": "name: below",
    "dbt_packages/below/models/b.sql": "select 1 as id",
    "dbt_packages/below/seeds/t.csv": "id\n1\n",
}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({**A, "models/a.yml": TESTED}, "1 model, 2 data tests, "),
        ({**SEED, **BELOW}, "2 seeds, 1 model, "),
        ({**A, **SEED, "models/a.yml": TESTED},
         "1 model, 1 seed, 2 data tests, "),
        ({**A, **SEED, "models/a.yml": TESTED, "tests/t.sql": "select 1"},
         "1 model, 3 data tests, 1 seed, "),
        ({"analyses/x.sql": "select 1", "analyses/y.sql": "select 1", "models/s.yml": GROUP,
          "dbt_project.yml": "name: shop\non-run-end: select 1"}, "2 analyses, 1 operation, "),
    ],
)  # fmt: skip
def test_what_is_found_is_told_in_the_order_of_its_files(files: dict[str, str], found: str, tmp_path: Path) -> None:
    said = found_line(load(tmp_path, files))

    assert said.startswith(found)
    assert said.endswith("macros, 1 group" if "models/s.yml" in files else "macros")


def _names(said: str) -> list[str]:
    return [json.loads(line)["info"]["name"] for line in said.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("command", ["run", "compile", "ls", "source freshness"])
def test_events_tell_what_is_there_before_what_is_chosen(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_project(tmp_path)

    exit_code(["--log-format", "json", *command.split(), "--select", "nothing", "--project-dir", str(tmp_path)])

    console = _names(capsys.readouterr().out)
    file = _names((tmp_path / "logs/dbt.log").read_text(encoding="utf-8"))
    for names in (console, [each for each in file if each in console]):
        assert names[:4] == ["MainReportVersion", "AdapterRegistered", "FoundStats", "NoNodesForSelectionCriteria"]


@pytest.mark.parametrize(("command", "shown"), [("run", True), ("docs generate", True), ("compile", False)])
def test_lines_around_an_answer_are_left_out(
    command: str, shown: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_project(tmp_path)

    exit_code([*command.split(), "--select", "nothing", "--project-dir", str(tmp_path)])

    assert ("Found 3 models, 1 seed, " in capsys.readouterr().out) is shown
    assert "Found 3 models, 1 seed, " in (tmp_path / "logs/dbt.log").read_text(encoding="utf-8")


def test_parse_counts_what_it_found_under_the_same_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)

    exit_code(["--log-format", "json", "parse", "--project-dir", str(tmp_path)])

    names = _names(capsys.readouterr().out)
    assert names.count("FoundStats") == 1
    assert "Note" not in names

"""Warnings by dbt's names: told, silenced or errors; deprecations told once and counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.cli.warnings import options_of, rule_for
from tests.cli.projects import write_project

Run = Callable[..., tuple[int, str]]

OLD = {
    "models/schema.yml": """\
        models:
          - name: stg_orders
            deprecation_date: 2020-01-01
            columns:
              - {name: id, data_tests: [{unique: {where: id > 0}}, {accepted_values: {values: [1]}}]}
          - {name: orders, data_tests: [{unique: {column_name: id, severity: warn}}]}
        exposures:
          - {name: a board, type: dashboard, owner: {name: me}}
        """,
    "models/more.yml": "models:\nmodels:\n  - name: revenue\n",
}
DEPRECATED = {
    "PropertyMovedToConfigDeprecation": 2,
    "MissingArgumentsPropertyInGenericTestDeprecation": 1,
    "ExposureNameDeprecation": 1,
    "DuplicateYAMLKeysDeprecation": 1,
}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in the project of old words: its exit code, and all that it said."""
    root = write_project(tmp_path, **OLD)

    def call(*args: str) -> tuple[int, str]:
        code = exit_code([*args, "--project-dir", str(root)])
        out, err = capsys.readouterr()
        return code, out + err

    return call


def test_each_deprecation_is_told_once_and_counted(run: Run) -> None:
    code, said = run("parse")

    assert code == 0
    for name, count in DEPRECATED.items():
        assert said.count(f"Warning [{name}]") == 1
        assert f"- {name}: {count} occurrence{'s' * (count > 1)}" in said
    assert "--show-all-deprecations" in said


def test_all_are_told_if_asked_for(run: Run) -> None:
    _, said = run("parse", "--show-all-deprecations")
    assert said.count("Warning [PropertyMovedToConfigDeprecation]") == 2
    assert "models/schema.yml:5:33: `where` of the test `unique` defined on 'stg_orders'" in said


def test_those_of_the_files_are_told_when_they_are_read(run: Run) -> None:
    run("parse")
    _, said = run("parse")
    assert "DuplicateYAMLKeysDeprecation" not in said
    assert "DuplicateYAMLKeysDeprecation" in run("parse", "--no-partial-parse")[1]
    assert "has passed its deprecation date" in said


def test_events_have_dbts_names_and_codes(run: Run) -> None:
    _, said = run("parse", "--log-format", "json")
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    found = {each["info"]["name"]: each for each in events}

    assert found["DeprecatedModel"]["data"]["model_name"] == "stg_orders"
    assert found["DeprecatedModel"]["info"]["code"] == "I065"
    assert found["DeprecatedReference"]["data"]["ref_model_name"] == "stg_orders"
    assert found["DuplicateYAMLKeysDeprecation"]["info"]["level"] == "warn"
    summaries = {each["event_name"]: each["occurrences"] for each in found["DeprecationsSummary"]["data"]["summaries"]}
    assert summaries == DEPRECATED
    assert "UpcomingReferenceDeprecation" not in found, "it is deprecated already"


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        ("{error: [DeprecatedModel]}", 2, "[DeprecatedModel]"),
        ("{error: [Deprecations]}", 2, "Deprecation]"),
        ("{error: all, warn: [Deprecations, DeprecatedModel, DeprecatedReference]}", 0, "Warning"),
        ("{silence: [ExposureNameDeprecation]}", 0, "Warning"),
        ("{include: all, error: all}", 2, "Only `include` or `error` can be specified"),
        ("{error: all, exclude: [DeprecatedModel], warn: [DeprecatedModel]}", 2, "Only `exclude` or `warn`"),
        (
            "{error: [DeprecatedModl]}",
            2,
            "DeprecatedModl is not a valid dbt error name, did you mean",
        ),
    ],
)
def test_what_becomes_of_a_warning(options: str, code: int, expected: str, run: Run) -> None:
    found, said = run("parse", "--warn-error-options", options)
    assert found == code
    assert expected in said
    if not code:
        assert ("Warning [ExposureNameDeprecation]" in said) == ("silence" not in options)


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("ls", "--models", "orders"), "ModelParamUsageDeprecation"),
        (("ls", "-m", "orders"), "ModelParamUsageDeprecation"),
        (("ls", "--warn-error-options", "{include: [NoNodesSelected]}"), "WEOIncludeExcludeDeprecation"),
    ],
)
def test_old_words_of_the_command_line_are_told(args: tuple[str, ...], name: str, run: Run) -> None:
    _, said = run(*args)
    assert f"Warning [{name}]" in said
    assert "ModelParamUsage" not in run("ls", "--select", "orders")[1]


def test_a_name_counts_more_than_all_deprecations_and_these_more_than_all() -> None:
    options = {"error": "all", "warn": ["Deprecations"], "silence": ["ExposureNameDeprecation"]}
    assert rule_for("ExposureNameDeprecation", options, strict=False) == "silence"
    assert rule_for("DuplicateYAMLKeysDeprecation", options, strict=False) == "warn"
    assert rule_for("DeprecatedModel", options, strict=False) == "error"


def test_options_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(click.UsageError, match="must be a mapping"):
        options_of("[all]")

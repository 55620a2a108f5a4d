"""Warnings by dbt's names: told, silenced or errors; deprecations told once and counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.log import Log
from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.cli.old_variables import said_by_old_names
from airflow_sqlmodels.cli.warnings import options_of, rule_for
from tests.cli.projects import FILES, write_project

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
        assert said.count(f"[WARNING][{name}]") == 1
        assert f"- {name}: {count} occurrence{'s' * (count > 1)}" in said
    assert "--show-all-deprecations" in said


def test_all_are_told_if_asked_for(run: Run) -> None:
    _, said = run("parse", "--show-all-deprecations")
    assert said.count("[WARNING][PropertyMovedToConfigDeprecation]") == 2
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
        ("{error: all, warn: [Deprecations, DeprecatedModel, DeprecatedReference]}", 0, "[WARNING]"),
        ("{silence: [ExposureNameDeprecation]}", 0, "[WARNING]"),
        ("{include: all, error: all}", 2, "Only `include` or `error` can be specified"),
        ("{error: all, exclude: [DeprecatedModel], warn: [DeprecatedModel]}", 2, "Only `exclude` or `warn`"),
        (
            "{error: [DeprecatedModl]}",
            2,
            "DeprecatedModl is not a valid dbt error name, did you mean",
        ),
        ("{silence: [NobodyKnowsThat]}", 2, "NobodyKnowsThat is not a valid dbt error name\n"),
        ("{error: [ConcurrencyLine, UnresolvedWindow]}", 0, "[WARNING]"),
        ("{error: some}", 2, "`error` is 'all', '*' or a list of names, not 'some'"),
        ("{error: [LogTestResult], warn: [NothingToDo]}", 2, "`warn` says nothing unless `error` is 'all'"),
        ("{error: [Deprecations], warn: [NothingToDo, ExposureNameDeprecation]}", 2, "Deprecation]"),
    ],
)
def test_what_becomes_of_a_warning(options: str, code: int, expected: str, run: Run) -> None:
    found, said = run("parse", "--warn-error-options", options)
    assert found == code
    assert expected in said
    if not code:
        assert ("[WARNING][ExposureNameDeprecation]" in said) == ("silence" not in options)


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
    assert f"[WARNING][{name}]" in said
    assert "ModelParamUsage" not in run("ls", "--select", "orders")[1]


@pytest.mark.parametrize(
    ("old", "new", "value", "holds"),
    [
        ("DBT_NO_PRINT", "DBT_ENGINE_PRINT", "1", {"print": False}),
        ("DBT_DEFER_TO_STATE", "DBT_ENGINE_DEFER", "true", {"defer": True}),
        ("DBT_FAVOR_STATE_MODE", "DBT_ENGINE_FAVOR_STATE", "no", {"favor_state": False}),
        ("DBT_ARTIFACT_STATE_PATH", "DBT_ENGINE_STATE", ".", {"state": Path()}),
    ],
)
def test_variables_hold_by_their_old_names_and_are_told(
    old: str, new: str, value: str, holds: dict[str, object], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(old, value)
    _, said = run("parse")
    assert "[WARNING][EnvironmentVariableRenamed]" in said
    assert f"The environment variable `{old}` has been renamed as `{new}`" in said
    assert said_by_old_names({old: value}) == holds


def test_old_names_may_have_the_prefix_of_options_which_counts_more(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_ENGINE_DEFER_TO_STATE", "1")
    _, said = run("parse")
    assert "The environment variable `DBT_DEFER_TO_STATE` has been renamed as `DBT_ENGINE_DEFER`" in said
    assert said_by_old_names({"DBT_ENGINE_DEFER_TO_STATE": "no", "DBT_DEFER_TO_STATE": "1"}) == {"defer": False}


def test_nothing_is_printed_while_the_old_name_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_NO_PRINT", "1")
    assert "heard" not in run("compile", "--inline", "select 1 {{ print('heard') }}", "--print", "--no-introspect")[1]


def test_a_name_counts_more_than_all_deprecations_and_these_more_than_all() -> None:
    options = {"error": "all", "warn": ["Deprecations"], "silence": ["ExposureNameDeprecation"]}
    assert rule_for("ExposureNameDeprecation", options, strict=False) == "silence"
    assert rule_for("DuplicateYAMLKeysDeprecation", options, strict=False) == "warn"
    assert rule_for("DeprecatedModel", options, strict=False) == "error"


def test_options_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(click.UsageError, match="must be a mapping"):
        options_of("[all]")


GOING = {
    "itertools": {"models/marts/orders.sql": "select {{ modules.itertools.chain([1], [2]) | join('+') }} as id\n"},
    "schema": {"macros/names.sql": "{% macro generate_schema_name(name, node) %}{{ return(none) }}{% endmacro %}\n"},
    "flags": {"profiles.yml": f"        config: {{use_colors: false}}\n{FILES['profiles.yml']}"},
    "both": {
        "profiles.yml": f"        config: {{use_colors: false}}\n{FILES['profiles.yml']}",
        "dbt_project.yml": f"{FILES['dbt_project.yml']}flags: {{use_colors: false}}\n",
    },
    "warned": {"models/marts/orders.sql": "{% do exceptions.warn('old words') %}select 1 as id\n"},
}


@pytest.mark.parametrize(
    ("name", "event", "words"),
    [
        ("itertools", "ModulesItertoolsUsageDeprecation", "Usage of itertools modules is deprecated"),
        ("schema", "GenerateSchemaNameNullValueDeprecation", "Node 'model.shop.orders' has a schema set to None"),
        ("flags", "ProjectFlagsMovedDeprecation", "'config' key in profiles.yml to the 'flags' key"),
        ("warned", "JinjaLogWarning", "old words"),
    ],
)
def test_what_is_to_go_is_told_when_the_files_are_read(
    name: str, event: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write_project(tmp_path, **GOING[name])  # type: ignore[arg-type]
    assert exit_code(["parse", "--log-format", "json", "--project-dir", str(root)]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    said = [each["info"]["msg"] for each in events if each["info"]["name"] == event]
    assert len(said) == 1
    assert words in said[0]
    options = ["--warn-error-options", f"{{error: [{event}]}}"]
    assert exit_code(["parse", "--no-partial-parse", "--project-dir", str(root), *options]) == 2


def test_flags_of_profiles_yml_hold_if_the_project_has_none(tmp_path: Path) -> None:
    profiles = f"        config: {{warn_error: true}}\n{FILES['profiles.yml']}"
    root = write_project(tmp_path, **{"profiles.yml": profiles})
    assert exit_code(["parse", "--project-dir", str(root)]) == 2, "that they stand there is a warning"


def test_flags_in_two_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path, **GOING["both"])  # type: ignore[arg-type]
    assert exit_code(["parse", "--project-dir", str(root)]) == 2
    assert "Do not specify both 'config' in profiles.yml and 'flags'" in "".join(capsys.readouterr())


def test_environment_variables_with_the_reserved_prefix_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_ENGINE_MINE", "1")
    monkeypatch.setenv("DBT_ENGINE_LOG_LEVEL", "info")
    exit_code(["parse", "--project-dir", str(write_project(tmp_path))])
    said = "".join(capsys.readouterr())
    assert "[EnvironmentVariableNamespaceDeprecation]: the environment variable DBT_ENGINE_MINE" in said
    assert "DBT_ENGINE_LOG_LEVEL" not in said


def test_a_warning_that_is_an_error_ends_debug(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path, **{"dbt_project.yml": f"{FILES['dbt_project.yml']}data-paths: [seeds]\n"})
    assert exit_code(["--warn-error", "debug", "--project-dir", str(root)]) == 2
    assert "The `data-paths` config has been renamed" in "".join(capsys.readouterr()).replace(": the", ": The")


@pytest.mark.parametrize(("handled", "expected"), [(True, "error"), (False, "warn")])
def test_some_warnings_are_never_errors_if_the_project_says_so(handled: bool, expected: str, tmp_path: Path) -> None:
    log = Log(project_flags={"require_all_warnings_handled_by_warn_error": handled})
    flags = Flags(command="ls", project_dir=tmp_path, warn_error=True, log=log)
    assert flags.rule("MicrobatchModelNoEventTimeInputs") == expected
    assert flags.rule("DeprecatedModel") == "error"


def test_nothing_to_do_is_an_error_where_warnings_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path)
    assert exit_code(["snapshot", "--project-dir", str(root)]) == 0
    assert "[WARNING]: Nothing to do" in "".join(capsys.readouterr())
    assert exit_code(["snapshot", "--project-dir", str(root), "--warn-error"]) == 2
    assert "[NothingToDo]" in "".join(capsys.readouterr())


@pytest.mark.parametrize("grouped", [True, False])
def test_errors_that_were_warnings_are_told_together_if_the_project_says_so(
    grouped: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = f"flags: {{enable_grouped_warn_error_parser_logs: {str(grouped).lower()}}}\n"
    entries = "models: [{name: not_here}, {name: not_there}]\n"
    root = write_project(tmp_path, **{"dbt_project.yml": f"{FILES['dbt_project.yml']}{flag}", "models/x.yml": entries})

    assert exit_code(["--warn-error", "parse", "--project-dir", str(root)]) == 2

    said = "".join(capsys.readouterr())
    assert ("'not_here'" in said, "'not_there'" in said) == (True, grouped)


@pytest.mark.parametrize(
    ("flags", "options", "code"),
    [
        ("warn_error_options: all", [], 2),
        ("warn_error_options:", [], 2),
        ("warn_error_options: {silence: Deprecations}", [], 2),
        ("warn_error_options: {nothing: [DeprecatedModel], error: [DeprecatedModel]}", [], 0),
        ("warn_error: false\n  warn_error_options: {error: []}", [], 2),
        ("warn_error_options: {error: []}", ["--warn-error"], 2),
        ("warn_error: false", ["--warn-error-options", "{error: [DeprecatedModel]}"], 2),
        ("log_level: 3\n  log_level_file: [1]\n  log_file_max_bytes: many\n  log_path: [1]", [], 0),
        ("log_level: loud", [], 2),
    ],
)
def test_flags_of_a_project_that_cannot_be_meant(flags: str, options: list[str], code: int, tmp_path: Path) -> None:
    root = write_project(tmp_path)
    with (root / "dbt_project.yml").open("a") as file:
        file.write(f"flags:\n  {flags}\n")
    assert exit_code(["parse", "--project-dir", str(root), *options]) == code
    assert (root / "logs/dbt.log").exists() or code


@pytest.mark.parametrize("said", ["line", "project"])
def test_a_key_of_the_options_that_means_nothing_is_named_and_no_error(
    said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, options = write_project(tmp_path), "{error: all, silense: [DeprecatedModel]}"
    if said == "project":
        with (root / "dbt_project.yml").open("a") as file:
            file.write(f"flags:\n  warn_error_options: {options}\n")

    given = ["--warn-error-options", options] if said == "line" else []

    assert exit_code([*given, "parse", "--project-dir", str(root)]) == 0
    assert "unknown key 'silense', did you mean 'silence'?" in "".join(capsys.readouterr())

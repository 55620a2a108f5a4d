"""How options are read: several values behind one name, places, environment variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.cli.options import ManyValues, global_options, resource_options, selection_options
from tests.cli.projects import write_project


@click.group()
@global_options
def outer(**_values: Any) -> None:
    """Stands for the whole command."""


@outer.group("docs")
@global_options
def middle(**_values: Any) -> None:
    """Stands for a command of several words."""


@outer.command(cls=ManyValues)
@global_options
@selection_options
@resource_options
@click.argument("word", required=False)
@click.pass_context
def inner(context: click.Context, /, **_values: Any) -> None:
    """Tells its flags."""
    context.find_root().obj.append((flags_of(context), context.params["word"]))


middle.add_command(inner)


def flags_for(*args: str, env: dict[str, str] | None = None) -> tuple[Flags, str | None]:
    seen: list[tuple[Flags, str | None]] = []
    result = CliRunner().invoke(outer, args, obj=seen, env=env, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return seen[0]


@pytest.mark.parametrize(
    ("args", "select", "exclude"),
    [
        (["--select", "a", "b", "c"], ("a", "b", "c"), ()),
        (["-s", "a", "-s", "b"], ("a", "b"), ()),
        (["--models", "a", "b", "--exclude", "c", "d"], ("a", "b"), ("c", "d")),
        (["-m", "a b"], ("a b",), ()),
        (["--select=a", "b"], ("a", "b"), ()),
        (["--select", "+a", "b+", "--exclude", "@c"], ("+a", "b+"), ("@c",)),
    ],
)
def test_several_values_stand_behind_one_name(
    args: list[str], select: tuple[str, ...], exclude: tuple[str, ...]
) -> None:
    flags, _word = flags_for("inner", *args)

    assert (flags.select, flags.exclude) == (select, exclude)


@pytest.mark.parametrize(
    "args",
    [["--resource-type", "model seed"], ["--resource-types=model seed"], ["--resource-type", "model", "seed"]],
)
def test_words_in_one_value_are_several(args: list[str]) -> None:
    flags, _word = flags_for("inner", *args)

    assert flags.resource_type == ("model", "seed")


def test_what_stands_behind_another_option_is_no_value() -> None:
    flags, word = flags_for("inner", "--select", "a", "--threads", "4", "thing")

    assert (flags.select, flags.threads, word) == (("a",), 4, "thing")


def test_two_dashes_end_the_options() -> None:
    flags, word = flags_for("inner", "--select", "a", "--", "thing")

    assert (flags.select, word) == (("a",), "thing")


@pytest.mark.parametrize(
    ("args", "target"),
    [
        (["--target", "prod", "inner"], "prod"),
        (["inner", "-t", "prod"], "prod"),
        (["--target", "prod", "inner", "--target", "dev"], "dev"),
        (["docs", "--target", "prod", "inner"], "prod"),
        (["--target", "prod", "docs", "inner"], "prod"),
        (["--target", "prod", "docs", "--target", "dev", "inner"], "dev"),
        (["inner"], None),
    ],
)
def test_a_flag_may_stand_in_front_of_the_command(args: list[str], target: str | None) -> None:
    assert flags_for(*args)[0].target == target


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["-x"], True),
        (["--fail-fast"], True),
        (["--no-fail-fast"], False),
        ([], None),
    ],
)
def test_a_switch_is_on_off_or_not_said(args: list[str], expected: bool | None) -> None:
    assert flags_for("inner", *args)[0].fail_fast is expected


@pytest.mark.parametrize("prefix", ["DBT", "DBT_ENGINE"])
def test_the_environment_speaks_for_options(prefix: str) -> None:
    env = {f"{prefix}_TARGET": "prod", f"{prefix}_FAIL_FAST": "1", f"{prefix}_LOG_LEVEL": "warn"}

    flags, _word = flags_for("inner", env=env)

    assert (flags.target, flags.fail_fast, flags.said["log_level"]) == ("prod", True, "warn")


@pytest.mark.parametrize("prefix", ["DBT", "DBT_ENGINE"])
def test_what_a_run_is_about_cannot_stand_there(prefix: str) -> None:
    """As in dbt, such variables are the project's own."""
    env = {f"{prefix}_THREADS": "many", f"{prefix}_SELECT": "a", f"{prefix}_VARS": "{", f"{prefix}_EXCLUDE": "b"}

    flags, _word = flags_for("inner", env=env)

    assert (flags.threads, flags.vars, flags.select, flags.exclude) == (None, {}, (), ())


@pytest.mark.parametrize("prefix", ["DBT", "DBT_ENGINE"])
def test_kinds_of_node_may_stand_in_the_environment(prefix: str) -> None:
    env = {f"{prefix}_RESOURCE_TYPES": "model seed", f"{prefix}_EXCLUDE_RESOURCE_TYPES": "unit_test"}

    flags, _word = flags_for("inner", env=env)

    assert (flags.resource_type, flags.exclude_resource_type) == (("model", "seed"), ("unit_test",))


def test_the_command_line_is_above_the_environment() -> None:
    assert flags_for("--target", "dev", "inner", env={"DBT_TARGET": "prod"})[0].target == "dev"


def test_switches_without_an_effect_are_taken() -> None:
    flags_for("inner", "--no-partial-parse", "--log-format", "json", "--no-version-check", "--cache-selected-only")
    flags_for("inner", "-r", "timing.txt", "--no-use-v2-parser")


def test_vars_are_yaml() -> None:
    assert flags_for("inner", "--vars", "{day: today, n: [3]}")[0].vars == {"day": "today", "n": [3]}


def test_the_projects_folder_is_the_nearest_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop")
    (tmp_path / "models" / "marts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "models" / "marts")

    assert flags_for("inner")[0].project_dir == tmp_path


@pytest.mark.parametrize(
    ("flags", "args", "by"),
    [
        ("", [], "path"),
        ("", ["--maximum-seed-size-mib", "0"], "sha256"),
        ("flags: {maximum_seed_size_mib: 2}\n", [], "sha256"),
        ("flags: {maximum_seed_size_mib: 2}\n", ["--maximum-seed-size-mib", "1"], "path"),
    ],
)
def test_up_to_which_size_seeds_are_compared_can_be_said(flags: str, args: list[str], by: str, tmp_path: Path) -> None:
    large = "id,amount\n" + "1234,567\n" * (1 << 17)
    root = write_project(tmp_path, **{"seeds/raw_orders.csv": large})
    with (root / "dbt_project.yml").open("a") as file:
        file.write(flags)

    assert exit_code(["parse", "--project-dir", str(root), *args]) == 0

    seed = json.loads((root / "target/manifest.json").read_text())["nodes"]["seed.shop.raw_orders"]
    assert seed["checksum"]["name"] == by


@pytest.mark.parametrize("said", ["on: 1", "{7: 2}", "{~: 2}", "{2024-01-01: 2}"])
def test_a_variables_name_is_a_text(said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)

    assert exit_code(["parse", "--project-dir", str(tmp_path), "--vars", said]) == 2
    told = capsys.readouterr()
    assert "Runtime Error" in told.out + told.err
    assert "is not of type 'string'" in told.out + told.err


def test_variables_with_the_names_of_secrets_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    args = ("inner", "--vars", "{DBT_ENV_SECRET_KEY: hush, day: 1}")
    monkeypatch.setattr("sys.argv", ["sqlmodels", *args])
    flags, _word = flags_for(*args)
    assert flags.vars == {"DBT_ENV_SECRET_KEY": "hush", "day": 1}
    assert flags.said["vars"] == {"DBT_ENV_SECRET_KEY": "*****", "day": 1}
    assert "hush" not in flags.said["invocation_command"]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("DBT_SEND_ANONYMOUS_USAGE_STATS", "no", "maybe"), ("DBT_PRINTER_WIDTH", "90", "wide")],
)
def test_a_variable_of_what_has_no_effect_must_have_a_value_that_could_be_meant(name: str, good: str, bad: str) -> None:
    assert flags_for("inner", env={name: good})
    assert flags_for("inner", env={name: ""})

    result = CliRunner().invoke(outer, ["inner"], obj=[], env={name: bad})

    assert (result.exit_code, f"'{bad}' is not a valid" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--select", "a b", "c", "--exclude", "d, e"], {"select": ("a", "b", "c"), "exclude": ("d,", "e")}),
        (["--no-fail-fast"], {"fail_fast": None}),
        (["--fail-fast"], {"fail_fast": True}),
    ],
)
def test_options_are_told_as_dbt_tells_them(args: list[str], told: dict[str, Any]) -> None:
    flags, _word = flags_for("inner", *args)

    assert {name: flags.said.get(name) for name in told} == told

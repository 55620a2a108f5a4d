"""What `ls` prints, and the commands that need no warehouse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import write_project

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on a small project: the exit code, what it printed, what it complained."""
    write_project(tmp_path)

    def run(*args: str) -> tuple[int, str, str]:
        code = exit_code([*args, "--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path)])
        said = capsys.readouterr()
        return code, said.out, said.err or (said.out if code else "")

    return run


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (
            ["--select", "staging"],
            ["shop.staging.stg_orders", "shop.not_null_stg_orders_id", "shop.unique_stg_orders_id"],
        ),
        (["-s", "revenue", "orders"], ["shop.marts.orders", "shop.marts.revenue"]),
        (["-m", "stg_orders+"], ["shop.marts.orders", "shop.marts.revenue", "shop.staging.stg_orders"]),
        (["--resource-type", "seed"], ["shop.raw_orders"]),
        (["-s", "tag:daily", "--output", "name", "--exclude-resource-type", "test"], ["stg_orders"]),
        (["-s", "raw_orders", "--output", "path"], ["seeds/raw_orders.csv"]),
    ],
)
def test_nodes_are_listed_one_a_line(call: Call, args: list[str], expected: list[str]) -> None:
    code, out, err = call("ls", *args)

    assert (code, out.splitlines(), err) == (0, expected, "")


def test_json_has_the_keys_that_were_asked_for(call: Call) -> None:
    _code, out, _err = call(
        "list", "-s", "revenue", "--output", "json", "--output-keys", "name", "config.materialized", "nothing"
    )

    assert json.loads(out) == {"name": "revenue", "config.materialized": "table"}


def test_json_without_keys_has_the_usual_ones(call: Call) -> None:
    _code, out, _err = call("ls", "-s", "revenue", "--output", "json")

    found = json.loads(out)
    assert found["unique_id"] == "model.shop.revenue"
    assert found["depends_on"]["nodes"] == ["model.shop.stg_orders"]
    assert found["original_file_path"] == "models/marts/revenue.sql"


def test_a_selection_that_names_nothing_is_a_warning_with_the_nearest_name(call: Call) -> None:
    code, out, err = call("ls", "--select", "stg_ordrs")

    assert (code, out) == (0, "")
    assert err == "Warning the selection 'stg_ordrs' names nothing, did you mean 'stg_orders'?\n"


def test_under_warn_error_it_is_an_error(call: Call) -> None:
    code, _out, err = call("ls", "--select", "stg_ordrs", "--warn-error")

    assert code == 2
    assert "the selection 'stg_ordrs' names nothing" in err


def test_parse_counts_nodes_and_writes_the_manifest(call: Call, tmp_path: Path) -> None:
    code, out, _err = call("parse")

    assert code == 0
    assert out.startswith("Found 3 models, 1 seed, 2 tests and ")
    written = json.loads((tmp_path / "target" / "manifest.json").read_text())
    assert written["child_map"]["model.shop.stg_orders"] == [
        "model.shop.orders",
        "model.shop.revenue",
        "test.shop.not_null_stg_orders_id.8cf5724805",
        "test.shop.unique_stg_orders_id.beb6e97f2f",
    ]


def test_clean_deletes_what_was_generated(call: Call, tmp_path: Path) -> None:
    (tmp_path / "target" / "compiled").mkdir(parents=True)

    code, out, _err = call("clean")

    assert code == 0
    assert out == f"deleted {tmp_path / 'target'}\n"
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("target", ["..", "models", ".", "models/staging"])
def test_clean_touches_nothing_of_the_users(call: Call, tmp_path: Path, target: str) -> None:
    project = tmp_path / "dbt_project.yml"
    project.write_text(f"{project.read_text()}\nclean-targets: ['{target}']\n")

    code, _out, err = call("clean")

    assert code == 2
    assert "clean-targets names" in err
    assert (tmp_path / "models" / "staging" / "stg_orders.sql").exists()


def test_a_new_project_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "fresh"

    assert exit_code(["init", "fresh", "--project-dir", str(tmp_path)]) == 0
    assert exit_code(["ls", "--project-dir", str(made), "--profiles-dir", str(made), "--output", "name"]) == 0

    assert "customers" in capsys.readouterr().out
    assert exit_code(["init", "fresh", "--project-dir", str(tmp_path)]) == 2

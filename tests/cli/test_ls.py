"""What `ls` prints, and the commands that need no warehouse."""

from __future__ import annotations

import json
import re
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
        (
            ["-s", "stg_orders+", "--exclude", "test_type:generic"],
            ["shop.marts.orders", "shop.marts.revenue", "shop.staging.stg_orders"],
        ),
        (["--resource-type", "seed"], ["shop.raw_orders"]),
        (["-s", "tag:daily", "--output", "name", "--exclude-resource-type", "test"], ["stg_orders"]),
        (["-s", "raw_orders", "--output", "path"], ["seeds/raw_orders.csv"]),
    ],
)
def test_nodes_are_listed_one_a_line(call: Call, args: list[str], expected: list[str]) -> None:
    code, out, err = call("ls", *args)

    assert (code, out.splitlines(), err) == (0, expected, "")


def test_beside_the_old_word_for_models_no_kind_is_left_out(call: Call) -> None:
    code, out, _err = call("ls", "--models", "revenue", "--exclude-resource-type", "model")

    assert (code, out.splitlines()) == (0, ["shop.marts.revenue"])


def test_several_kinds_by_one_word_cannot_be_left_out(call: Call) -> None:
    code, _out, err = call("ls", "--exclude-resource-type", "all")

    assert code == 2
    assert "'all' is not one of" in err


def test_json_shows_the_entry_of_manifest_json_whole(call: Call) -> None:
    _code, out, _err = call("ls", "--output", "json")

    found = {each["unique_id"]: each for each in map(json.loads, out.splitlines())}
    model, seed = found["model.shop.revenue"], found["seed.shop.raw_orders"]
    assert model["direct_parents"] == model["depends_on"]["nodes"] == ["model.shop.stg_orders"]
    assert model["config"]["latest_version_pointer"] == {"enabled": None, "alias": None}
    assert seed["depends_on"] == {"macros": []}
    assert {"batch_size", "event_time", "static_analysis"} <= seed["config"].keys()
    (test,) = (each for each in found.values() if each["name"].startswith("unique_"))
    assert test["depends_on"]["macros"] == ["macro.dbt.test_unique"]


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


def test_json_has_the_keys_of_a_source_in_the_order_of_dbt(call: Call, tmp_path: Path) -> None:
    write_project(tmp_path, **{"models/raw.yml": "sources: [{name: raw, tables: [{name: refunds}]}]\n"})

    _code, out, _err = call("ls", "--output", "json", "--resource-type", "source")

    first = ["name", "resource_type", "package_name", "original_file_path", "unique_id"]
    assert list(json.loads(out.splitlines()[0])) == [*first, "source_name", "tags", "config"]


@pytest.mark.parametrize("command", ["ls", "compile", "run"])
def test_manifest_json_is_there_also_if_nothing_can_be_selected_so(call: Call, tmp_path: Path, command: str) -> None:
    code, _out, err = call(command, "--selector", "nowhere")

    assert (code, "no selector 'nowhere'" in err) == (2, True)
    assert (tmp_path / "target/manifest.json").is_file()


@pytest.mark.parametrize("command", ["ls", "list"])
def test_a_selection_that_names_nothing_is_a_warning_with_the_nearest_name(call: Call, command: str) -> None:
    """Beside the list, which other programs read."""
    code, out, err = call(command, "--select", "stg_ordrs")

    assert (code, out) == (0, "")
    assert [re.sub(r"^[\d:]{8}  ", "", line) for line in err.splitlines()] == [
        "[WARNING]: the selection 'stg_ordrs' names nothing, did you mean 'stg_orders'?",
        "[WARNING]: No nodes selected!",
    ]


def test_under_warn_error_it_is_an_error(call: Call) -> None:
    code, _out, err = call("ls", "--select", "stg_ordrs", "--warn-error")

    assert code == 2
    assert "the selection 'stg_ordrs' names nothing" in err


def test_parse_counts_nodes_and_writes_the_manifest(call: Call, tmp_path: Path) -> None:
    code, out, _err = call("parse")

    assert code == 0
    assert out.startswith("Found 3 models, 1 seed, 2 data tests, ")
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
    assert "Runtime Error\nclean-targets names" in err
    assert (tmp_path / "models" / "staging" / "stg_orders.sql").exists()


def test_clean_deletes_outside_the_project_only_if_it_is_said(call: Call, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    (tmp_path / "target").mkdir(exist_ok=True)
    project = tmp_path / "dbt_project.yml"
    project.write_text(f"{project.read_text()}\nclean-targets: [target, '{elsewhere}']\n")

    code, _out, err = call("clean")
    assert code == 2
    assert "lies outside the project" in err
    assert (tmp_path / "target").exists(), "nothing goes if one of them may not"

    assert call("clean", "--no-clean-project-files-only")[0] == 0
    assert not elsewhere.exists()


def test_a_new_project_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "fresh"

    assert exit_code(["init", "fresh", "--project-dir", str(tmp_path)]) == 0
    assert exit_code(["ls", "--project-dir", str(made), "--profiles-dir", str(made), "--output", "name"]) == 0

    assert "customers" in capsys.readouterr().out
    (made / "dbt_project.yml").write_text("name: mine\n", encoding="utf-8")
    assert exit_code(["init", "fresh", "--project-dir", str(tmp_path)]) == 0
    assert "already exists" in capsys.readouterr().out
    assert (made / "dbt_project.yml").read_text(encoding="utf-8") == "name: mine\n"


SELECTORS = """\
    selectors:
      - name: daily
        definition: {method: tag, value: daily, chidren: true}
    """


def test_unknown_keys_of_selectors_are_told_and_passed_over(call: Call, tmp_path: Path) -> None:
    write_project(tmp_path, **{"selectors.yml": SELECTORS})

    code, out, err = call("ls", "--selector", "daily", "--output", "name", "--resource-type", "model")

    assert (code, out.split()) == (0, ["stg_orders"])
    assert "selectors.yml: selector 'daily': unknown key 'chidren', did you mean 'children'?" in err


def test_expressions_beside_a_selector_do_not_count(call: Call, tmp_path: Path) -> None:
    write_project(tmp_path, **{"selectors.yml": SELECTORS})
    beside = ("--selector", "daily", "--select", "revenue")

    _, out, err = call("ls", *beside, "--output", "name", "--resource-type", "model")
    strict = call("--warn-error-options", "{error: [SelectExcludeIgnoredWithSelectorWarning]}", "compile", *beside)[0]

    assert out.split() == ["stg_orders"]
    assert "--select and --exclude do not count beside --selector" in err
    assert strict == 2


def test_an_exposure_reads_the_version_that_it_names(call: Call, tmp_path: Path) -> None:
    properties = """\
        models:
          - name: price
            latest_version: 2
            versions: [{v: 1}, {v: 2}]
        exposures:
          - name: report
            type: dashboard
            owner: {email: anna@example.com}
            depends_on: ["ref('price', v=1)"]
        """
    files = {f"models/price_v{number}.sql": "select 1 as id" for number in (1, 2)}
    write_project(tmp_path, **{"models/price.yml": properties, **files})

    _, out, _ = call("ls", "--select", "+exposure:report", "--resource-type", "model")

    assert out.split() == ["shop.price.v1"]


def test_what_an_exposure_reads_has_to_be_readable(call: Call, tmp_path: Path) -> None:
    """Without quotes YAML ends the entry at the comma."""
    properties = """\
        exposures:
          - name: report
            type: dashboard
            owner: {email: anna@example.com}
            depends_on: [ref('orders', v=1)]
        """
    write_project(tmp_path, **{"models/report.yml": properties})

    code, _, err = call("ls")

    assert code == 2
    assert "models/report.yml:2:5: depends_on of the exposure 'report': \"ref('orders'\" cannot be read" in err

"""Unit tests on the command line: when they run, what they stop, what is said and written of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import profile_for, write_project

TESTS = """\
    unit_tests:
      - name: adds_up
        model: revenue
        config: {tags: fast}
        given:
          - input: ref('stg_orders')
            rows: [{amount: 1}, {amount: 2}]
        expect: {rows: [{amount: 3}]}
      - name: counts_least
        model: orders
        overrides: {vars: {least: 5}}
        given: [{input: ref('stg_orders'), format: csv, rows: "id,amount\\n1,5\\n2,6\\n"}]
        expect: {rows: [{id: 2}]}
    """
UNIT = ("revenue.adds_up", "orders.counts_least")


class Shop:
    """A small project with a database of its own."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capfd = capfd

    def run(self, *args: str) -> tuple[int, str]:
        """The exit code of a command, and all it said."""
        places = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
        code = exit_code([*args, *places])
        said = self._capfd.readouterr()
        return code, said.out + said.err

    def statuses(self) -> dict[str, str]:
        """What came of each node, by the end of its id."""
        return {each["unique_id"].split(".shop.")[-1]: each["status"] for each in self.results()}

    def results(self) -> list[dict[str, Any]]:
        """The entries of run_results.json."""
        text = (self.folder / "target" / "run_results.json").read_text(encoding="utf-8")
        return list(json.loads(text)["results"])

    def break_test(self) -> None:
        """Let `adds_up` expect something else."""
        path = self.folder / "models/unit.yml"
        path.write_text(path.read_text(encoding="utf-8").replace("amount: 3", "amount: 4"), encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Shop:
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    write_project(tmp_path, **{"profiles.yml": profile_for(fields), "models/unit.yml": TESTS})
    return Shop(tmp_path, capfd)


def test_a_build_runs_them_before_their_models(shop: Shop) -> None:
    code, said = shop.run("build")

    assert code == 0, said
    order = list(shop.statuses())
    assert order.index("stg_orders") < order.index("revenue.adds_up") < order.index("revenue")
    assert "PASS revenue::adds_up" in said
    assert "2 unit tests" in said


def test_one_that_fails_keeps_its_model_from_being_built(shop: Shop) -> None:
    shop.break_test()

    code, said = shop.run("build")

    found = shop.statuses()
    assert (code, found["revenue.adds_up"], found["revenue"], found["orders"]) == (1, "fail", "skipped", "success")
    assert "FAIL 1 revenue::adds_up" in said
    assert "missing  4\n" in said
    assert "its SQL is in target/compiled/shop/models/unit.yml/models/adds_up.sql" in said


def test_what_is_written_of_one_is_what_dbt_writes(shop: Shop) -> None:
    shop.run("build")

    (entry,) = (each for each in shop.results() if each["unique_id"] == "unit_test.shop.revenue.adds_up")
    sql = (shop.folder / "target/compiled/shop/models/unit.yml/models/adds_up.sql").read_text(encoding="utf-8")
    sent = (shop.folder / "target/run/shop/models/unit.yml/models/adds_up.sql").read_text(encoding="utf-8")
    assert sql in sent
    assert "expected" in sent
    assert (entry["failures"], entry["message"], entry["compiled"]) == (0, None, True)
    assert entry["adapter_response"] == {"_message": "SELECT 2", "code": "SELECT", "rows_affected": 2}
    assert entry["compiled_code"] == sql
    assert sql.startswith("with __dbt__cte__stg_orders as (\nselect ")


def test_the_manifest_has_them_in_a_part_of_their_own(shop: Shop) -> None:
    shop.run("parse")

    manifest = json.loads((shop.folder / "target/manifest.json").read_text(encoding="utf-8"))
    found = manifest["unit_tests"]["unit_test.shop.orders.counts_least"]
    assert (found["model"], found["fqn"]) == ("orders", ["shop", "orders", "counts_least"])
    assert found["given"] == [
        {"input": "ref('stg_orders')", "rows": [{"id": "1", "amount": "5"}, {"id": "2", "amount": "6"}],
         "format": "csv", "fixture": None},
    ]  # fmt: skip
    assert found["expect"] == {"rows": [{"id": 2}], "format": "dict", "fixture": None}
    assert found["overrides"] == {"vars": {"least": 5}, "macros": {}, "env_vars": {}}
    assert found["depends_on"]["nodes"] == ["model.shop.orders"]
    assert manifest["child_map"]["model.shop.orders"] == ["unit_test.shop.orders.counts_least"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), {*UNIT, "tests"}),
        (("--select", "revenue"), {"revenue.adds_up"}),
        (("--select", "adds_up"), {"revenue.adds_up"}),
        (("--select", "unit_test:adds*"), {"revenue.adds_up"}),
        (("--select", "unit_test:shop.adds_up"), {"revenue.adds_up"}),
        (("--select", "test_type:unit"), set(UNIT)),
        (("--select", "resource_type:unit_test"), set(UNIT)),
        (("--select", "test_name:counts_least"), {"orders.counts_least"}),
        (("--select", "tag:fast"), {"revenue.adds_up"}),
        (("--select", "stg_orders+", "--indirect-selection", "empty"), {*UNIT, "tests"}),
        (("--select", "revenue", "--indirect-selection", "empty"), {"revenue.adds_up"}),  # its fqn has the model's name
        (("--select", "path:models/marts", "--indirect-selection", "empty"), set()),
        (("--select", "revenue", "--indirect-selection", "cautious"), {"revenue.adds_up"}),
        (("--exclude", "test_type:unit"), {"tests"}),
        (("--exclude-resource-type", "test"), set(UNIT)),
        (("--exclude-resource-type", "unit_test"), {"tests"}),
    ],
)
def test_they_are_selected_like_other_tests(words: tuple[str, ...], expected: set[str], shop: Shop) -> None:
    _, said = shop.run("ls", "--resource-type", "test", "--resource-type", "unit_test", *words, "--output", "json",
                       "--output-keys", "unique_id", "--quiet")  # fmt: skip

    ids = [json.loads(line)["unique_id"] for line in said.splitlines() if line.startswith("{")]
    assert {each.split(".shop.")[-1] if each.startswith("unit") else "tests" for each in ids} == expected


@pytest.mark.parametrize("words", [("--select", "test_type:unit"), ("--resource-type", "unit_test")])
def test_a_build_of_nothing_else_has_nothing_to_do(words: tuple[str, ...], shop: Shop) -> None:
    code, said = shop.run("build", *words)

    assert (code, "Nothing to do" in said) == (0, True)


def test_a_list_names_them_as_a_selection_would(shop: Shop) -> None:
    _, said = shop.run("ls", "--resource-type", "unit_test")

    assert said.splitlines() == ["unit_test:shop.counts_least", "unit_test:shop.adds_up"]


def test_an_input_that_is_nothing_fails_its_test_alone(shop: Shop) -> None:
    path = shop.folder / "models/unit.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("ref('stg_orders')", "ref('stg_oders')", 1), "utf-8")

    built = shop.run("build", "--exclude-resource-type", "unit_test")
    code, said = shop.run("test", "--select", "test_type:unit")

    assert built[0] == 0, built[1]
    assert code == 1
    assert "models/unit.yml:6:9: the input ref('stg_oders') is nothing in this project" in said
    assert "did you mean \"ref('stg_orders')\"?" in said
    assert shop.statuses() == {"revenue.adds_up": "error", "orders.counts_least": "pass"}


def test_manifest_json_has_the_rows_of_a_test_that_is_off(shop: Shop) -> None:
    path = shop.folder / "models/unit.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("{tags: fast}", "{enabled: false}"), "utf-8")

    assert shop.run("parse")[0] == 0

    manifest = json.loads((shop.folder / "target/manifest.json").read_text(encoding="utf-8"))
    (found,) = manifest["disabled"]["unit_test.shop.revenue.adds_up"]
    rows = {"input": "ref('stg_orders')", "rows": [{"amount": 1}, {"amount": 2}], "format": "dict", "fixture": None}
    assert found["given"] == [rows]
    assert found["expect"] == {"rows": [{"amount": 3}], "format": "dict", "fixture": None}


def test_a_test_run_takes_no_other_kinds_of_node(shop: Shop) -> None:
    code, said = shop.run("test", "--resource-type", "model")

    assert code == 0, said
    assert "Nothing to do" in said
    assert "START" not in said


def test_the_statement_that_failed_can_be_looked_at(shop: Shop) -> None:
    models = shop.folder / "models"
    (models / "halves.sql").write_text("select 1 / (select 0) as id")
    (models / "halves.yml").write_text("models: [{name: orders, columns: [{name: nobody, data_tests: [not_null]}]}]")
    shop.run("build")

    sent = shop.folder / "target/run/shop/models"
    assert "select 1 / (select 0) as id" in (sent / "halves.sql").read_text(encoding="utf-8")
    assert "where nobody is null" in (sent / "halves.yml/not_null_orders_nobody.sql").read_text(encoding="utf-8")

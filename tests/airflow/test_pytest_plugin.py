"""What the pytest plugin tells a user about their DAGs and projects, in test-suites of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.projects import write_project

DAG = """\
    from airflow_sqlmodels import SqlModelsDag
    SqlModelsDag("shop", project="../shop", conn_id="warehouse")
    """
SHOP = {
    "models/staging/stg_orders.sql": "select * from {{ source('raw', 'orders') }}",
    "models/orders.sql": "select * from {{ ref('stg_orders') }}",
    "models/all.yml": """\
        sources: [{name: raw, tables: [{name: orders}]}]
        models:
          - name: orders
            description: One row per order
            data_tests: [{unique: {column_name: id}}]
        """,
}


def suite(folder: Path, dag: str = DAG, files: dict[str, str] | None = None, *settings: str) -> Path:
    """A user's repository: a DAG, a project, a test of their own."""
    write_project(folder / "shop", SHOP | (files or {}))
    for path, text in {
        "dags/shop.py": dag,
        "tests/test_own.py": "def test_own(): pass",
        "pyproject.toml": "\n".join(["[tool.pytest.ini_options]", 'sqlmodels_dags = ["dags"]', *settings]),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(text), encoding="utf-8")
    return folder


def checked(folder: Path, *arguments: str) -> tuple[dict[str, str], str]:
    """By test its outcome; and all that pytest says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", "--no-header", *arguments],
        cwd=folder,
        env=os.environ | {"AIRFLOW_HOME": str(folder / "airflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    words = [line.split() for line in done.stdout.splitlines() if line.startswith(("PASSED ", "FAILED "))]
    return {line[1]: line[0].lower() for line in words}, done.stdout + done.stderr


def test_one_line_checks_dags_and_projects(tmp_path: Path) -> None:
    outcomes, said = checked(suite(tmp_path))

    assert outcomes == {
        "tests/test_own.py::test_own": "passed",
        "dags::imports": "passed",
        "dags::cycles": "passed",
        "dags::serialization": "passed",
        "dags::lengths": "passed",
        "shop::compiles": "passed",
        "shop::parses": "passed",
        "shop::hard_coded_tables": "passed",
    }, said


def test_a_broken_project_fails_the_import_with_its_place(tmp_path: Path) -> None:
    outcomes, said = checked(suite(tmp_path, DAG, {"models/orders.sql": "select * from {{ ref('stg_ordrs') }}"}))

    assert outcomes["dags::imports"] == "failed"
    assert "models/orders.sql:1:" in said
    assert "did you mean 'stg_orders'?" in said


def test_what_is_wrong_with_the_sql_is_told_with_its_place(tmp_path: Path) -> None:
    files = {
        "models/orders.sql": "{{ config(alias='orders') }}\nselect *\nfrom public.stg_orders\njoin crm.customers",
        "models/open.sql": "select (1 as one",
        "models/macro.sql": "{% if execute %}{{ exceptions.raise_compiler_error('not like this') }}{% endif %}",
    }

    outcomes, said = checked(suite(tmp_path, DAG, files), "-k", "shop")

    assert outcomes == {"shop::compiles": "failed", "shop::parses": "failed", "shop::hard_coded_tables": "failed"}, said
    assert "models/orders.sql:3:13: public.stg_orders is named in plain SQL" in said
    assert "write {{ ref('stg_orders') }}" in said
    assert "crm.customers is named in plain SQL" in said
    assert "models/open.sql: line 1 of the compiled SQL" in said
    assert "not like this" in said


def test_more_can_be_required(tmp_path: Path) -> None:
    settings = (
        'sqlmodels_require = ["owner", "retries", "tags", "tests", "description"]',
        'sqlmodels_naming = ["staging: stg_ base_", "shop: fct_ dim_"]',
        'sqlmodels_skip = ["cycles"]',
    )

    outcomes, said = checked(suite(tmp_path, DAG, {"models/staging/orders_old.sql": "select 1 as id"}, *settings))

    assert {name for name, outcome in outcomes.items() if outcome == "failed"} == {
        "dags::owner", "dags::retries", "dags::tags", "shop::tests", "shop::description", "shop::naming",
    }, said  # fmt: skip
    assert "dags::cycles" not in outcomes
    assert "models/staging/stg_orders.sql: stg_orders has no test" in said
    assert "models/orders.sql: orders has no" not in said
    assert "models/staging/orders_old.sql: a model in 'staging' begins with stg_ or base_" in said


def test_a_dag_that_is_never_the_same_is_found(tmp_path: Path) -> None:
    dag = """\
        import uuid
        from airflow_sqlmodels import SqlModelsDag
        SqlModelsDag("shop", project="../shop", conn_id="warehouse", description=str(uuid.uuid4()))
        """

    outcomes, said = checked(suite(tmp_path, dag), "-k", "dags")

    assert outcomes["dags::serialization"] == "failed"
    assert "shop is another one each time its file is read" in said


def test_a_project_without_a_dag_can_be_named(tmp_path: Path) -> None:
    write_project(tmp_path / "other", {"models/a.sql": "select * from {{ ref('b') }}"})

    outcomes, said = checked(suite(tmp_path, DAG, None, 'sqlmodels_projects = ["other"]'), "-k", "other")

    assert set(outcomes.values()) == {"failed"}
    assert "models/a.sql:1" in said


@pytest.mark.parametrize("named", ["tests", "dags"])
def test_checks_belong_to_their_folders(tmp_path: Path, named: str) -> None:
    outcomes, _ = checked(suite(tmp_path), named)

    assert ("dags::imports" in outcomes) == (named == "dags")


def test_a_setting_that_means_nothing_is_refused(tmp_path: Path) -> None:
    _, said = checked(suite(tmp_path, DAG, None, 'sqlmodels_require = ["onwer"]'))

    assert "sqlmodels_require: no check 'onwer'" in said
    assert "did you mean 'owner'?" in said

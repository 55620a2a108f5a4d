"""The line that counts what a project holds; dbt 1.12 gave the same orders and words."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.cli.opening_lines import found_line
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

"""The kind that is named before what is wrong with a project: dbt's users know and search for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.graph.order import graph_of
from tests.projects import load

MODEL = {"models/a.sql": "select 1 as x"}
UNIT_TEST = "  - {name: u, model: a, given: [], expect: {rows: [{x: 1}]}}\n"
SALES = (
    "semantic_models:\n  - name: sales\n    model: ref('a')\n    entities: [{name: id, type: primary}]\n"
    "metrics: [{name: revenue, label: r, type: simple, type_params: {measure: total}}]\n"
)
CATALOG = "catalogs: [{name: c, write_integrations: [{name: w, catalog_type: built_in}]}]"
CASES = {
    "a ring": ("Compilation Error", {"models/a.sql": "select * from {{ ref('a') }}"}),
    "no such data test": ("Compilation Error", {"models/p.yml": "models: [{name: a, data_tests: [uniqe]}]"}),
    "an argument of dbt itself": (
        "Compilation Error",
        {"models/p.yml": "models: [{name: a, data_tests: [{unique: {arguments: {model: a}}}]}]"},
    ),
    "two unit tests of a name": ("Compilation Error", {"models/p.yml": "unit_tests:\n" + UNIT_TEST * 2}),
    "two packages of a name": ("Compilation Error", {"dbt_packages/shop/dbt_project.yml": "name: shop\n"}),
    "an exposure of nothing": (
        "Compilation Error",
        {"models/p.yml": "exposures: [{name: e, type: notebook, owner: {name: me}, depends_on: [ref()]}]"},
    ),
    "an exposure that cannot be read": (
        "Compilation Error",
        {"models/p.yml": "exposures: [{name: e, type: notebook, owner: {name: me}, depends_on: ['ref(']}]"},
    ),
    "a metric of nothing": ("Parsing Error", {"models/p.yml": SALES}),
    "no catalog here": ("Runtime Error", {"catalogs.yml": CATALOG}),
    "a selector without a name": ("Runtime Error", {"selectors.yml": "selectors: [{definition: a}]"}),
    "a key that no selector has": (
        "Runtime Error",
        {"selectors.yml": "selectors: [{name: s, definition: a, defualt: true}]"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_one_that_dbt_names(case: str, tmp_path: Path) -> None:
    kind, files = CASES[case]

    with pytest.raises(SqlModelsError) as raised:
        graph_of(load(tmp_path, MODEL | files))

    assert raised.value.kind == kind

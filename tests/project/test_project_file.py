"""dbt_project.yml: which keys it has, what each may hold, and which releases it asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SettingsError
from tests.projects import PROJECT, load


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("tests: {+severity: warn}\ndata_tests: {}", "cannot have both 'tests' and 'data_tests' defined"),
        ("archive: {}", "at path []: Additional properties are not allowed ('archive' was unexpected)"),
        ("version: soon", "at path ['version']: 'soon' is not valid"),
        ("version: 1", "at path ['version']: 1 is not valid"),
        ("version: 1.0.0b1", "at path ['version']: '1.0.0b1' is not valid"),
        ("vars: {2024: x}", "at path ['vars']: {2024: 'x'} is not valid"),
        ("models: [a]", "at path ['models']: ['a'] is not valid"),
        ("model-paths: models", "at path ['model-paths']: 'models' is not valid"),
        ("vars: [1]", "at path ['vars']: [1] is not valid"),
        ("dispatch: here", "at path ['dispatch']: 'here' is not valid"),
        ("dispatch: [{search_order: []}]", "at path ['dispatch']"),
        ("quoting: {tables: true}", "at path ['quoting']"),
        ("flags: fast", "at path ['flags']: 'fast' is not valid"),
        ("flags:", "at path ['flags']: None is not valid"),
        ("query-comment: {text: a}", "at path ['query-comment']"),
        ("require-dbt-version: '>=1.0'", '">=1.0" is not a valid semantic version'),
        ("require-dbt-version: '>=99.0.0'", "This version of dbt is not supported with the 'shop' package"),
        ("require-dbt-version: ['>=1.0.0', '<0.5.0']", "can never be satisfied: >=1.0.0, <0.5.0"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_line(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, {"dbt_project.yml": f"{PROJECT}{line}\n"})

    assert what in raised.value.what
    assert raised.value.at is not None
    assert raised.value.at.line == PROJECT.count("\n") + 1
    assert raised.value.hint


@pytest.mark.parametrize(
    "lines",
    [
        "version: 1.0",
        "version: '1.0'",
        "version: 1.2.3-rc1",
        "on-run-start: select 1",
        "models:",
        "query-comment: ''",
        "require-dbt-version: '>=1.6.0,<2.0.0'",
        "require-dbt-version: '>2.0.0'\nflags: {version_check: false}",
    ],
)
def test_what_dbt_takes_is_taken(tmp_path: Path, lines: str) -> None:
    manifest = load(tmp_path, {"dbt_project.yml": f"{PROJECT}{lines}\n", "models/a.sql": "select 1 as id"})

    assert "model.shop.a" in manifest.nodes


def test_a_package_for_another_release_is_refused_unless_nobody_checks(tmp_path: Path) -> None:
    """The project's flags hold for its packages."""
    package = "name: tools\nrequire-dbt-version: '<1.0.0'\n"
    files = {"dbt_packages/tools/dbt_project.yml": package}

    with pytest.raises(SettingsError, match="not supported with the 'tools' package") as raised:
        load(tmp_path, files)
    load(tmp_path, {**files, "dbt_project.yml": f"{PROJECT}flags:\n  version_check: false\n"})

    assert str(raised.value.at) == "dbt_packages/tools/dbt_project.yml:2:1"


def test_a_folder_may_be_written_from_the_root_of_the_machine(tmp_path: Path) -> None:
    files = {"dbt_project.yml": f"{PROJECT}model-paths: [{tmp_path}/sql]\n", "sql/orders.sql": "select 1 as id"}
    assert list(load(tmp_path, files).nodes) == ["model.shop.orders"]


OLD = {
    "dbt_packages/tools/dbt_project.yml": "name: tools\nconfig-version: 1\n",
    "dbt_packages/tools/macros/one.sql": "{% macro one() %}1{% endmacro %}",
    "dbt_packages/tools/models/s.yml": "sources: [{name: raw, tables: [{name: a}]}]",
    "models/a.sql": "select {{ tools.one() }} as id",
}


def test_an_old_package_of_macros_and_sources_is_taken(tmp_path: Path) -> None:
    assert "model.shop.a" in load(tmp_path, OLD).nodes


@pytest.mark.parametrize(
    ("files", "at"),
    [
        ({"dbt_packages/tools/models/m.sql": "select 1 as id"}, "dbt_packages/tools/dbt_project.yml:2:1"),
        ({"dbt_project.yml": "name: shop\nconfig-version: 1\nprofile: shop\n"}, "dbt_project.yml:2:1"),
    ],
)
def test_nodes_whose_configs_are_old_are_refused(files: dict[str, str], at: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="config-version is 1") as raised:
        load(tmp_path, OLD | files)
    assert str(raised.value.at) == at

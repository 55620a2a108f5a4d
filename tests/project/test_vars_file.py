"""Variables in a file of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SettingsError
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.project.load import load_project
from tests.projects import PROJECT, TARGET, load, write_project

FILES = {
    "dbt_project.yml": "{name: shop, profile: shop, models: {+meta: {owner: \"{{ var('owner') }}\"}}}",
    "models/m.sql": "{{ config(tags=var('owner'), alias='a' if var('deep').up else 'b') }} select 1",
}
VARS = "vars: {owner: sales, deep: {up: true}}"


@pytest.mark.parametrize(("said", "owner"), [({}, "sales"), ({"owner": "me"}, "me")])
def test_they_hold_in_dbt_project_yml_and_in_models_below_those_of_the_caller(
    said: dict[str, str], owner: str, tmp_path: Path
) -> None:
    manifest = load(tmp_path, FILES | {"vars.yml": VARS}, vars=said)

    model = manifest[NodeId("model.shop.m")]
    assert isinstance(model, Model)
    assert (model.meta, model.tags, model.relation.identifier) == ({"owner": owner}, (owner,), "a")


def test_both_files_with_variables_are_refused(tmp_path: Path) -> None:
    project = "name: shop\nprofile: shop\nvars: {a: 1}\n"
    with pytest.raises(SettingsError, match=r"dbt_project\.yml:3:1: Variables cannot be defined in both"):
        load(tmp_path, {"dbt_project.yml": project, "vars.yml": VARS})


@pytest.mark.parametrize("empty", ["", "vars:", "other: 1"])
def test_an_empty_file_leaves_it_to_dbt_project_yml(empty: str, tmp_path: Path) -> None:
    project = "{name: shop, profile: shop, vars: {a: 1}}"
    manifest = load(tmp_path, {"dbt_project.yml": project, "vars.yml": empty})
    assert manifest.settings.project_vars["shop"] == {"a": 1}


@pytest.mark.parametrize(("text", "at"), [("- a", r"s\.yml:1: this file"), ("vars: [a]", r"s\.yml:1:1: vars must")])
def test_what_is_no_mapping_is_refused(text: str, at: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=at):
        load(tmp_path, {"vars.yml": text})


def test_a_change_of_the_file_is_seen_by_the_next_load(tmp_path: Path) -> None:
    root = write_project(tmp_path, FILES | {"vars.yml": VARS})
    for owner in ("sales", "stock"):
        (root / "vars.yml").write_text(VARS.replace("sales", owner), encoding="utf-8")
        for _ in range(2):
            model = load_project(root, target=TARGET)[NodeId("model.shop.m")]
            assert isinstance(model, Model)
            assert model.tags == (owner,)


def test_templates_of_dbt_project_yml_have_pythons_modules(tmp_path: Path) -> None:
    path = "target/{{ modules.datetime.date(2024, 1, 2).strftime('%Y') }}"
    manifest = load(tmp_path, {"dbt_project.yml": f'{{name: shop, profile: shop, target-path: "{path}"}}'})
    assert manifest.settings.target_path == "target/2024"


def test_what_is_meant_for_a_package_is_a_variable_of_its_name_too(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": PROJECT + "vars: {tools: {streams: {orders: {prefix: o_}}}}\n",
        "packages.yml": "packages: [{local: tools}]",
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/macros/m.sql": (
            "{% macro prefix() %}{{ return(var('tools').streams.orders.prefix) }}{% endmacro %}"
        ),
        "models/m.sql": "{{ config(alias=tools.prefix() ~ var('tools')['streams'].keys() | first) }} select 1 as id",
        "dbt_packages/tools/models/n.sql": "{{ config(alias=prefix() ~ var('streams').orders.prefix) }} select 1 as id",
    }

    manifest = load(tmp_path, files)

    assert {node.name: node.relation.identifier for node in manifest.values() if isinstance(node, Model)} == {
        "m": "o_orders",
        "n": "o_o_",
    }

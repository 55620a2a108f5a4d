"""selectors.yml as it is read: which templates it may have, and what is no selector."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.project.load import load_project
from tests.projects import TARGET, write_project

MODEL = {"models/orders.sql": "select 1 as id"}


def selectors(content: str) -> dict[str, str]:
    return {**MODEL, "selectors.yml": content}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("selectors: {}", "this file must list selectors"),
        ("- name: a", "this file must list selectors"),
        ("selectors: []\nmore: 1", "this file has no key 'more'"),
        ("selectors: [{definition: a}]", "a selector has no name"),
        ("selectors: [{name: 5, definition: a}]", "a selector has no name"),
        ("selectors: [{name: a}]", "the definition of the selector 'a' must be a text or a mapping"),
        ("selectors: [{name: a, definition: [b]}]", "the definition of the selector 'a' must be a text or a mapping"),
        ("selectors: [{name: a, definition: b, defualt: true}]", "did you mean 'default'?"),
        ("selectors: [{name: a, definition: b, description: 1}]", "the description of the selector 'a' must be a text"),
        (
            "selectors: [{name: a, definition: b, default: \"{{ 'true' }}\"}]",
            "the default of the selector 'a' must be true or false",
        ),
        ("selectors: [{name: a, definition: {nope: b}}]", "no selector method 'nope'"),
    ],
)
def test_what_is_no_selector_stops_every_command(content: str, expected: str, tmp_path: Path) -> None:
    write_project(tmp_path, selectors(content))
    with pytest.raises(SqlModelsError) as raised:
        load_project(tmp_path, target=TARGET)

    assert expected in str(raised.value)


@pytest.mark.parametrize("content", ["", "{}", "selectors: []", "version: 2\nselectors: [{name: a, definition: b}]"])
def test_a_file_may_say_little(content: str, tmp_path: Path) -> None:
    write_project(tmp_path, selectors(content))

    assert list(load_project(tmp_path, target=TARGET).selectors) == (["a"] if "name" in content else [])


def test_templates_know_the_target_and_the_variables_of_the_run_alone(tmp_path: Path) -> None:
    definition = "{method: fqn, value: \"{{ target.name }} {{ var('asked', 'no') }} {{ var('own', 'no') }}\"}"
    project = "name: shop\nprofile: shop\nvars: {asked: of the project, own: of the project}\n"
    files = {**selectors(f"selectors: [{{name: a, definition: {definition}}}]"), "dbt_project.yml": project}
    write_project(tmp_path, files)

    manifest = load_project(tmp_path, target=TARGET, vars={"asked": "yes"})

    assert manifest.selectors["a"]["definition"]["value"] == f"{TARGET.name} yes no"


def test_templates_know_the_variables_of_vars_yml(tmp_path: Path) -> None:
    content = "selectors: [{name: a, definition: \"tag:{{ var('period') }}\"}]"
    write_project(tmp_path, {**selectors(content), "vars.yml": "vars: {period: daily}\n"})

    assert load_project(tmp_path, target=TARGET).selectors["a"]["definition"] == "tag:daily"


def test_a_variable_that_the_project_alone_has_is_missing(tmp_path: Path) -> None:
    content = "selectors: [{name: a, definition: \"tag:{{ var('period') }}\"}]"
    project = "name: shop\nprofile: shop\nvars: {period: daily}\n"
    write_project(tmp_path, {**selectors(content), "dbt_project.yml": project})

    with pytest.raises(SqlModelsError, match=r"Required var 'period' not found[\s\S]*set it in vars.yml or with"):
        load_project(tmp_path, target=TARGET)

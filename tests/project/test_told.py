"""What property files and dbt_project.yml say of things that are not there, or are something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.warned import Warned
from tests.projects import PROJECT, load

MACRO = "{% macro add(left, right) %}{{ left }} + {{ right }}{% endmacro %}\n"
PROJECT_FLAGS = PROJECT + "flags: {validate_macro_args: false}\n"


def told(root: Path, files: dict[str, str]) -> list[Warned]:
    found = load(root, {"models/staging/m.sql": "select 1 as id\n", "macros/add.sql": MACRO, **files}).warnings
    return [each for each in found if isinstance(each, Warned)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("[{name: left}, {name: rigt}]", ["Argument rigt in yaml for macro add does not match the jinja definition"]),
        ("[{name: left}]", ["The number of arguments in the yaml for macro add does not match the jinja definition"]),
        ("[{name: left, type: 'list[dict[str, any]]'}, {name: right, type: 'int[int]'}]",
         ["Argument right in the yaml for macro add has an invalid type"]),
        ("[{name: left, type: string}, {name: right}]", []),
        ("[]", []),
    ],
)  # fmt: skip
def test_arguments_that_a_macro_does_not_have_are_told(arguments: str, words: list[str], tmp_path: Path) -> None:
    properties = f"macros:\n  - {{name: add, arguments: {arguments}}}\n"
    found = told(tmp_path, {"macros/macros.yml": properties})
    assert [each.name for each in found] == ["InvalidMacroAnnotation"] * len(words)
    for each, text in zip(found, words, strict=True):
        assert each.text.startswith(f"macros/macros.yml:2:5: {text}")
    assert told(tmp_path / "off", {"macros/macros.yml": properties, "dbt_project.yml": PROJECT_FLAGS}) == []


def test_an_entry_of_data_tests_without_a_name_is_told(tmp_path: Path) -> None:
    entries = "data_tests:\n  - not_null:\n      where: x\n  - name: nowhere\n"
    (found,) = told(tmp_path, {"tests/own.sql": "select 1\n", "tests/all.yml": entries})
    assert found.text.startswith("tests/all.yml:2:5: Unable to parse 'data_tests' from here on")


def test_a_macro_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, {"macros/macros.yml": "macros: [{name: subtract}]\n"})
    assert [(each.name, each.data) for each in found] == [("MacroNotFoundForPatch", {"patch_name": "subtract"})]


@pytest.mark.parametrize("key", ["seeds", "snapshots"])
def test_a_model_among_other_things_is_told(key: str, tmp_path: Path) -> None:
    found = told(tmp_path, {"models/all.yml": f"{key}:\n  - name: m\n"})
    assert [each.name for each in found] == ["WrongResourceSchemaFile"]
    assert f"'m' is a model node, but it is specified in the {key} section of models/all.yml" in found[0].text


@pytest.mark.parametrize(
    ("key", "name", "kind"),
    [
        ("models", "countries", "WrongResourceSchemaFile"),
        ("seeds", "m", "WrongResourceSchemaFile"),
        ("models", "nothing", "NoNodeForYamlKey"),
        ("analyses", "m", "NoNodeForYamlKey"),
    ],
)
def test_what_is_not_there_may_be_described_twice(key: str, name: str, kind: str, tmp_path: Path) -> None:
    properties = f"{key}:\n  - {{name: {name}, description: a}}\n  - {{name: {name}, description: b}}\n"
    found = told(tmp_path, {"seeds/countries.csv": "id\n1\n", "models/all.yml": properties})
    assert [each.name for each in found] == [kind, kind]


def test_configs_of_what_is_not_there_are_told(tmp_path: Path) -> None:
    configs = """\
models:
  +tags: all
  shop:
    staging: {+tags: new, m: {+tags: one}}
    marts: {+tags: old}
    empty: {}
seeds: {shop: {+enabled: true}}
data_tests: {+severity: warn}
"""
    found = told(tmp_path, {"dbt_project.yml": PROJECT + configs})
    assert [(each.name, each.data) for each in found] == [
        ("UnusedResourceConfigPath", {"unused_config_paths": ["models.shop.marts", "seeds.shop", "data_tests"]})
    ]


def test_configs_of_what_is_turned_off_are_used(tmp_path: Path) -> None:
    configs = "models: {shop: {marts: {+enabled: false}}}\n"
    files = {"dbt_project.yml": PROJECT + configs, "models/marts/gone.sql": "select 1 as id\n"}
    assert told(tmp_path, files) == []


def test_one_of_several_models_that_are_off_cannot_be_turned_on_by_its_name(tmp_path: Path) -> None:
    off = "{{ config(enabled=false) }} select 1 as id\n"
    files = {"models/a/gone.sql": off, "models/b/gone.sql": off, "models/s.yml": "models: [{name: gone}]\n"}
    told(tmp_path / "as they are", files)
    files["models/s.yml"] = "models:\n  - name: gone\n    config: {enabled: true}\n"
    with pytest.raises(ProjectError, match=r"models/s.yml:2:5: Found 2 matching disabled nodes for model 'gone'"):
        told(tmp_path / "turned on", files)


def test_a_seed_with_the_name_of_a_model_is_told(tmp_path: Path) -> None:
    files = {
        "models/s.yml": "models: [{name: m}]\n",
        "seeds/m.csv": "id\n1\n",
        "dbt_project.yml": f"{PROJECT}seeds: {{+schema: other}}\n",
    }
    names = [each.name for each in told(tmp_path, files)]
    assert names.count("DuplicateNameDistinctNodeTypesDeprecation") == 1


def test_a_test_that_is_described_and_not_there_is_told(tmp_path: Path) -> None:
    properties = "data_tests: [{name: positive, description: Mine}, {name: nowhere, description: Lost}]"
    files = {"tests/positive.sql": "select 1 where false", "tests/s.yml": properties}

    (found,) = (each for each in load(tmp_path, files).warnings if isinstance(each, Warned))

    assert found.name == "NoNodeForYamlKey"
    assert found.data == {"patch_name": "nowhere", "file_path": "tests/s.yml"}
    assert "Did not find matching node for patch with name 'nowhere'" in found.text

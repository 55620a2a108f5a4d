"""catalogs.yml and `catalog_name`: Postgres has no catalogs, so a project with some is refused, as by dbt."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError, ProjectError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.project.load import load_project
from tests.projects import PROJECT, TARGET, load, write_project

MODEL = {"models/a.sql": "select 1 as id"}
LAKE = "catalogs:\n- name: lake\n  write_integrations:\n  - {name: w, catalog_type: built_in}\n"

REFUSED = {
    LAKE: ("catalogs.yml:2:3: the catalog type 'built_in' is not supported: Postgres has no catalogs", "remove"),
    LAKE + "  - {name: w, catalog_type: b}\n": ("catalogs.yml:5:5: .*two write_integrations with the name 'w'", "give"),
    LAKE + "  - {name: x, catalog_type: b}\n": ("must say which of its write_integrations", "there are w, x"),
    LAKE + "  - {name: x, catalog_type: b}\n  active_write_integration: x\n": ("the catalog type 'b' is not", "remove"),
    LAKE + "  active_write_integration: v\n": (
        "catalogs.yml:5:3: .*'lake' has no write integration 'v'",
        "there are w",
    ),
    LAKE + "  odd: 1\n": ("catalogs.yml:5:3: a catalog has no 'odd'", "there are name"),
    LAKE.replace("name: w", "nam: w"): ("catalogs.yml:4:6: a write integration has no 'nam'", "did you mean 'name'"),
    LAKE.replace(", catalog_type: built_in", ""): ("4:5: a write integration has no catalog_type", "add 'catalog_type"),
    LAKE.replace("- {name: w, catalog_type: built_in}", "- w"): ("4:5: a write integration must be a mapping", "begin"),
    LAKE.replace("name: lake", "active_write_integration: w"): ("2:3: a catalog has no name", "add 'name"),
    "catalogs:\n- {name: lake}\n": ("must say which of its write_integrations is active", "it has none"),
    "catalogs:\n- {name: lake, write_integrations: 1}\n": (
        "2:16: write_integrations of 'lake' must be a list",
        "begin",
    ),
    "catalogs: 1\n": ("catalogs.yml:1:1: catalogs must be a list", "begin"),
    "- 1\n": ("catalogs.yml:1: this file must be a mapping", "begin with 'catalogs:'"),
    "": ("catalogs.yml:1: this file is empty", "remove it"),
    "catalogs: [\n": ("catalogs.yml:2:1: this is not YAML", "check the indent"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_catalog_is_refused_with_what_is_wrong_with_it_first(text: str, tmp_path: Path) -> None:
    what, hint = REFUSED[text]

    with pytest.raises(ProjectError, match=what) as raised:
        load(tmp_path, {**MODEL, "catalogs.yml": text})

    assert hint in raised.value.hint


def test_its_values_may_be_templates(tmp_path: Path) -> None:
    text = LAKE.replace("built_in", "\"{{ env_var('LAKE_OF_NOBODY') }}\"")

    with pytest.raises(CompilationError, match=r"catalogs.yml:4:5: Env var required but not provided"):
        load(tmp_path, {**MODEL, "catalogs.yml": text})


def test_in_its_second_form_a_catalog_is_refused_too(tmp_path: Path) -> None:
    text = "catalogs:\n- {name: lake, type: unity, table_format: iceberg, config: {}}\n"
    project = PROJECT + "flags: {use_catalogs_v2: true}\n"

    with pytest.raises(ProjectError, match="2:3: a catalog is not supported: Postgres has no catalogs"):
        load(tmp_path, {**MODEL, "catalogs.yml": text, "dbt_project.yml": project})


@pytest.mark.parametrize("text", ["catalogs: []\n", "other: 1\n"])
def test_a_file_without_catalogs_does_no_harm(text: str, tmp_path: Path) -> None:
    assert NodeId("model.shop.a") in load(tmp_path, {**MODEL, "catalogs.yml": text})


def test_a_file_that_comes_later_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    root = write_project(tmp_path / "p", MODEL)
    load_project(root, target=TARGET)
    (root / "catalogs.yml").write_text(LAKE)

    with pytest.raises(ProjectError, match="Postgres has no catalogs"):
        load_project(root, target=TARGET)


@pytest.mark.parametrize("key", ["catalog_name", "catalog"])
@pytest.mark.parametrize("kind", ["models", "seeds", "data_tests"])
def test_a_node_that_is_to_lie_in_a_catalog_is_refused(kind: str, key: str, tmp_path: Path) -> None:
    files = {
        **MODEL,
        "seeds/s.csv": "id\n1\n",
        "models/p.yml": "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]",
        "dbt_project.yml": f"{PROJECT}{kind}: {{+{key}: lake}}\n",
    }

    with pytest.raises(ProjectError, match=r"no catalog 'lake' for '.*': Postgres has no catalogs") as raised:
        load(tmp_path, files)

    assert raised.value.hint == f"remove the config {key!r}"
    assert raised.value.at is not None


def test_where_a_macro_of_the_project_names_databases_nobody_looks_for_the_catalog(tmp_path: Path) -> None:
    macro = "{% macro generate_database_name(custom=none, node=none) %}{{ return('db') }}{% endmacro %}"
    template = "{{ config(catalog_name='lake') }} select 1"

    manifest = load(tmp_path, {"models/a.sql": template, "macros/m.sql": macro})

    assert NodeId("model.shop.a") in manifest

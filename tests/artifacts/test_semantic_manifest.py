"""semantic_manifest.json is what dbt writes of the same project, in both ways of writing a semantic layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.artifacts.keeping import keep_manifest
from airflow_sqlmodels.artifacts.semantic_manifest import semantic_manifest
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load, write_project

BY_DBT = Path(__file__).parent / "semantic_by_dbt"
TARGET = Target("dev", "dev", "postgres")


def _expected(name: str) -> Any:
    return json.loads((BY_DBT / f"{name}.json").read_text())


@pytest.mark.parametrize(("name", "models"), [("new", ["spine", "spine_hour"]), ("old", ["metricflow_time_spine"])])
def test_it_says_what_dbt_says(name: str, models: list[str], tmp_path: Path) -> None:
    files = {f"models/{model}.sql": "select 1 as id" for model in ("orders", *models)}
    manifest = load(tmp_path, {**files, "models/p.yml": (BY_DBT / f"{name}.yml").read_text()}, target=TARGET)

    assert json.dumps(semantic_manifest(manifest)) == json.dumps(_expected(name))


def test_metrics_stand_in_the_order_of_their_files_those_of_measures_last(tmp_path: Path) -> None:
    part = """\
        metrics: [{{name: {0}_z, label: {0}, type: simple, type_params: {{measure: {0}_a}}}}]
        semantic_models:
          - name: {0}
            model: ref('{0}')
            defaults: {{agg_time_dimension: at}}
            entities: [{{name: {0}, type: primary, expr: id}}]
            dimensions: [{{name: at, type: time, type_params: {{time_granularity: day}}}}]
            measures: [{{name: {0}_a, agg: sum, expr: id, create_metric: true}}]
        """
    files = {f"models/{name}.sql": "select 1" for name in ("aa", "bb", "metricflow_time_spine")}
    manifest = load(tmp_path, {**files, "models/p1.yml": part.format("bb"), "models/p2.yml": part.format("aa")})

    content = semantic_manifest(manifest)

    assert [each["name"] for each in content["metrics"]] == ["bb_z", "bb_a", "aa_z", "aa_a"]
    assert [each["name"] for each in content["semantic_models"]] == ["bb", "aa"]


def test_a_project_without_a_semantic_layer_has_one_too(tmp_path: Path) -> None:
    manifest = load(tmp_path, {"models/metricflow_time_spine.sql": "select 1"})

    assert semantic_manifest(manifest) == {
        "semantic_models": [],
        "metrics": [],
        "project_configuration": {
            "time_spine_table_configurations": [],
            "metadata": None,
            "dsi_package_version": {"major_version": "0", "minor_version": "213", "patch_version": "0"},
            "time_spines": [],
        },
        "saved_queries": [],
    }


def test_it_is_written_with_the_manifest_and_again_if_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    root = write_project(tmp_path / "p", {"models/a.sql": "select 1"})
    path = tmp_path / "target/manifest.json"
    found = path.with_name("semantic_manifest.json")
    keep_manifest(path, load_project(root, target=TARGET), Invocation())
    assert json.loads(found.read_text())["metrics"] == []

    found.write_text("kept")
    keep_manifest(path, load_project(root, target=TARGET), Invocation())
    assert found.read_text() == "kept"

    found.unlink()
    keep_manifest(path, load_project(root, target=TARGET), Invocation())
    assert json.loads(found.read_text())["metrics"] == []

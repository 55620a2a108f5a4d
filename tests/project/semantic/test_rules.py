"""The rules of the semantic layer: what is refused and warned of, as by dbt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_sqlmodels.errors import ProjectError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.semantic.query_rules import Item, read_item
from tests.projects import PROJECT, load

HERE = Path(__file__).parent
PROJECTS = HERE.parent.parent / "artifacts/semantic_by_dbt"
MODELS = {"new": ("orders", "spine", "spine_hour"), "old": ("orders", "metricflow_time_spine")}
MISTAKES: list[dict[str, Any]] = yaml.safe_load((HERE / "mistakes.yml").read_text())


def _load(folder: Path, project: str, replaced: dict[str, str], **files: str) -> Manifest:
    text = (PROJECTS / f"{project}.yml").read_text()
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    models = {f"models/{name}.sql": "select 1 as id" for name in MODELS[project]}
    return load(folder, {**models, "models/p.yml": text, **files})


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: f"{case['project']}-{list(case['replace'].values())[-1]}")
def test_what_dbt_refuses_or_warns_of(case: dict[str, Any], tmp_path: Path) -> None:
    if "refused" in case:
        with pytest.raises(SqlModelsError) as raised:
            _load(tmp_path, case["project"], case["replace"])
        assert isinstance(raised.value, ProjectError)
        assert raised.value.what.removeprefix("Semantic Manifest validation failed: ") == case["refused"]
        assert str(raised.value.at).startswith(("models/p.yml:", "models/spine.sql:"))
        return

    manifest = _load(tmp_path, case["project"], case["replace"])

    said = [each.text.partition("\n")[0].partition(": ")[2] for each in manifest.warnings]
    assert said == case.get("warned", [])
    assert {each.name for each in manifest.warnings} <= {"SemanticValidationFailure"}


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="validation failed: invalid name 'r'") as raised:
        _load(tmp_path, "old", {"    defaults: {agg_time_dimension: at}\n": "", "name: revenue2": "name: r"})

    told = raised.value.hint.split("\n")
    assert sum("has no agg_time_dimension" in each for each in told) == 4
    assert told[1].startswith("also models/p.yml:2:5: the measure 'total' of the semantic model 'sales' has no agg")


def test_nothing_is_looked_at_without_metrics(tmp_path: Path) -> None:
    text = (PROJECTS / "old.yml").read_text().partition("metrics:\n")[0].replace(", create_metric: true", "")
    files = {f"models/{name}.sql": "select 1 as id" for name in MODELS["old"]}
    groups = "groups: [{name: g, owner: {name: a}}]\n"

    manifest = load(tmp_path, {**files, "models/p.yml": text.replace("name: kind", "name: month") + groups})

    assert manifest.warnings == ()


ITEMS = {
    "Dimension('order__kind')": Item("Dimension", "order__kind"),
    "TimeDimension('metric_time', 'day')": Item("TimeDimension", "metric_time", "day", True),
    "Dimension('order__at').grain('month').descending(True)": Item(
        "Dimension", "order__at", None, False, ("grain('month')",)
    ),
    " Entity('order') ": Item("Entity", "order"),
    "Metric('m', ['order'])": Item("Metric", "m", None, True),
    "Dimension(dimension_name='order__at__week')": Item("Dimension", "order__at__week"),
}


@pytest.mark.parametrize("text", ITEMS)
def test_an_item_of_a_query_is_read(text: str) -> None:
    assert read_item(text) == ITEMS[text]


@pytest.mark.parametrize(
    ("text", "element"), [("order__at__week", "at"), ("order__at", "at"), ("metric_time", "metric_time")]
)
def test_the_element_is_named_without_what_stands_around_it(text: str, element: str) -> None:
    assert Item("Dimension", text).element == element


@pytest.mark.parametrize(
    "text", ["Dimension()", "Dimension(1)", "order__kind", "a.b('c')", "Nope('x')", "Dimension('x'", "1"]
)
def test_what_is_no_item_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"undefined|no call|no name|cannot be read"):
        read_item(text)


def test_a_project_without_a_semantic_layer_does_not_import_the_rules(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/a.sql").write_text("select 1")
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    code = (
        "import sys; from pathlib import Path; from airflow_sqlmodels.project.load import load_project;"
        "from tests.projects import TARGET; load_project(Path(sys.argv[1]), target=TARGET, cache=False);"
        "assert not [each for each in sys.modules if each.endswith('_rules') and '.semantic.' in each]"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Which models may be read by whom: groups, access, restrict-access."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.load import load_project
from tests.projects import PROJECT, TARGET, load, write_project

GROUPS = """\
groups:
  - {name: finance, owner: {email: fin@example.com}}
  - {name: sales, owner: {name: Anna}}
"""


def properties(models: str) -> dict[str, str]:
    return {"models/schema.yml": GROUPS + "models:\n" + models}


PRIVATE = "  - {name: costs, config: {group: finance, access: private}}\n"
COSTS = {"models/costs.sql": "select 1 as id"}
READER = {"models/report.sql": "select *\nfrom {{ ref('costs') }}\n"}


@pytest.mark.parametrize("group", [None, "sales"])
def test_a_private_model_is_not_read_from_outside_its_group(tmp_path: Path, group: str | None) -> None:
    reader = f"  - {{name: report, config: {{group: {group}}}}}\n" if group else ""

    with pytest.raises(ProjectError) as raised:
        load(tmp_path, {**COSTS, **READER, **properties(PRIVATE + reader)})

    assert "model.shop.report attempted to reference node model.shop.costs" in raised.value.what
    assert "private to the 'finance' group" in raised.value.what
    assert str(raised.value.at).startswith("models/report.sql:2:")


def test_its_group_and_its_own_tests_read_a_private_model(tmp_path: Path) -> None:
    """A test in YAML is of the group of what it tests, also where it reads another model of that group."""
    models = """\
  - name: costs
    config: {group: finance, access: private}
    columns: [{name: id, data_tests: [unique]}]
  - name: report
    config: {group: finance}
    columns:
      - name: id
        data_tests:
          - relationships: {arguments: {to: ref('costs'), field: id}}
"""

    manifest = load(tmp_path, {**COSTS, **READER, **properties(models)})

    assert len([node for node in manifest.nodes if node.startswith("test.")]) == 2


def test_exposures_and_singular_tests_have_no_group(tmp_path: Path) -> None:
    files = {**COSTS, **properties(PRIVATE)}
    with pytest.raises(ProjectError, match=r"test\.shop\.no_costs attempted"):
        load(tmp_path / "a", {**files, "tests/no_costs.sql": "select * from {{ ref('costs') }}"})

    exposure = "exposures:\n  - {name: wall, type: dashboard, owner: {name: A}, depends_on: [ref('costs')]}\n"
    with pytest.raises(ProjectError, match=r"exposure\.shop\.wall attempted"):
        load(tmp_path / "b", {**files, "models/wall.yml": exposure})


@pytest.mark.parametrize(("restricts", "access"), [("true", "protected"), ("false", "protected"), ("true", "public")])
def test_a_package_may_keep_protected_models_for_itself(tmp_path: Path, restricts: str, access: str) -> None:
    files = {
        "dbt_packages/tools/dbt_project.yml": f"name: tools\nrestrict-access: {restricts}\n",
        "dbt_packages/tools/models/costs.sql": f"{{{{ config(access='{access}') }}}}select 1 as id",
        "dbt_packages/tools/models/within.sql": "select * from {{ ref('costs') }}",
        **READER,
    }

    if (restricts, access) == ("true", "protected"):
        with pytest.raises(ProjectError, match="protected to the 'tools' package"):
            load(tmp_path, files)
    else:
        assert "model.shop.report" in load(tmp_path, files).nodes


@pytest.mark.parametrize(
    ("model", "what"),
    [
        ("{group: fnance}", "Invalid group 'fnance', expected one of ['finance', 'sales']"),
        ("{access: secret}", "model.shop.costs has an invalid value (secret) for the access field"),
        ("{access: public, materialized: ephemeral}", "with 'ephemeral' materialization has an invalid value (public)"),
    ],
)
def test_what_is_no_group_or_access_is_refused(tmp_path: Path, model: str, what: str) -> None:
    with pytest.raises(ProjectError) as raised:
        load(tmp_path, {**COSTS, **properties(f"  - {{name: costs, config: {model}}}\n")})

    assert what in raised.value.what
    assert raised.value.hint


def test_a_model_that_turns_private_is_checked_though_only_it_changed(tmp_path: Path) -> None:
    files = {**COSTS, **READER, "models/groups.yml": GROUPS, "dbt_project.yml": PROJECT}
    load_project(write_project(tmp_path, files), target=TARGET)
    (tmp_path / "models/costs.sql").write_text("{{ config(access='private', group='sales') }}select 1 as id")

    with pytest.raises(ProjectError, match="private to the 'sales' group"):
        load_project(tmp_path, target=TARGET)

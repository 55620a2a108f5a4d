"""Contracts while the project is loaded: what says too little is refused, what nothing comes of is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.warned import Warned
from tests.projects import load

KEY = "constraints: [{type: primary_key}]"


def files(model: str, columns: str, config: str = "contract: {enforced: true}") -> dict[str, str]:
    properties = f"models:\n  - name: orders\n    config: {{{config}}}\n    {model}\n    columns: {columns}\n"
    return {"models/orders.sql": "select 1 as id, 2 as n\n", "models/s.yml": properties}


@pytest.mark.parametrize(
    ("model", "columns", "told"),
    [
        ("", f"[{{name: id, data_type: int, {KEY}}}, {{name: n, data_type: int, {KEY}}}]",
         r"models/s.yml:2:5: Found 2 columns \(\['id', 'n'\]\) with primary key constraints defined"),
        ("constraints: [{type: primary_key, columns: [n]}]", f"[{{name: id, data_type: int, {KEY}}}]",
         "Primary key constraints defined at the model level and the columns level"),
        ("", "[]", "Constraints must be defined in a `yml` schema configuration file"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_hold_is_refused(model: str, columns: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=told):
        load(tmp_path, files(model, columns))


@pytest.mark.parametrize("enforced", ["true", "false"])
@pytest.mark.parametrize(
    ("model", "columns", "told"),
    [
        ("", "[{name: id, data_type: int, constraints: [{type: chek}]}]",
         "s.yml:2:5: Invalid constraint type on column id: 'chek'.*did you mean 'check'"),
        ("constraints: [{type: nothing, columns: [id]}]", "[{name: id, data_type: int}]",
         "s.yml:2:5: Invalid constraint type on model orders: 'nothing'"),
    ],
)  # fmt: skip
def test_a_constraint_of_no_known_kind_is_refused(
    model: str, columns: str, told: str, enforced: str, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match=f"(?s){told}"):
        load(tmp_path, files(model, columns, f"contract: {{enforced: {enforced}}}"))


def test_a_model_that_is_off_may_say_what_it_likes(tmp_path: Path) -> None:
    load(tmp_path, files("", "[]", "enabled: false, contract: {enforced: true}"))


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [("view", "", True), ("view", ", warn_unsupported: false", False), ("table", "", False)],
)
def test_constraints_of_what_has_none_are_told(kind: str, more: str, told: bool, tmp_path: Path) -> None:
    config = f"contract: {{enforced: true}}, materialized: {kind}"
    columns = f"[{{name: id, data_type: int, constraints: [{{type: not_null{more}}}]}}]"
    found = [each for each in load(tmp_path, files("", columns, config)).warnings if isinstance(each, Warned)]
    assert [each.name for each in found] == ["UnsupportedConstraintMaterialization"] * told
    if told:
        assert "Constraint types are not supported for view materializations" in found[0].text


@pytest.mark.parametrize(
    ("change", "refused"), [("", True), ("sync_all_columns", True), ("fail", False), ("append_new_columns", False)]
)
def test_an_incremental_model_with_a_contract_says_what_new_columns_are(
    change: str, refused: bool, tmp_path: Path
) -> None:
    said = f", on_schema_change: {change}" if change else ""
    config = f"contract: {{enforced: true}}, materialized: incremental{said}"
    properties = files("", "[{name: id, data_type: int}]", config)
    if not refused:
        load(tmp_path, properties)
        return
    told = f"models/s.yml:2:5: Invalid value for on_schema_change: {change or 'ignore'}"
    with pytest.raises(ProjectError, match=told):
        load(tmp_path, properties)


def test_a_contract_of_a_model_in_python_is_refused(tmp_path: Path) -> None:
    project = {
        "models/scored.py": "def model(dbt, session):\n    return None\n",
        "models/s.yml": "models: [{name: scored, config: {contract: {enforced: true}}, "
        "columns: [{name: id, data_type: int}]}]",
    }
    with pytest.raises(ProjectError, match=r"models/s.yml:1:\d+: The contract of 'scored' is for models in SQL"):
        load(tmp_path, project)

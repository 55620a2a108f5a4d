"""dbt's behaviour flags: what projects may turn on under `flags:` of dbt_project.yml, and what it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.nodes import Analysis, Model, NodeId
from tests.projects import PROJECT, load


def flags(**said: bool) -> dict[str, str]:
    lines = "".join(f"  {name}: {str(value).lower()}\n" for name, value in said.items())
    return {"dbt_project.yml": f"{PROJECT}flags:\n{lines or '  {}'}\n"}


@pytest.mark.parametrize("on", [True, False])
def test_files_may_have_an_extension_more(tmp_path: Path, on: bool) -> None:
    files = {
        "models/a.sql.j2": "select 1 as id",
        "models/b_v1.sql.jinja": "select 1 as id",
        "models/b_v2.sql": "select 1 as id",
        "models/b.yml": "models:\n  - {name: b, versions: [{v: 2}, {v: 1}]}\n" if on else "models: []\n",
        "macros/m.sql.jinja2": "{% macro m() %}1{% endmacro %}",
        "models/d.md.j2": "{% docs d %}text{% enddocs %}",
    }

    manifest = load(tmp_path, {**files, **flags(allow_jinja_file_extensions=on)})

    found = {"model.shop.a", "model.shop.b.v1"} <= set(manifest.nodes)
    assert (found, "macro.shop.m" in manifest.macros, "doc.shop.d" in manifest.docs) == (on, on, on)
    assert not manifest.warnings


@pytest.mark.parametrize(("on", "owner"), [(False, "shop"), (True, "tools")])
def test_a_ref_of_a_package_looks_into_the_package_first(tmp_path: Path, on: bool, owner: str) -> None:
    files = {
        "models/days.sql": "select 1 as id",
        "dbt_packages/tools/dbt_project.yml": "name: tools\nmodels: {+schema: tools}\n",
        "dbt_packages/tools/models/days.sql": "select 2 as id",
        "dbt_packages/tools/models/weeks.sql": "select * from {{ ref('days') }}",
        **flags(require_ref_searches_node_package_before_root=on),
    }

    files["dbt_packages/tools/models/years.sql"] = "select * from {{ ref('shop', 'days') }}"  # says what it wants

    manifest = load(tmp_path, files)

    weeks = manifest[NodeId("model.tools.weeks")]
    assert isinstance(weeks, Model)
    assert weeks.depends_on == (f"model.{owner}.days",)
    warned = [each.data for each in manifest.warnings if each.name == "PackageNodeDependsOnRootProjectNode"]
    told = {"node_name": "weeks", "package_name": "tools", "root_project_unique_id": "model.shop.days"}
    assert warned == ([] if on else [told])


@pytest.mark.parametrize("on", [True, False])
def test_analyses_have_configs_of_their_own(tmp_path: Path, on: bool) -> None:
    head = flags(require_corrected_analysis_fqns=on)["dbt_project.yml"]
    files = {
        "dbt_project.yml": f"{head}analyses: {{shop: {{odd: {{+enabled: false}}, +tags: mine}}}}\n",
        "analyses/sums.sql": "select 1 as id",
        "analyses/odd/counts.sql": "select 1 as id",
    }

    manifest = load(tmp_path, files)

    sums = manifest[NodeId("analysis.shop.sums")]
    assert isinstance(sums, Analysis)
    assert (sums.fqn, sums.tags) == ((("shop", "sums"), ("mine",)) if on else (("shop", "analysis", "sums"), ()))
    assert ("analysis.shop.counts" in manifest.nodes) is not on


def test_a_schema_has_to_be_given(tmp_path: Path) -> None:
    macro = "{% macro generate_schema_name(custom, node) %}{{ return(none) }}{% endmacro %}"
    files = {"macros/names.sql": macro, "models/a.sql": "select 1 as id"}

    with pytest.raises(ProjectError, match="has a schema set to None") as raised:
        load(tmp_path, {**files, **flags(require_valid_schema_from_generate_schema_name=True)})

    assert (raised.value.kind, str(raised.value.at)) == ("Parsing Error", "macros/names.sql:1")


def test_a_flag_that_dbt_does_not_have_is_told(tmp_path: Path) -> None:
    said = flags(allow_jinja_file_extension=True, partial_parse=False)

    (warning,) = load(tmp_path, {"models/a.sql": "select 1 as id", **said}).warnings

    assert str(warning) == (
        "dbt_project.yml: unknown flag 'allow_jinja_file_extension', did you mean 'allow_jinja_file_extensions'?"
    )


def test_flags_of_other_warehouses_are_no_surprise(tmp_path: Path) -> None:
    said = flags(require_certificate_validation=True, enable_iceberg_materializations=True)

    assert not load(tmp_path, {"models/a.sql": "select 1 as id", **said}).warnings


def test_a_folder_for_logs_among_the_flags_is_told_as_it_says_nothing_there(tmp_path: Path) -> None:
    (warning,) = load(tmp_path, {"models/a.sql": "select 1 as id", **flags(log_path="mine")}).warnings

    assert str(warning).endswith("flag 'log_path' says nothing there, use --log-path, or 'log-path:' beside 'flags:'")


def test_flags_that_only_commands_say_do_not_hold_for_a_project(tmp_path: Path) -> None:
    """As in dbt, which reads other fields from the file: a run that asks for nothing refreshes and defers nothing."""
    said = flags(defer=True, full_refresh=True, empty=True, fail_fast=True)

    manifest = load(tmp_path, {"models/a.sql": "select 1 as id", **said})

    assert manifest.settings.flags == {"fail_fast": True}
    assert [str(each) for each in manifest.warnings] == [
        "dbt_project.yml: flag 'defer' says nothing there, use --defer",
        "dbt_project.yml: flag 'full_refresh' says nothing there, use --full-refresh, or the config of that name for "
        "some models",
        "dbt_project.yml: flag 'empty' says nothing there, use --empty",
    ]

"""Packages that describe what stands in another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import NamingError
from airflow_sqlmodels.manifest.nodes import DataTest, Model, NodeId, Seed
from tests.projects import PROJECT, load

FILES = {
    "dbt_project.yml": PROJECT + "seeds: {tools: {+enabled: false}}\n",
    "seeds/exceptions.csv": "a\nx\n",
    "models/n.sql": "select 1 as id",
    "dbt_packages/tools/dbt_project.yml": "name: tools\n",
    "dbt_packages/tools/seeds/exceptions.csv": "a\nx\n",
    "dbt_packages/tools/models/n.sql": "select 1 as id",
    "dbt_packages/tools/seeds/all.yml": """\
        seeds:
          - name: exceptions
            description: What to pass over
            config: {column_types: {a: varchar}}
            columns: [{name: a, data_tests: [not_null]}]
        models:
          - {name: n, config: {alias: other}}
        """,
}


def test_the_entry_of_a_disabled_seed_holds_for_the_projects_own(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)

    seed = manifest[NodeId("seed.shop.exceptions")]
    assert isinstance(seed, Seed)
    assert (seed.description, seed.config["column_types"]) == ("What to pass over", {"a": "varchar"})
    assert list(seed.columns) == ["a"]
    tests = [node for node in manifest.values() if isinstance(node, DataTest)]
    assert [test.depends_on for test in tests] == [(seed.id,)]
    model = manifest[NodeId("model.shop.n")]
    assert isinstance(model, Model)
    assert model.relation.identifier == "n"  # the package has one itself


def test_the_project_can_describe_what_a_package_has(tmp_path: Path) -> None:
    more = {
        "dbt_packages/tools/models/theirs.sql": "select 1 as id",
        "models/theirs.yml": "models: [{name: theirs, description: Told here}]",
    }

    manifest = load(tmp_path, FILES | more)

    assert manifest[NodeId("model.tools.theirs")].description == "Told here"
    assert [each.name for each in manifest.warnings] == ["PackageNodeDependsOnRootProjectNode"]  # a test of the seed's


THEIRS = {
    "dbt_packages/tools/models/theirs.sql": "select 1 as id",
    "models/theirs.yml": "models: [{name: theirs, description: Told here}]",
}


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (
            {**THEIRS, "dbt_packages/tools/models/theirs.yml": "models: [{name: theirs, description: Told there}]"},
            r"models/theirs\.yml:1:10: the model 'theirs' is described twice: also in dbt_packages/tools/models/theirs",
        ),
        (
            {
                **THEIRS,
                "dbt_packages/more/dbt_project.yml": "name: more\n",
                "dbt_packages/more/models/theirs.yml": "models: [{name: theirs, description: Told there}]",
            },
            "the model 'theirs' is described twice",
        ),
        (
            {"seeds/own.yml": "seeds: [{name: exceptions, description: Mine}]"},
            r"all\.yml:2:5: the seed 'exceptions' is described twice: also in seeds/own\.yml",
        ),
        (
            {
                **THEIRS,
                "dbt_packages/more/dbt_project.yml": "name: more\n",
                "dbt_packages/more/models/theirs.sql": "select 1 as id",
            },
            "'theirs' is in the packages 'tools' and 'more'|'theirs' is in the packages 'more' and 'tools'",
        ),
    ],
)
def test_two_descriptions_of_a_node_are_refused_and_one_of_two_nodes(
    more: dict[str, str], wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(NamingError, match=wrong):
        load(tmp_path, FILES | more)


def test_a_description_of_what_is_disabled_elsewhere_is_a_warning(tmp_path: Path) -> None:
    off = {"dbt_packages/tools/models/theirs.sql": "{{ config(enabled=false) }} select 1 as id"}

    warning, upward = map(str, load(tmp_path, FILES | THEIRS | off).warnings)

    assert "depends on seed.shop.exceptions of the root project" in upward
    assert "there is no model 'theirs' to describe" in warning
    assert "hint" not in warning


def test_a_test_in_a_file_may_be_described_twice(tmp_path: Path) -> None:
    more = {
        "tests/few.sql": "select 1 as id",
        "tests/a.yml": "data_tests: [{name: few, description: First, config: {severity: warn}}]",
        "tests/b.yml": "data_tests: [{name: few, description: Second}]",
    }

    test = load(tmp_path, FILES | more)[NodeId("test.shop.few")]

    assert (test.description, test.config["severity"]) == ("Second", "warn")


@pytest.mark.parametrize(
    ("more", "first", "second"),
    [
        ({"models/off.sql": "{{ config(enabled=false) }} select 1 as id"}, "models: [{name: 'off'", "}]"),
        ({"dbt_project.yml": PROJECT + "models: {shop: {'off': {+enabled: false}}}"}, "models: [{name: 'off'", "}]"),
        ({}, "macros: [{name: nowhere", "}]"),
        ({}, "snapshots: [{name: nowhere", "}]"),
    ],
)
def test_what_is_not_there_or_disabled_may_be_described_twice(
    tmp_path: Path, more: dict[str, str], first: str, second: str
) -> None:
    described = {"models/a.yml": f"{first}, description: A{second}", "models/b.yml": f"{first}, description: B{second}"}
    folder = {"models/off/off.sql": "select 1 as id"} if "dbt_project.yml" in more else {}

    manifest = load(tmp_path, {"dbt_project.yml": PROJECT} | more | folder | described)

    assert [node.description for several in manifest.disabled.values() for node in several] in ([], ["B"])


@pytest.mark.parametrize(
    "files",
    [
        {"models/m.sql": "select 1 as id", "kind": "models"},
        {"macros/m.sql": "{% macro m() %}{% endmacro %}", "kind": "macros"},
        {"analyses/m.sql": "select 1", "kind": "analyses"},
        {"snapshots/s.sql": "{% snapshot m %}{{ config(unique_key='id', strategy='check', check_cols='all') }} select 1"
                            " as id{% endsnapshot %}", "kind": "snapshots"},
    ],
)  # fmt: skip
def test_what_is_there_may_not_be_described_twice(tmp_path: Path, files: dict[str, str]) -> None:
    kind = files.pop("kind")
    off = "[{name: m, config: {enabled: false}}]" if kind == "models" else "[{name: m}]"

    with pytest.raises(
        NamingError, match=r"models/b\.yml:1:\d+: the \w+ 'm' is described twice: also in models/a\.yml"
    ):
        load(
            tmp_path,
            {"dbt_project.yml": PROJECT, **files, "models/a.yml": f"{kind}: {off}", "models/b.yml": f"{kind}: {off}"},
        )

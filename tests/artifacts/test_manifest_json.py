"""manifest.json says of nodes and macros what dbt's says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.artifacts.facts import facts_of
from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load


def written(root: Path, files: dict[str, str], **options: Any) -> dict[str, Any]:
    """The content of manifest.json for a project of these files."""
    manifest = load(root, files, **options)
    return manifest_json(manifest, graph_of(manifest), Invocation(command="parse"))


def test_macros_say_what_they_take_and_call(tmp_path: Path) -> None:
    files = {
        "macros/cents.sql": """
            {% macro cents(column, precision=2) %}{{ adapter.dispatch('cents', 'shop')(column) }}{% endmacro %}
            {% macro default__cents(column, precision) %}{{ rounded(column) }}{% endmacro %}
            {% macro rounded(column) %}round({{ column }}){% endmacro %}
            {% test positive(model, column_name) %}select 1{% endtest %}
        """,
        "tests/generic/even.sql": "{% test even(model, column_name) %}select 1{% endtest %}",
        "macros/cents.yml": """
            macros:
              - name: rounded
                description: "{{ doc('rounding') }}"
                arguments: [{name: column, type: text, description: "{% raw %}{{ a }}\\n{% endraw %}\\n"}]
        """,
        "macros/docs.md": "{% docs rounding %}To the nearest.{% enddocs %}",
    }
    content = written(tmp_path, files)

    macros = content["macros"]
    taken = {
        name: [each["name"] for each in macros[f"macro.shop.{name}"]["arguments"]]
        for name in ("cents", "test_positive", "test_even")
    }
    assert taken == {"cents": ["column", "precision"], "test_positive": ["model", "column_name"], "test_even": []}
    assert macros["macro.shop.cents"]["depends_on"] == {"macros": ["macro.shop.default__cents"]}
    assert macros["macro.shop.default__cents"]["depends_on"] == {"macros": ["macro.shop.rounded"]}
    rounded = macros["macro.shop.rounded"]
    # Jinja drops the line end behind the last tag, not the one within
    assert rounded["arguments"] == [{"name": "column", "type": "text", "description": "{{ a }}\n"}]
    assert (rounded["description"], rounded["patch_path"]) == ("To the nearest.", "shop://macros/cents.yml")
    assert content["docs"]["doc.shop.rounding"]["path"] == "docs.md"
    assert content["docs"]["doc.dbt.__overview__"]["original_file_path"] == "docs/overview.md"


NODES = {
    "dbt_project.yml": "{name: shop, profile: shop, config-version: 2, on-run-start: [select 1]}",
    "models/a.sql": "select 1 as id,\n\n  2 as n",
    "models/b.sql": "select * from {{ ref('a') }}",
    "models/all.yml": """
        sources: [{name: raw, tables: [{name: t, columns: [{name: id, data_tests: [unique]}]}]}]
        models:
          - name: a
            columns:
              - {name: id, data_tests: [unique, not_null]}
              - {name: n, data_tests: [unique]}
          - name: b
            columns: [{name: id, constraints: [{type: primary_key}]}]
    """,
    "analyses/deep/an.sql": "select * from {{ ref('b') }}",
    "seeds/s.csv": "id\n1\n",
}


def test_checksums_do_not_see_white_space(tmp_path: Path) -> None:
    one = written(tmp_path / "one", NODES)["nodes"]["model.shop.a"]["checksum"]
    other = written(tmp_path / "other", {**NODES, "models/a.sql": "select 1 as id, 2 as n\n"})["nodes"]["model.shop.a"]
    assert one == other["checksum"]
    assert one["checksum"] == hashlib.sha256(b"select 1 as id, 2 as n").hexdigest()


def test_primary_keys_come_from_constraints_and_tests(tmp_path: Path) -> None:
    nodes = written(tmp_path, NODES)["nodes"]
    assert [nodes[f"model.shop.{name}"]["primary_key"] for name in "ab"] == [["id"], ["id"]]
    said = nodes["model.shop.b"]["columns"]["id"]["constraints"]
    assert [(each["warn_unenforced"], each["expression"]) for each in said] == [(True, None)]


def test_a_constraint_has_what_constraints_have_and_a_unit_test_the_number_of_its_version(tmp_path: Path) -> None:
    said = "{type: check, expression: id > 0, columns: [id, n], more: 1}"
    files = {
        "models/c.sql": "select 1 as id",
        "models/c.yml": f"""
            models:
              - name: c
                constraints: [{said}]
                columns: [{{name: id, constraints: [{said}]}}]
                versions: [{{v: 2, defined_in: c}}]
            unit_tests: [{{name: u, model: c, given: [], expect: {{rows: [{{id: 1}}]}}}}]
        """,
    }
    manifest = written(tmp_path, NODES | files)
    node = manifest["nodes"]["model.shop.c.v2"]
    usual = {"name", "type", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns"}
    assert node["columns"]["id"]["constraints"][0].keys() == usual
    assert node["constraints"][0].keys() == {*usual, "columns"}
    assert manifest["unit_tests"]["unit_test.shop.c.u_v2"]["version"] == 2


OFF = "unique: {column_name: id, config: {enabled: false}}"
OTHER = "unique: {column_name: n, name: other}"


@pytest.mark.parametrize(
    ("tests", "key"),
    [
        ("unique: {column_name: lower(n)}", ["lower(n)"]),
        (OFF, ["id"]),
        (f"{OFF}, {OTHER}", ["n"]),
        (f"{OFF}, {OTHER}, not_null: {{column_name: id}}", ["id"]),
        ("unique_combination_of_columns: {combination_of_columns: [n, id]}", ["id", "n"]),
        ("not_null: {column_name: id}", []),
    ],
)
def test_primary_keys_follow_the_arguments_of_tests(tests: str, key: list[str], tmp_path: Path) -> None:
    columns = "[{name: n, constraints: [{type: unique}]}]"
    own = "{% test unique_combination_of_columns(model, combination_of_columns) %} select 1 {% endtest %}"
    files = {
        "models/a.sql": "select 1 as id, 2 as n",
        "models/a.yml": f"models: [{{name: a, data_tests: [{tests}], columns: {columns}}}]",
        "tests/generic/own.sql": own,
    }
    assert written(tmp_path, files)["nodes"]["model.shop.a"]["primary_key"] == key


def test_a_test_below_the_wrong_key_is_one_of_the_node_that_is_meant(tmp_path: Path) -> None:
    said = "[{name: %s, columns: [{name: id, data_tests: [unique]}]}]"
    files = {
        "models/a.sql": "select 1 as id",
        "seeds/s.csv": "id\n1\n",
        "models/a.yml": f"seeds: {said % 'a'}\nmodels: {said % 's'}\n",
    }
    nodes = written(tmp_path, files)["nodes"]
    tests = [node for node in nodes.values() if node["resource_type"] == "test"]
    found = {(test["attached_node"], test["file_key_name"]) for test in tests}
    assert found == {("model.shop.a", "seeds.a"), ("seed.shop.s", "models.s")}
    assert nodes["model.shop.a"]["primary_key"] == ["id"]


def test_a_test_of_what_another_package_has_is_attached_to_nothing(tmp_path: Path) -> None:
    files = {
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/models/theirs.sql": "select 1 as id",
        "models/theirs.yml": "models: [{name: theirs, columns: [{name: id, data_tests: [unique]}]}]",
    }
    nodes = written(tmp_path, files)["nodes"]
    (test,) = (node for node in nodes.values() if node["resource_type"] == "test")
    assert test["depends_on"]["nodes"] == ["model.tools.theirs"]
    assert (test["attached_node"], test["file_key_name"]) == (None, "models.theirs")
    assert nodes["model.tools.theirs"]["primary_key"] == []


def test_what_is_said_twice_stands_as_often_as_in_dbt(tmp_path: Path) -> None:
    reads = "select * from {{ ref('b') }}, {{ ref('b') }} c, {{ source('raw', 't') }}, {{ source('raw', 't') }} d"
    test = "{tags: [z, y, y]}"
    files = {
        "models/a.sql": f"{{{{ config(tags=['y', 'x', 'x']) }}}} {reads}",
        "models/b.sql": "select 1 as id",
        "models/rendered.sql": f"{{% set n = 1 %}} {reads} {{% for _ in range(n) %}}{{{{ ref('b') }}}}{{% endfor %}}",
        "models/a.yml": f"""
            models:
              - name: a
                columns:
                  - name: id
                    data_tests: [{{unique: {{config: {test}}}}}, {{accepted_values: {{values: [1], config: {test}}}}}]
            data_tests: [{{name: own, config: {test}}}]
            sources: [{{name: raw, tables: [{{name: t}}]}}]
        """,
        "tests/own.sql": "select 1 where false",
    }
    nodes = written(tmp_path, files)["nodes"]
    a, rendered, own = nodes["model.shop.a"], nodes["model.shop.rendered"], nodes["test.shop.own"]
    tests = {node["test_metadata"]["name"]: node for node in nodes.values() if node.get("test_metadata")}
    assert (a["tags"], a["config"]["tags"]) == (["y", "x"], ["y", "x", "x"])
    assert [each["name"] for each in a["refs"]] == ["b", "b"]
    assert [each["name"] for each in rendered["refs"]] == ["b", "b", "b"]
    assert (a["sources"], rendered["sources"]) == ([["raw", "t"]], [["raw", "t"], ["raw", "t"]])
    assert rendered["depends_on"]["nodes"] == ["source.shop.raw.t", "model.shop.b"]
    assert own["unrendered_config"]["tags"] == ["z", "y", "y"]
    assert tests["unique"]["config"]["tags"] == ["z", "y", "y"]
    assert tests["accepted_values"]["config"]["tags"] == ["z", "y", "y"] * 2
    assert tests["accepted_values"]["tags"] == ["y", "z"]


def test_every_templated_node_has_a_contract_and_a_place(tmp_path: Path) -> None:
    nodes = written(tmp_path, NODES)["nodes"]
    templated = [node for node in nodes.values() if node["resource_type"] != "seed"]
    assert all(node["contract"] == {"enforced": False, "alias_types": True, "checksum": None} for node in templated)
    assert all(node["schema"] and node["alias"] for node in nodes.values())
    assert nodes["analysis.shop.an"]["path"] == "analysis/deep/an.sql"
    hook = nodes["operation.shop.shop-on-run-start-0"]
    said = (hook["path"], hook["original_file_path"], hook["index"])
    assert said == ("hooks/shop-on-run-start-0.sql", "./dbt_project.yml", 0)


def test_sources_say_no_more_than_they_have(tmp_path: Path) -> None:
    content = written(tmp_path, NODES)
    assert not {"alias", "checksum", "docs"} & content["sources"]["source.shop.raw.t"].keys()
    tests = [node for node in content["nodes"].values() if node["name"].startswith("source_unique")]
    assert [node["attached_node"] for node in tests] == [None]


def test_the_projects_quoting_counts_for_sources_in_the_file_but_not_in_sql(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": PROJECT + "quoting: {schema: false, identifier: false}\n",
        "models/s.yml": """
            sources:
              - {name: raw, schema: raw, tables: [{name: orders}]}
              - {name: own, schema: raw, quoting: {identifier: true}, tables: [{name: orders}]}
        """,
        "models/m.sql": "select * from {{ source('raw', 'orders') }}",
    }
    manifest = load(tmp_path, files)

    sources = manifest_json(manifest, graph_of(manifest), Invocation())["sources"]
    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql

    assert sources["source.shop.raw.orders"]["relation_name"] == "raw.orders"
    assert sources["source.shop.own.orders"]["relation_name"] == 'raw."orders"'
    assert sql == 'select * from "raw"."orders"'


def test_macros_say_how_they_are_shown(tmp_path: Path) -> None:
    files = {
        "macros/m.sql": "".join(f"{{% macro {name}() %}}1{{% endmacro %}}" for name in ("above", "below", "neither")),
        "macros/m.yml": """
            macros:
              - {name: above, docs: {show: false, node_color: gold}}
              - {name: below, config: {docs: {node_color: '#AABBCC'}}}
              - {name: neither}
        """,
    }
    macros = written(tmp_path, files)["macros"]

    shown = {name: macros[f"macro.shop.{name}"] for name in ("above", "below", "neither")}
    assert {name: each["docs"] for name, each in shown.items()} == {
        "above": {"show": False, "node_color": "gold"},
        "below": {"show": True, "node_color": "#AABBCC"},
        "neither": {"show": True, "node_color": None},
    }
    assert all(each["config"]["docs"] == each["docs"] for each in shown.values())


def test_materializations_say_what_they_build(tmp_path: Path) -> None:
    body = "%}{% endmaterialization %}"
    more = "b, adapter='postgres', supported_languages=['sql', 'python']"
    text = f"{{% materialization a, default {body}{{% materialization {more} {body}"
    macros = written(tmp_path, {"macros/m.sql": text + "{% macro c() %}{% endmacro %}"})["macros"]

    said = {name: macros[f"macro.shop.{name}"]["supported_languages"] for name in
            ("materialization_a_default", "materialization_b_postgres", "c")}  # fmt: skip
    assert [*said.values()] == [["sql"], ["sql", "python"], None]


@pytest.mark.parametrize(("before", "same"), [(None, True), ("protected", True), ("private", False)])
def test_models_of_releases_without_access_are_protected(before: str | None, same: bool) -> None:
    entry = {"resource_type": "model", "name": "orders", "fqn": ["shop", "orders"], "raw_code": "select 1"}
    old = {**entry} if before is None else {**entry, "access": before}
    assert (facts_of(old) == facts_of({**entry, "access": "protected"})) == same


def test_the_block_of_a_snapshot_is_told_with_the_line_ends_of_its_file(tmp_path: Path) -> None:
    block = "\r\n{{ config(strategy='check', unique_key='id', check_cols='all') }}\r\nselect 1 as id\r\n"
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots/s.sql").write_bytes(b"{% snapshot s %}" + block.encode() + b"{% endsnapshot %}\r\n")

    content = written(tmp_path, {})

    assert content["nodes"]["snapshot.shop.s"]["raw_code"] == block


def test_the_tags_of_a_snapshot_take_white_space_along(tmp_path: Path) -> None:
    block = "{{ config(strategy='check', unique_key='id', check_cols='all') }}\nselect 1 as id"
    files = {"snapshots/s.sql": f"{{%- snapshot s -%}}\n\n{block}\n{{%- endsnapshot -%}}\n"}

    assert written(tmp_path, files)["nodes"]["snapshot.shop.s"]["raw_code"] == block


def test_configs_and_quoting_are_there_whole_though_nobody_set_them(tmp_path: Path) -> None:
    usual = written(tmp_path / "usual", {"models/a.sql": "select 1 as id"})
    project = f"{PROJECT}\nquoting: {{identifier: false}}\n"
    own = written(tmp_path / "own", {"dbt_project.yml": project, "models/a.sql": "select 1 as id"})

    config = usual["nodes"]["model.shop.a"]["config"]
    assert (config["static_analysis"], config["freshness"]) == (None, None)
    assert config["latest_version_pointer"] == {"enabled": None, "alias": None}
    assert usual["metadata"]["quoting"] == {"database": True, "schema": True, "identifier": True, "column": None}
    assert own["metadata"]["quoting"] == {"database": True, "schema": True, "identifier": False, "column": None}

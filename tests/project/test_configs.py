"""Where a config may stand, and which place wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.nodes import AnyNode, NodeId
from airflow_sqlmodels.project.configs import ConfigTree, merge, merge_calls, with_defaults
from tests.projects import load

PROJECT = """\
    name: shop
    profile: shop
    models:
      shop:
        +materialized: table
        +tags: project
        +meta: {from_project: 1, shared: project}
        staging:
          +materialized: view
          +tags: [folder]
          special:
            +schema: special
    """


def test_the_nearest_place_wins_and_lists_are_joined(tmp_path: Path) -> None:
    manifest = load(
        tmp_path,
        {
            "dbt_project.yml": PROJECT,
            "models/staging/orders.sql": "{{ config(tags='file', meta={'shared': 'file'}) }} select 1 as id\n",
            "models/staging/orders.yml": "models:\n  - name: orders\n    config: {tags: [yaml], materialized: table}\n",
            "models/staging/special.sql": "select 1 as id\n",
        },
    )

    orders = manifest[NodeId("model.shop.orders")]
    assert orders.config["materialized"] == "table"
    assert orders.tags == ("project", "folder", "yaml", "file")
    assert orders.meta == {"from_project": 1, "shared": "file"}
    assert manifest[NodeId("model.shop.special")].config["materialized"] == "view"
    assert _schema(manifest[NodeId("model.shop.special")]) == "shop_special"


def test_the_root_project_decides_over_a_packages_own_file(tmp_path: Path) -> None:
    manifest = load(
        tmp_path,
        {
            "dbt_project.yml": "name: shop\nprofile: shop\nmodels:\n  extra:\n    +materialized: table\n",
            "dbt_packages/extra/dbt_project.yml": "name: extra\nmodels:\n  extra:\n    +tags: own\n",
            "dbt_packages/extra/models/m.sql": "{{ config(materialized='view') }} select 1 as id\n",
        },
    )

    assert manifest[NodeId("model.extra.m")].config["materialized"] == "table"
    assert manifest[NodeId("model.extra.m")].tags == ("own",)


def test_own_naming_macros_decide(tmp_path: Path) -> None:
    manifest = load(
        tmp_path,
        {
            "macros/names.sql": """\
                {% macro generate_schema_name(custom_schema_name, node) -%}
                    {{ custom_schema_name or 'plain' }}_{{ node.resource_type }}_{{ node.fqn | length }}
                {%- endmacro %}
                {% macro generate_alias_name(custom_alias_name=none, node=none) -%}
                    {{ (custom_alias_name or node.name) | upper }}
                {%- endmacro %}
                """,
            "models/a/orders.sql": "{{ config(schema='own') }} select 1 as id\n",
            "models/other.sql": "select 1 as id\n",
        },
    )

    assert str(manifest[NodeId("model.shop.orders")].relation) == "own_model_3.ORDERS"  # type: ignore[union-attr]
    assert str(manifest[NodeId("model.shop.other")].relation) == "plain_model_2.OTHER"  # type: ignore[union-attr]


def test_vars_reach_yaml_and_models(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": """\
            name: shop
            profile: shop
            vars: {day: '2024-01-01'}
            models:
              +enabled: "{{ var('on', true) }}"
            """,
        "models/orders.sql": "select '{{ var('day') }}' as day\n",
    }

    assert NodeId("model.shop.orders") in load(tmp_path, files)
    assert NodeId("model.shop.orders") not in load(tmp_path, files, vars={"on": False})


@pytest.mark.parametrize(
    ("base", "more", "merged"),
    [
        ({"tags": ["a"]}, {"tags": "b"}, {"tags": ["a", "b"]}),
        ({"meta": {"a": 1, "b": 1}}, {"meta": {"b": 2}}, {"meta": {"a": 1, "b": 2}}),
        ({"schema": "a"}, {"schema": "b"}, {"schema": "b"}),
        ({"grants": {"select": ["a"]}}, {"grants": {"+select": ["b"]}}, {"grants": {"select": ["a", "b"]}}),
        ({"grants": {"select": ["a"]}}, {"grants": {"select": "b"}}, {"grants": {"select": ["b"]}}),
        ({"indexes": [1]}, {"indexes": [2]}, {"indexes": [2]}),
        ({}, {"pre-hook": "x"}, {"pre_hook": [{"sql": "x", "transaction": True, "index": None}]}),
        (
            {"pre_hook": [{"sql": "x", "transaction": True, "index": None}]},
            {"pre-hook": [{"sql": "y", "transaction": False, "index": None}]},
            {
                "pre_hook": [
                    {"sql": "x", "transaction": True, "index": None},
                    {"sql": "y", "transaction": False, "index": None},
                ]
            },
        ),
    ],
)
def test_each_key_merges_by_its_own_rule(base: dict[str, object], more: dict[str, object], merged: object) -> None:
    assert merge(base, more) == merged


def test_hooks_may_be_made_by_the_macros_that_say_where_they_run(tmp_path: Path) -> None:
    """`after_commit` and its siblings give JSON."""
    model = (
        """{{ config(pre_hook=before_begin("select 'a'"), post_hook=[in_transaction('b'), '{"sql": "c"}', '{d']) }}"""
    )
    config = load(tmp_path, {"models/m.sql": model + " select 1"})[NodeId("model.shop.m")].config
    assert [(each["sql"], each["transaction"]) for each in config["pre_hook"]] == [("select 'a'", False)]
    assert [(each["sql"], each["transaction"]) for each in config["post_hook"]] == [
        ("b", True),
        ("c", True),
        ("{d", True),
    ]


def test_of_two_spellings_at_one_place_the_underscore_counts(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": """
            name: shop
            profile: shop
            models: {+pre_hook: under, +pre-hook: dash}
        """,
        "models/m.sql": "select 1",
        "models/s.yml": "models: [{name: m, config: {post_hook: under, post-hook: dash, pre-hook: more}}]",
    }
    config = load(tmp_path, files)[NodeId("model.shop.m")].config
    assert [each["sql"] for each in config["pre_hook"]] == ["under", "more"]
    assert [each["sql"] for each in config["post_hook"]] == ["under"]


def test_a_mapping_without_a_plus_is_a_folder() -> None:
    tree = ConfigTree({"shop": {"tags": "all", "meta": {"+tags": "of the folder meta"}, "+meta": {"a": 1}}})

    assert tree.configs(("shop", "orders")) == {"tags": ["all"], "meta": {"a": 1}}
    assert tree.configs(("shop", "meta", "orders"))["tags"] == ["all", "of the folder meta"]


def test_defaults_are_never_shared() -> None:
    first = with_defaults("model", {"tags": ["a"]})

    assert with_defaults("model", {})["tags"] == []
    assert first["tags"] == ["a"]


def _schema(node: AnyNode) -> str:
    return str(node.relation.schema)  # type: ignore[union-attr]


def test_on_error_takes_two_words(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"models/a\.sql:1: a model cannot have on_error 'go_on'"):
        load(tmp_path, {"models/a.sql": "{{ config(on_error='go_on') }} select 1 as id"})


def test_a_config_may_be_made_of_what_is_known_of_its_own_node(tmp_path: Path) -> None:
    """Where it lies, and the config of dbt_project.yml; what its properties and itself say comes later, as in dbt."""
    said = "[model.path, model.fqn[1], model.package_name, model.schema, model.config.materialized, model.description]"
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, models: {+materialized: table}}",
        "models/marts/a.sql": "{{ config(materialized='view', alias=model.name ~ '_x', meta={'known': "
        f"{said}}}) }}}} select 1",
        "models/marts/a.yml": "models: [{name: a, description: hello, config: {materialized: incremental}}]",
        "snapshots/s.sql": "{% snapshot s %}{{ config(schema=model.resource_type, unique_key='id', strategy='check',"
        " check_cols='all') }}select 1 as id{% endsnapshot %}",
    }
    manifest = load(tmp_path, files)

    model, snapshot = manifest[NodeId("model.shop.a")], manifest[NodeId("snapshot.shop.s")]
    usual = manifest.settings.target.schema
    assert model.config["meta"]["known"] == ["marts/a.sql", "marts", "shop", usual, "table", ""]
    assert (model.config["alias"], model.config["materialized"]) == ("a_x", "view")
    assert snapshot.config["schema"] == "snapshot"


@pytest.mark.parametrize(
    ("calls", "merged"),
    [
        ([{"tags": "a", "grants": {"select": "x"}}], {"tags": "a", "grants": {"select": "x"}}),
        ([{"tags": "a"}, {"tags": ["b"]}], {"tags": ["a", "b"]}),
        ([{"meta": {"a": 1}}, {"meta": {"b": 2}}, {"alias": "x"}], {"meta": {"a": 1, "b": 2}, "alias": "x"}),
        ([{"post-hook": "x"}, {"post_hook": "y"}], {"post_hook": ["x", "y"]}),
        (
            [{"grants": {"+select": "a"}}, {"grants": {"select": "b"}}, {"grants": {"+select": "c"}}],
            {"grants": {"+select": ["a", "c"], "select": ["b"]}},
        ),
    ],
)
def test_several_calls_in_one_file_add_up(calls: list[dict[str, object]], merged: object) -> None:
    assert merge_calls(calls) == merged


def test_grants_of_several_calls_are_put_over_the_rest_as_one(tmp_path: Path) -> None:
    calls = ["{'+select': 'a'}", "{'select': 'b'}", "{'+select': 'c'}"]
    files = {
        "dbt_project.yml": "{name: shop, profile: shop}",
        "models/a.sql": "".join(f"{{{{ config(grants={each}) }}}}" for each in calls) + "select 1 as id",
    }
    assert load(tmp_path, files).nodes[NodeId("model.shop.a")].config["grants"] == {"select": ["b"]}


@pytest.mark.parametrize("key", ["meta", "grants"])
def test_what_is_named_by_texts_may_be_written_with_numbers(key: str, tmp_path: Path) -> None:
    entry = f"""
        models:
          - name: a
            config: {{{key}: {{1: x}}}}
            columns: [{{name: id, data_tests: [{{not_null: {{config: {{{key}: {{3: y}}}}}}}}]}}]
        """
    project = f"{PROJECT}    sources: {{shop: {{+{key}: {{2: z}}}}}}\n"

    manifest = load(tmp_path, {"dbt_project.yml": project, "models/a.sql": "select 1 as id", "models/a.yml": entry})

    said = [node.config[key] for node in manifest.values() if node.config.get(key)]
    assert {name for each in said for name in each} - {"from_project", "shared"} == {"1", "3"}

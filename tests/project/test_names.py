"""Names, ids and relations are dbt's. The expected ones were read off dbt 1.12's own manifest of the same projects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError, NamingError, SettingsError
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.manifest.nodes import DataTest, Model, NodeId, Seed
from airflow_sqlmodels.manifest.relation import Quoting
from airflow_sqlmodels.project.load import load_project
from tests.projects import load

EXAMPLE = Path(__file__).parents[2] / "sql_project"

SCHEMA = """\
    models:
      - name: orders
        data_tests:
          - dbt_utils.unique_combination_of_columns:
              arguments:
                combination_of_columns: [id, customer_id]
        columns:
          - name: id
            tags: [key]
            data_tests:
              - unique
              - not_null:
                  config: {severity: warn, tags: [b, a]}
          - name: status
            data_tests:
              - accepted_values:
                  arguments:
                    values: ['placed', 'shipped', 'completed', 'return_pending', 'returned']
              - relationships: {to: ref('customers'), field: id}
              - not_null: {name: status_is_known}
"""
FILES = {
    "models/orders.sql": "select 1 as id, 2 as customer_id, 'placed' as status\n",
    "models/customers.sql": "select 1 as id\n",
    "models/schema.yml": SCHEMA,
    "dbt_packages/dbt_utils/dbt_project.yml": "name: dbt_utils\n",
    "dbt_packages/dbt_utils/macros/t.sql": (
        "{% test unique_combination_of_columns(model, combination_of_columns) %}" + "{% endtest %}"
    ),
}


def test_data_tests_have_dbts_ids(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)

    found = sorted(each for each in manifest if each.startswith("test."))

    expected = json.loads((Path(__file__).parent / "ids_by_dbt.json").read_text())
    assert found == expected


def test_long_names_get_a_short_alias(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)

    (long,) = (node for node in manifest.values() if node.name.startswith("accepted_values_"))

    assert (
        long.config["alias"]
        == "accepted_values_orders_c5b5a4ff77a7ab4f4d0ad4d8a1b3e3d0"[:23] + long.config["alias"][23:]
    )
    assert len(long.config["alias"]) == 55


def test_tags_of_a_column_are_tags_of_its_tests(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)

    (node,) = (node for node in manifest.values() if node.name == "not_null_orders_id")

    assert node.tags == ("a", "b", "key")
    assert node.config["severity"] == "warn"


def test_the_example_has_the_relations_that_dbt_gives_it() -> None:
    manifest = load_project(EXAMPLE, target=Target("demo", "public", "warehouse"), cache=False)

    assert str(manifest[NodeId("model.customer_orders.fct_orders")].relation) == "marts.fct_orders"  # type: ignore[union-attr]
    assert str(manifest[NodeId("seed.customer_orders.order_statuses")].relation) == "reference.order_statuses"  # type: ignore[union-attr]


def test_a_test_of_something_that_is_not_there_is_left_out_with_a_warning(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select 1 as id",
        "models/off.sql": "{{ config(enabled=false) }} select 1 as id",
        "models/all.yml": """\
            models:
              - name: a
                columns:
                  - name: id
                    data_tests:
                      - not_null
                      - relationships: {arguments: {to: ref('b'), field: id}}
                      - relationships: {arguments: {to: ref('off'), field: id}}
            """,
    }

    manifest = load(tmp_path, files)

    assert [node.name for node in manifest.values()] == ["a", "not_null_a_id"]
    assert len(manifest.warnings) == 1
    assert "relationships_a_id__id__ref_b_' is left out: models/all.yml:7:" in manifest.warnings[0].text
    assert "depends on a node named 'b' which was not found" in manifest.warnings[0].text


def test_a_seed_and_a_model_may_have_one_name_if_they_are_not_one_relation(tmp_path: Path) -> None:
    files = {"models/a.sql": "{{ config(alias='b') }} select 1 as id", "seeds/a.csv": "id\n1\n"}
    assert set(load(tmp_path, files)) == {"model.shop.a", "seed.shop.a"}
    flag = "{name: shop, profile: shop, flags: {require_unique_project_resource_names: true}}"
    with pytest.raises(NamingError, match="a seed and a model are both named 'a'"):
        load(tmp_path, files | {"dbt_project.yml": flag})


def test_of_nodes_with_one_name_a_ref_means_the_seed_else_the_snapshot(tmp_path: Path) -> None:
    """Also in the model of that name itself, which may so read its seed."""
    snapshot = "{{% snapshot {} %}}{{{{ config(unique_key='id', strategy='check', check_cols='all', schema='kept') }}}}"
    files = {
        "models/a.sql": "{{ config(alias='a_model') }} select * from {{ ref('a') }}",
        "models/b.sql": "select * from {{ ref('a') }} join {{ ref('c') }} using (id)",
        "models/c.sql": "select 1 as id",
        "seeds/a.csv": "id\n1\n",
        "snapshots/a.sql": snapshot.format("a") + "select 1 as id{% endsnapshot %}",
        "snapshots/c.sql": snapshot.format("c") + "select 1 as id{% endsnapshot %}",
    }

    nodes = load(tmp_path, files).nodes

    assert nodes[NodeId("model.shop.a")].depends_on == ("seed.shop.a",)
    assert nodes[NodeId("model.shop.b")].depends_on == ("seed.shop.a", "snapshot.shop.c")


def test_two_analyses_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NamingError, match=r"two analyses with the name 'a'"):
        load(tmp_path, {"analyses/a.sql": "select 1", "analyses/more/a.sql": "select 2"})


def test_names_with_spaces_are_refused_unless_the_flag_allows_them(tmp_path: Path) -> None:
    files = {"models/a b.sql": "select 1 as id", "models/s.yml": "sources: [{name: r w, tables: [{name: t}]}]"}
    with pytest.raises(SettingsError, match=r"(?s)names cannot contain spaces.*model\.shop\.a b"):
        load(tmp_path, files)
    flag = "{name: shop, profile: shop, flags: {require_resource_names_without_spaces: false}}"
    told = [each.name for each in load(tmp_path, files | {"dbt_project.yml": flag}).warnings]
    assert told == ["SpacesInResourceNameDeprecation", "ResourceNamesWithSpacesDeprecation"] * 2


def test_naming_macros_see_where_the_file_of_a_node_lies(tmp_path: Path) -> None:
    macro = """\
        {% macro generate_schema_name(custom, node) -%}
          {{ node.original_file_path | replace('/', '.') }}:{{ node.path | replace('/', '.') }}
        {%- endmacro %}
        """
    files = {
        "macros/names.sql": macro,
        "models/a/one.sql": "select 1 as id",
        "seeds/b/two.csv": "id\n1\n",
        "models/m.yml": "models: [{name: one, columns: [{name: id, data_tests: [unique]}]}]",
    }

    manifest = load(tmp_path, files)

    found = {node.name: node.relation.schema for node in manifest.values() if isinstance(node, (Model, Seed, DataTest))}
    assert found == {
        "one": "models.a.one.sql:a.one.sql",
        "two": "seeds.b.two.csv:b.two.csv",
        "unique_one_id": "models.m.yml:unique_one_id.sql",
    }


@pytest.mark.parametrize("name", ["default__generate_schema_name", "postgres__generate_schema_name"])
def test_naming_macros_are_dispatched_and_may_dispatch(tmp_path: Path, name: str) -> None:
    macros = f"""\
        {{% macro {name}(custom, node) -%}}
          {{{{ adapter.dispatch('prefix')() }}}}_{{{{ adapter.type() }}}}_{{{{ custom }}}}
        {{%- endmacro %}}
        {{% macro default__prefix() %}}mine{{% endmacro %}}
        """
    files = {"macros/names.sql": macros, "models/m.sql": "{{ config(schema='own') }} select 1 as id"}

    model = load(tmp_path, files)[NodeId("model.shop.m")]

    assert isinstance(model, Model)
    assert model.relation.schema == "mine_postgres_own"


@pytest.mark.parametrize("namespace", ["", ", 'macros'"])
def test_a_namespace_that_is_no_package_counts_as_none(namespace: str, tmp_path: Path) -> None:
    """Then the macros count that the package of the node has, not that of the macro, as in dbt."""
    files = {
        "packages.yml": "packages: [{local: tools}]",
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/macros/m.sql": (
            f"{{% macro prefix() %}}{{{{ return(adapter.dispatch('prefix'{namespace})()) }}}}{{% endmacro %}}"
            "{% macro default__prefix() %}{{ return('p_') }}{% endmacro %}"
        ),
        "dbt_packages/tools/models/n.sql": "{{ config(alias=prefix() ~ 'n') }} select 1 as id",
    }
    (node,) = (node for node in load(tmp_path / "own", files).values() if isinstance(node, Model))
    assert node.relation.identifier == "p_n"

    files["models/m.sql"] = "select '{{ tools.prefix() }}' as id"
    with pytest.raises(CompilationError, match=r"models/m\.sql:1.*No macro named 'prefix' found"):
        load(tmp_path / "other", files)

    files["macros/prefix.sql"] = "{% macro default__prefix() %}mine{% endmacro %}"
    assert load(tmp_path / "root", files)


def test_tests_of_columns_stand_before_those_of_the_model(tmp_path: Path) -> None:
    tests = [each for each in load(tmp_path, FILES).nodes if each.startswith("test.")]

    assert [each.split(".")[2].split("_")[0] for each in tests][-1] == "dbt"
    assert len(tests) == 6


@pytest.mark.parametrize("said", ["{{ config(alias='Big', quoting={'identifier': false}) }}", ""])
def test_quoting_in_the_config_of_a_model_changes_no_name(said: str, tmp_path: Path) -> None:
    """dbt 1.12 made "Big", and quoted it where the model was read."""
    properties = "models: [{name: a, config: {alias: Big, quoting: {schema: false}}}]"
    manifest = load(tmp_path, {"models/a.sql": f"{said} select 1 as id", "models/s.yml": properties})

    node = manifest.nodes[NodeId("model.shop.a")]
    assert isinstance(node, Model)
    assert (node.relation.identifier, node.relation.quoting) == ("Big", Quoting())


def test_quoting_in_the_config_of_a_node_counts_for_nothing(tmp_path: Path) -> None:
    """As in dbt, only that of the project does."""
    files = {"models/Orders.sql": "{{ config(quoting={'identifier': false}) }} select 1 as id"}
    assert load(tmp_path, files)[NodeId("model.shop.Orders")].relation.quoting.identifier

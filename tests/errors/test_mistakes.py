"""Ordinary mistakes: what a user is told, each found while the project is loaded or planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.provider.options import make_options
from airflow_sqlmodels.provider.shape import task_specs
from airflow_sqlmodels.provider.translate import Translator
from tests.conftest import Golden
from tests.projects import load

STG = {"models/stg_orders.sql": "select 1 as id\n"}

MISTAKES: dict[str, dict[str, str]] = {
    "unknown_ref": {**STG, "models/orders.sql": "select *\nfrom {{ ref('stg_oders') }}\n"},
    "open_bracket": {**STG, "models/orders.sql": "select *\nfrom {{ ref('stg_orders' }}\n"},
    "wrong_indent": {
        **STG,
        "models/schema.yml": """\
            models:
              - name: stg_orders
                columns:
                  - name: id
                    description: The id
                   data_tests:
                      - unique
            """,
    },
    "unknown_data_test": {
        **STG,
        "models/schema.yml": """\
            models:
              - name: stg_orders
                columns:
                  - name: id
                    data_tests:
                      - uniqe
            """,
    },
    "unknown_materialization": {**STG, "models/orders.sql": "{{ config(materialized='tabel') }}\nselect 1 as id\n"},
    "ring": {
        "models/a.sql": "select * from {{ ref('b') }}\n",
        "models/b.sql": "select * from {{ ref('c') }}\n",
        "models/c.sql": "select * from {{ ref('a') }}\n",
    },
    "missing_variable": {**STG, "models/orders.sql": "select '{{ var('start_date') }}' as day\n"},
    "unknown_source": {
        "models/orders.sql": "select * from {{ source('raww', 'orders') }}\n",
        "models/sources.yml": "sources:\n  - name: raw\n    tables:\n      - name: orders\n",
    },
    "unknown_source_table": {
        "models/orders.sql": "select * from {{ source('raw', 'order') }}\n",
        "models/sources.yml": "sources:\n  - name: raw\n    tables:\n      - name: orders\n",
    },
    "two_models_of_one_name": {"models/a/orders.sql": "select 1 as id\n", "models/b/orders.sql": "select 2 as id\n"},
    "two_models_of_one_relation": {
        "models/a.sql": "{{ config(alias='orders') }} select 1 as id\n",
        "models/b.sql": "{{ config(alias='orders') }} select 2 as id\n",
    },
    "two_tests_that_keep_rows_in_one_relation": {
        **STG,
        "models/one.yml": """\
            models:
              - name: stg_orders
                columns:
                  - {name: id, data_tests: [{not_null: {name: there, config: {store_failures: true}}}]}
                  - {name: amount, data_tests: [{not_null: {name: there, config: {store_failures: true}}}]}
            """,
    },
    "two_descriptions": {
        **STG,
        "models/one.yml": "models:\n  - name: stg_orders\n",
        "models/two.yml": "models:\n  - name: stg_orders\n",
    },
    "tests_are_no_list": {
        **STG,
        "models/schema.yml": "models:\n  - name: stg_orders\n    columns:\n      - name: id\n        tests: unique\n",
    },
    "disabled_ref": {
        "models/stg_orders.sql": "{{ config(enabled=false) }} select 1 as id\n",
        "models/orders.sql": "select * from {{ ref('stg_orders') }}\n",
    },
    "missing_environment_variable": {"models/orders.sql": "select '{{ env_var('SHOP_REGION_X') }}' as region\n"},
    "refused_by_a_macro": {
        "macros/must.sql": """\
            {% macro must() %}{{ exceptions.raise_compiler_error('no way') }}{{ config(a=1) }}{% endmacro %}
            """,
        "models/orders.sql": "select 1\n\n{{ must() }}\n",
    },
    "unclosed_macro": {"macros/cents.sql": "\n{% macro cents(x) %}\n{{ x }} / 100\n", **STG},
    "no_name_in_project": {"dbt_project.yml": "profile: shop\n", **STG},
    "unknown_docs_block": {
        **STG,
        "models/docs.md": "{% docs orders %}All orders.{% enddocs %}\n",
        "models/schema.yml": "models:\n  - name: stg_orders\n    description: \"{{ doc('ordrs') }}\"\n",
    },
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_place_and_a_hint(name: str, tmp_path: Path, golden: Golden) -> None:
    with pytest.raises(SqlModelsError) as raised:
        _plan(tmp_path, MISTAKES[name], "")

    golden.check(f"{name}.txt", str(raised.value))


@pytest.mark.parametrize("select", ["tga:daily", "stg_ordrs", "+tag:nightly"])
def test_a_bad_selector_is_told_with_a_hint(select: str, tmp_path: Path, golden: Golden) -> None:
    with pytest.raises(SqlModelsError) as raised:
        _plan(tmp_path, STG, select)

    golden.check(f"selector_{select.strip('+').replace(':', '_').replace(',', '_')}.txt", str(raised.value))


def test_a_missing_variable_hurts_only_those_who_select_its_model(tmp_path: Path) -> None:
    specs = _plan(tmp_path, MISTAKES["missing_variable"], "stg_orders")

    assert list(specs) == ["stg_orders.run"]


def _plan(root: Path, files: dict[str, str], select: str) -> dict[str, object]:
    """All that happens before anything runs."""
    manifest = load(root, files)
    options = make_options(str(root / "dag.py"), str(root), "warehouse", {"select": select or None})
    return dict(task_specs(manifest, options, Translator("shop")))

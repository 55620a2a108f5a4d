"""Models whose rows or columns a warehouse refuses, by the name of their golden file."""

from __future__ import annotations

from tests.errors.refused_cases import SOURCES, Case

CASES: dict[str, Case] = {
    "unique_key_in_merge": Case(
        {
            "models/sources.yml": SOURCES,
            "models/orders.sql": """\
                {{ config(
                    materialized='incremental',
                    incremental_strategy='merge',
                    unique_key='order_id',
                    indexes=[{'columns': ['customer_id'], 'unique': true}],
                ) }}
                select order_id, order_id as customer_id
                from {{ source('raw', 'orders') }}
                {% if is_incremental() %}
                union all select 7, 1
                {% endif %}
                """,
        },
        twice=True,
        since=15,
    ),
    "rows_of_one_key_in_merge": Case(
        {
            "models/sources.yml": SOURCES,
            "models/orders.sql": """\
                {{ config(materialized='incremental', incremental_strategy='merge', unique_key='customer_id') }}
                select order_id, customer_id
                from {{ source('raw', 'orders') }}
                """,
        },
        twice=True,
        since=15,
    ),
    "unique_index_of_a_table": Case(
        {
            "models/sources.yml": SOURCES,
            "models/orders.sql": """\
                {{ config(materialized='table', indexes=[{'columns': ['customer_id'], 'unique': true}]) }}
                select order_id, customer_id
                from {{ source('raw', 'orders') }}
                """,
        },
    ),
    "cast_of_a_text": Case(
        {
            "models/orders.sql": """\
                {{ config(materialized='table') }}
                select
                    1 as id,
                    'one'::int as number
                """,
        },
    ),
    "incremental_with_another_column": Case(
        {"models/orders.sql": "{{ config(materialized='incremental') }}\nselect 1 as id, 2 as amount\n"},
        later={"models/orders.sql": "{{ config(materialized='incremental') }}\nselect 1 as id, 2 as price\n"},
    ),
    "incremental_that_must_not_change": Case(
        {
            "models/orders.sql": "{{ config(materialized='incremental', on_schema_change='fail') }}\n"
            "select 1 as id, 2 as amount\n"
        },
        later={
            "models/orders.sql": "{{ config(materialized='incremental', on_schema_change='fail') }}\n"
            "select 1 as id, 'two' as amount, 3 as price\n"
        },
    ),
    "incremental_of_another_type": Case(
        {"models/orders.sql": "{{ config(materialized='incremental') }}\nselect 1 as id, 2 as amount\n"},
        later={"models/orders.sql": "{{ config(materialized='incremental') }}\nselect 1 as id, 'two' as amount\n"},
    ),
    "missing_column_that_the_table_itself_has": Case(
        {
            "models/stg_orders.sql": "select 1 as order_id, 20 as amount\n",
            "models/orders.sql": "{{ config(materialized='table') }}\n"
            "select amount as total\nfrom {{ ref('stg_orders') }}\n",
        },
        later={"models/orders.sql": "{{ config(materialized='table') }}\nselect total\nfrom {{ ref('stg_orders') }}\n"},
    ),
    "incremental_over_a_missing_column": Case(
        {"models/orders.sql": "{{ config(materialized='incremental') }}\nselect 1 as id\n"},
        later={
            "models/orders.sql": """\
                {{ config(materialized='incremental') }}
                select 2 as id
                {% if is_incremental() %}
                where 1 > (select max(idd) from {{ this }})
                {% endif %}
                """
        },
    ),
}

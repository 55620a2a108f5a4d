"""Projects that a warehouse refuses, by the name of their golden file."""

from __future__ import annotations

from dataclasses import dataclass, field

RAW = """
create schema raw;
create table raw.orders (order_id int, customer_id int, amount numeric);
create table raw.customers (customer_id int, customer_name text);
insert into raw.orders values (1, 1, 10), (2, 1, 0);
"""

CLERK = """
create role clerk login;
grant usage on schema raw to clerk;
"""

SOURCES = """\
version: 2

sources:
  - name: raw
    tables:
      - name: orders
      - name: customers
"""

STG = {
    "models/sources.yml": SOURCES,
    "models/stg_orders.sql": "select order_id, customer_id, amount\nfrom {{ source('raw', 'orders') }}\n",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One project, what is in the warehouse before, and the words of the command."""

    files: dict[str, str]
    words: tuple[str, ...] = ("build",)
    before: str = RAW
    later: dict[str, str] = field(default_factory=dict)
    """Files that are changed before the second run, which is the one that counts."""
    twice: bool = False
    """Whether it is run twice though nothing is changed."""
    quiet: bool = True
    fields: dict[str, str] = field(default_factory=dict)
    """Fields of the profile that are others than those of the server."""
    since: int = 0
    """The oldest Postgres that it is about."""


CASES: dict[str, Case] = {
    "missing_source_table": Case(
        {
            **STG,
            "models/sources.yml": SOURCES + "      - name: order_items\n      - name: custmers\n",
            "models/items.sql": "select *\nfrom {{ source('raw', 'order_items') }}\n",
            "models/people.sql": "select *\nfrom {{ source('raw', 'custmers') }}\n",
        }
    ),
    "missing_column_of_a_model": Case(
        {
            **STG,
            "models/orders.sql": """\
                {{ config(materialized='table') }}
                with paid as (
                    select * from {{ ref('stg_orders') }}
                )

                select
                    order_id,
                    amont
                from paid
                """,
        }
    ),
    "missing_column_of_a_source": Case(
        {
            "models/sources.yml": SOURCES,
            "models/orders.sql": "select\n    order_id,\n    custmer_id\nfrom {{ source('raw', 'orders') }}\n",
        }
    ),
    "missing_column_of_a_data_test": Case(
        {
            **STG,
            "models/schema.yml": """\
                models:
                  - name: stg_orders
                    columns:
                      - name: order_idd
                        data_tests:
                          - not_null
                """,
        }
    ),
    "missing_column_of_a_singular_test": Case(
        {**STG, "tests/no_negative_amounts.sql": "select *\nfrom {{ ref('stg_orders') }}\nwhere amountt < 0\n"}
    ),
    "syntax_in_a_model": Case(
        {
            **STG,
            "models/orders.sql": """\
                {% set columns = ['order_id', 'amount'] %}
                select
                    {% for column in columns -%}
                    {{ column }},
                    {% endfor -%}
                    customer_id
                from {{ ref('stg_orders') }}
                where amount > 0
                    and and customer_id is not null
                """,
        }
    ),
    "syntax_behind_a_loop": Case(
        {
            **STG,
            "models/orders.sql": """\
                {% set columns = ['order_id', 'amount'] %}
                select
                    {% for column in columns -%}
                    {{ column }},
                    {% endfor -%}
                from {{ ref('stg_orders') }}
                """,
        }
    ),
    "syntax_in_a_hook": Case(
        {
            **STG,
            "models/orders.sql": """\
                {{ config(
                    materialized='table',
                    post_hook='analyse vebose {{ this }}',
                ) }}
                select * from {{ ref('stg_orders') }}
                """,
        }
    ),
    "jinja_in_a_hook": Case(
        {
            **STG,
            "models/orders.sql": """\
                select 1 as id
                {{ config(
                    post_hook="comment on view {{ this }} is '{{ describe(this) }}'",
                ) }}
                """,
        }
    ),
    "hook_of_the_project": Case(
        {
            **STG,
            "dbt_project.yml": """\
                name: shop
                profile: shop
                models:
                  shop:
                    +post-hook:
                      - |
                        comment on view {{ this }}
                        iss 'made by shop'
                """,
        }
    ),
    "hook_without_a_place": Case(
        {
            **STG,
            "models/orders.sql": """\
                {{ config(materialized='table', post_hook='insert into ' ~ 'audit values (1)') }}
                select 1 as id
                """,
        }
    ),
    "syntax_in_a_macro": Case(
        {
            **STG,
            "macros/cents.sql": "{% macro cents(column) %}\n    round({{ column }} * 100\n{% endmacro %}\n",
            "models/orders.sql": """\
                select
                    order_id,
                    {{ cents('amount') }} as cents
                from {{ ref('stg_orders') }}
                """,
        }
    ),
    "syntax_in_on_run_start": Case(
        {
            **STG,
            "dbt_project.yml": """\
                name: shop
                profile: shop
                on-run-start:
                  - create schema if not exists audit
                  - creat table audit.runs (at timestamp)
                """,
        }
    ),
    "division_by_zero": Case(
        {
            **STG,
            "models/orders.sql": """\
                {{ config(materialized='table') }}
                select order_id, 100 / amount as share
                from {{ ref('stg_orders') }}
                """,
        }
    ),
    "missing_column_of_an_ephemeral_model": Case(
        {
            **STG,
            "models/paid.sql": """\
                {{ config(materialized='ephemeral') }}
                select
                    order_id,
                    ammount
                from {{ ref('stg_orders') }}
                """,
            "models/orders.sql": "select *\nfrom {{ ref('paid') }}\n",
        }
    ),
    "missing_source_schema": Case(
        {
            "models/sources.yml": "sources:\n  - name: shop_raw\n    schema: raws\n    tables:\n      - name: orders\n",
            "models/orders.sql": "select *\nfrom {{ source('shop_raw', 'orders') }}\n",
        }
    ),
    "missing_source_table_of_a_data_test": Case(
        {
            "models/sources.yml": """\
                sources:
                  - name: raw
                    tables:
                      - name: order
                        columns:
                          - name: order_id
                            data_tests: [not_null]
                """,
        },
        words=("test",),
    ),
    "source_made_by_a_hook": Case(
        {
            "models/sources.yml": SOURCES.replace("customers", "late"),
            "models/late.sql": "{{ config(pre_hook='create table raw.late (i int)') }}\n"
            "select * from {{ source('raw', 'late') }}\n",
        }
    ),
    "model_not_built": Case(
        {**STG, "models/orders.sql": "select *\nfrom {{ ref('stg_orders') }}\n"}, words=("build", "--select", "orders")
    ),
    "missing_table_by_its_own_name": Case({"models/orders.sql": "select *\nfrom raw.order_items\n"}),
    "server_dies_in_a_model": Case(
        {
            "models/orders.sql": """\
                {{ config(materialized='table') }}
                select pg_terminate_backend(pg_backend_pid()) as died
                """,
            "models/reader.sql": "select 1 as i from {{ ref('orders') }}\n",
            "models/other.sql": "select 1 as id\n",
        },
    ),
    "server_dies_in_a_data_test": Case(
        {
            "models/other.sql": "select 1 as id\n",
            "tests/dies.sql": "select pg_terminate_backend(pg_backend_pid()) as died from {{ ref('other') }}\n",
        },
    ),
    "two_models_of_one_name": Case(
        {"models/a/orders.sql": "select 1 as id\n", "models/b/orders.sql": "select 2 as id\n"}
    ),
    "selector_of_an_unknown_method": Case(STG, words=("build", "--select", "tga:daily")),
    "selector_that_names_nothing": Case(STG, words=("build", "--select", "stg_ordrs"), quiet=False),
    "no_right_to_create_a_schema": Case(STG, before=RAW + CLERK, fields={"user": "clerk"}),
    "no_right_to_create_in_a_schema": Case(STG, before=f"{RAW}{CLERK}create schema shop;", fields={"user": "clerk"}),
    "no_right_to_a_source_schema": Case(
        STG,
        before=f"{RAW}{CLERK}create schema shop authorization clerk; revoke usage on schema raw from clerk",
        fields={"user": "clerk"},
    ),
    "no_right_to_a_source_table": Case(
        {**STG, "models/stg_orders.sql": "{{ config(materialized='table') }}\n" + STG["models/stg_orders.sql"]},
        before=f"{RAW}{CLERK}create schema shop authorization clerk",
        fields={"user": "clerk"},
    ),
    "no_right_to_replace_a_view": Case(
        STG,
        before=f"{RAW}{CLERK}create schema shop authorization clerk; create view shop.stg_orders as select 1 as i;"
        "grant select on raw.orders to clerk",
        fields={"user": "clerk"},
    ),
}

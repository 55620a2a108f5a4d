{{ config(materialized='vault_insert_by_period', timestamp_field='load_at', period='day', date_source_models='stg_orders') }}
select customer_pk, name, load_at from {{ ref('stg_orders') }} where __PERIOD_FILTER__

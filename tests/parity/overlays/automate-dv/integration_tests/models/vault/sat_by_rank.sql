{{ config(materialized='vault_insert_by_rank', rank_column='load_rank', rank_source_models='stg_orders') }}
select customer_pk, name, load_at, load_rank from {{ ref('stg_orders') }} where __RANK_FILTER__

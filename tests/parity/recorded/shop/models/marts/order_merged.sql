{{ config(materialized='incremental', incremental_strategy='merge', unique_key=['order_id', 'customer_id'],
          merge_exclude_columns=['first_day'], on_schema_change='sync_all_columns') }}
select order_id, customer_id, max(status) as status, max(day) as first_day from {{ ref('stg_orders') }}
where day = {{ var('day') }} group by 1, 2

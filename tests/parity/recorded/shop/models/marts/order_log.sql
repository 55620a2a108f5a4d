{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}
select order_id, status {% if var('day') > 1 %}, day{% endif %} from {{ ref('stg_orders') }}
where day = {{ var('day') }}

{{ config(materialized='incremental', unique_key='order_id', alias='order_facts') }}
select order_id, customer_id, ordered_at, status, {{ cents('order_id') }} as cents from {{ ref('stg_orders') }} as o
{% if is_incremental() %}
where ordered_at > (select max(ordered_at) from {{ this }})
{% else %}
where (order_id, day) in (select order_id, max(day) from {{ ref('stg_orders') }} group by 1)
{% endif %}

{{ config(materialized='ephemeral') }}
select order_id, sum(amount) as amount from {{ source('raw', 'payments') }} group by 1

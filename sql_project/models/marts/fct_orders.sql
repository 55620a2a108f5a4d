{{
    config(
        materialized='incremental',
        unique_key='order_id',
        incremental_strategy='delete+insert',
        indexes=[{'columns': ['order_id'], 'unique': true}, {'columns': ['customer_id']}],
        tags=['hourly'],
    )
}}

select
    order_id,
    customer_id,
    status,
    is_sale,
    ordered_at,
    ordered_at::date as order_date,
    amount,
    (case when is_sale then amount else 0 end)::numeric(12, 2) as revenue,
    paid,
    (case when is_sale then greatest(amount - paid, 0) else 0 end)::numeric(12, 2) as still_to_pay,
    last_paid_at,
    coalesce(last_paid_at > ordered_at + interval '14 days', false) as paid_late,
    changed_at
from {{ ref('int_orders_with_payments') }}
{% if is_incremental() %}
where changed_at > (select max(changed_at) - interval '{{ var("lookback_days") }} days' from {{ this }})
{% endif %}

with

orders as (
    {{ newest_of_each(source('raw', 'orders'), 'order_id', 'updated_at desc') }}
)

select
    orders.order_id,
    orders.customer_id,
    coalesce(statuses.status, 'unknown') as status,
    coalesce(statuses.is_sale, false) as is_sale,
    orders.amount,
    orders.ordered_at at time zone 'UTC' as ordered_at,
    orders.updated_at at time zone 'UTC' as updated_at
from orders
left join {{ ref('order_statuses') }} as statuses
    on statuses.raw_status = {{ clean_text('orders.status') }}

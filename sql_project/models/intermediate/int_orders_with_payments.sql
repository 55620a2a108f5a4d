with

settled as (
    select
        order_id,
        count(*) as payments,
        sum(amount) as paid,
        min(paid_at) as first_paid_at,
        max(paid_at) as last_paid_at
    from {{ ref('stg_payments') }}
    where status = 'settled'
    group by order_id
)

select
    orders.order_id,
    customers.customer_id,
    orders.status,
    orders.is_sale,
    orders.ordered_at,
    orders.amount,
    coalesce(settled.payments, 0)::integer as payments,
    coalesce(settled.paid, 0)::numeric(12, 2) as paid,
    settled.first_paid_at,
    settled.last_paid_at,
    greatest(orders.updated_at, settled.last_paid_at) as changed_at
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_customers') }} as customers on customers.customer_id = orders.customer_id
left join settled on settled.order_id = orders.order_id

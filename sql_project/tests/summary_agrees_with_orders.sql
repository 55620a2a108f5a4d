-- No euro is lost between the orders and the customers' sums.
with

by_order as (
    select sum(revenue) as revenue
    from {{ ref('fct_orders') }}
    where customer_id is not null
),

by_customer as (
    select sum(revenue) as revenue
    from {{ ref('fct_customer_order_summary') }}
)

select by_order.revenue as by_order, by_customer.revenue as by_customer
from by_order
cross join by_customer
where by_order.revenue <> by_customer.revenue

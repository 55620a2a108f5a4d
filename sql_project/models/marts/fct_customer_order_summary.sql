select
    customer_id,
    count(*)::integer as orders,
    count(*) filter (where is_sale)::integer as sales,
    count(*) filter (where status = 'cancelled')::integer as cancelled_orders,
    count(*) filter (where status = 'returned')::integer as returned_orders,
    sum(revenue) as revenue,
    sum(still_to_pay) as still_to_pay,
    round(avg(amount) filter (where is_sale), 2) as average_sale,
    count(*) filter (where paid_late)::integer as late_payments,
    min(order_date) as first_order_date,
    max(order_date) as last_order_date
from {{ ref('fct_orders') }}
where customer_id is not null
group by customer_id

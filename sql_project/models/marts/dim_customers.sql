select
    customers.customer_id,
    customers.full_name,
    customers.email,
    customers.country_code,
    customers.signed_up_at,
    coalesce(summary.orders, 0) as orders,
    coalesce(summary.revenue, 0) as revenue,
    summary.last_order_date,
    case
        when summary.orders is null then 'never ordered'
        when summary.last_order_date < date '{{ var("as_of") }}' - 180 then 'lapsed'
        when summary.first_order_date >= date '{{ var("as_of") }}' - 90 then 'new'
        else 'active'
    end as segment
from {{ ref('stg_customers') }} as customers
left join {{ ref('fct_customer_order_summary') }} as summary on summary.customer_id = customers.customer_id

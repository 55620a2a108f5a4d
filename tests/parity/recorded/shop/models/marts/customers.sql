{{ config(indexes=[{'columns': ['customer_id'], 'unique': true}, {'columns': ['name'], 'type': 'hash'}], group='finance', access='public') }}
select c.customer_id, c.name, count(o.order_id) as orders, coalesce(sum(p.amount), 0) as paid
from {{ ref('stg_customers') }} c
left join {{ ref('stg_orders') }} o using (customer_id)
left join {{ ref('stg_payments') }} p using (order_id)
group by 1, 2

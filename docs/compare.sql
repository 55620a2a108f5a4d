-- One line for each of the three tables: how many rows, and a digest of what is in them. Run it where the stored
-- procedure filled them and where the models did; equal lines mean equal rows.
select 'fct_orders' as "table", count(*), md5(string_agg(t::text, ',' order by order_id)) as digest
from (
    select order_id, customer_id, status, is_sale, ordered_at, order_date, amount, revenue, paid, still_to_pay,
        last_paid_at, paid_late, changed_at
    from marts.fct_orders
) as t
union all
select 'fct_customer_order_summary', count(*), md5(string_agg(t::text, ',' order by customer_id))
from (
    select customer_id, orders, sales, cancelled_orders, returned_orders, revenue, still_to_pay, average_sale,
        late_payments, first_order_date, last_order_date
    from marts.fct_customer_order_summary
) as t
union all
select 'dim_customers', count(*), md5(string_agg(t::text, ',' order by customer_id))
from (
    select customer_id, full_name, email, country_code, signed_up_at, orders, revenue, last_order_date, segment
    from marts.dim_customers
) as t
order by 1;

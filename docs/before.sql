-- What the example replaced: one stored procedure, called by cron every night. It makes the same three tables as
-- sql_project/, from the same raw data. Compare the two:
--
--   here                                              sql_project/
--   one long transaction; a failure at the end         one task per table; fix it, run it again from there
--     throws the work of the whole night away
--   readers of the tables wait while they are filled    a finished table takes the old one's place
--   statements stand in an order that somebody knows    the order comes from the SQL
--   five checks, kept where somebody once needed one    tests beside each column, seen in Airflow
--   which table came from what? read it                 the graph shows it
--
-- psql -d warehouse -f docs/before.sql -c 'call public.refresh_marts()'

create or replace procedure public.refresh_marts(as_of date default date '2026-01-01')
language plpgsql as $procedure$
declare
    how_many bigint;
begin
    raise notice 'refresh_marts: start %', clock_timestamp();

    create schema if not exists marts;

    -- customers ------------------------------------------------------------------------------------------------

    drop table if exists tmp_customers;
    create temporary table tmp_customers as
    select distinct on (customer_id)
        customer_id,
        nullif(lower(btrim(email, E' \t\r\n')), '') as email,
        nullif(regexp_replace(btrim(full_name), '\s+', ' ', 'g'), '') as full_name,
        upper(nullif(lower(btrim(country, E' \t\r\n')), '')) as country_code,
        signed_up_at at time zone 'UTC' as signed_up_at
    from raw.customers
    order by customer_id, updated_at desc;

    -- 2024-03: testers turned up in the revenue report
    delete from tmp_customers where email like '%@shop.test';

    select count(*) - count(distinct customer_id) into how_many from tmp_customers;
    if how_many > 0 then
        raise exception 'refresh_marts: % customers twice', how_many;
    end if;

    -- orders ---------------------------------------------------------------------------------------------------

    drop table if exists tmp_orders;
    create temporary table tmp_orders as
    select distinct on (order_id)
        order_id,
        customer_id,
        nullif(lower(btrim(status, E' \t\r\n')), '') as raw_status,
        null::text as status,
        false as is_sale,
        amount,
        ordered_at at time zone 'UTC' as ordered_at,
        updated_at at time zone 'UTC' as updated_at
    from raw.orders
    order by order_id, updated_at desc;

    update tmp_orders set status = raw_status where raw_status in ('placed', 'shipped', 'completed', 'cancelled', 'returned');
    update tmp_orders set status = 'completed' where raw_status = 'complete';
    update tmp_orders set status = 'cancelled' where raw_status = 'canceled';
    update tmp_orders set status = 'unknown' where status is null;
    update tmp_orders set is_sale = true where status in ('shipped', 'completed');

    -- the customer is gone, or never was one
    update tmp_orders set customer_id = null
    where customer_id is not null
        and not exists (select from tmp_customers where tmp_customers.customer_id = tmp_orders.customer_id);

    select count(*) into how_many from tmp_orders where is_sale and amount is null;
    if how_many > 0 then
        raise exception 'refresh_marts: % sales without an amount', how_many;
    end if;

    -- payments -------------------------------------------------------------------------------------------------

    drop table if exists tmp_payments;
    create temporary table tmp_payments as
    select distinct on (payment_id)
        payment_id,
        order_id,
        lower(btrim(status, E' \t\r\n')) as status,
        btrim(amount)::numeric(12, 2) as amount,
        paid_at at time zone 'UTC' as paid_at
    from raw.payments
    order by payment_id, paid_at desc;

    drop table if exists tmp_paid;
    create temporary table tmp_paid as
    select order_id, sum(amount) as paid, max(paid_at) as last_paid_at
    from tmp_payments
    where status = 'settled'
    group by order_id;

    -- marts.fct_orders -------------------------------------------------------------------------------------------

    create table if not exists marts.fct_orders (
        order_id bigint,
        customer_id bigint,
        status text,
        is_sale boolean,
        ordered_at timestamp,
        order_date date,
        amount numeric(12, 2),
        revenue numeric(12, 2),
        paid numeric(12, 2),
        still_to_pay numeric(12, 2),
        last_paid_at timestamp,
        paid_late boolean,
        changed_at timestamp
    );
    truncate marts.fct_orders;

    insert into marts.fct_orders
    select
        tmp_orders.order_id,
        tmp_orders.customer_id,
        tmp_orders.status,
        tmp_orders.is_sale,
        tmp_orders.ordered_at,
        tmp_orders.ordered_at::date,
        tmp_orders.amount,
        0,
        coalesce(tmp_paid.paid, 0),
        0,
        tmp_paid.last_paid_at,
        coalesce(tmp_paid.last_paid_at > tmp_orders.ordered_at + interval '14 days', false),
        greatest(tmp_orders.updated_at, tmp_paid.last_paid_at)
    from tmp_orders
    left join tmp_paid on tmp_paid.order_id = tmp_orders.order_id;

    update marts.fct_orders
    set revenue = amount, still_to_pay = case when amount > paid then amount - paid else 0 end
    where is_sale;

    -- marts.fct_customer_order_summary ---------------------------------------------------------------------------

    create table if not exists marts.fct_customer_order_summary (
        customer_id bigint,
        orders integer,
        sales integer,
        cancelled_orders integer,
        returned_orders integer,
        revenue numeric,
        still_to_pay numeric,
        average_sale numeric,
        late_payments integer,
        first_order_date date,
        last_order_date date
    );
    truncate marts.fct_customer_order_summary;

    insert into marts.fct_customer_order_summary
    select
        customer_id,
        count(*),
        sum(case when is_sale then 1 else 0 end),
        sum(case when status = 'cancelled' then 1 else 0 end),
        sum(case when status = 'returned' then 1 else 0 end),
        sum(revenue),
        sum(still_to_pay),
        round(avg(case when is_sale then amount end), 2),
        sum(case when paid_late then 1 else 0 end),
        min(order_date),
        max(order_date)
    from marts.fct_orders
    where customer_id is not null
    group by customer_id;

    -- marts.dim_customers ----------------------------------------------------------------------------------------

    create table if not exists marts.dim_customers (
        customer_id bigint,
        full_name text,
        email text,
        country_code text,
        signed_up_at timestamp,
        orders integer,
        revenue numeric,
        last_order_date date,
        segment text
    );
    truncate marts.dim_customers;

    insert into marts.dim_customers (customer_id, full_name, email, country_code, signed_up_at, orders, revenue, segment)
    select customer_id, full_name, email, country_code, signed_up_at, 0, 0, 'never ordered'
    from tmp_customers;

    update marts.dim_customers
    set
        orders = summary.orders,
        revenue = summary.revenue,
        last_order_date = summary.last_order_date,
        segment = case
            when summary.last_order_date < as_of - 180 then 'lapsed'
            when summary.first_order_date >= as_of - 90 then 'new'
            else 'active'
        end
    from marts.fct_customer_order_summary as summary
    where summary.customer_id = dim_customers.customer_id;

    -- checks: too late, the tables are written; but an exception takes it all back ---------------------------------

    if (select count(*) - count(distinct order_id) from marts.fct_orders) > 0 then
        raise exception 'refresh_marts: orders twice';
    end if;
    if exists (select from marts.fct_orders where revenue < 0 or still_to_pay < 0) then
        raise exception 'refresh_marts: negative money';
    end if;
    if (select sum(revenue) from marts.fct_orders where customer_id is not null)
        <> (select sum(revenue) from marts.fct_customer_order_summary) then
        raise exception 'refresh_marts: the sums do not agree';
    end if;

    grant usage on schema marts to analyst;
    grant select on all tables in schema marts to analyst;

    raise notice 'refresh_marts: done %', clock_timestamp();
end;
$procedure$;

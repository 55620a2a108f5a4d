-- The raw data of the example: what other systems deliver, with the dirt that comes with it. Run by a superuser in
-- the warehouse's database, as often as one likes: the same rows each time, no random().
--
--   loader    owns schema raw and everything in it; nobody logs in as this role
--   pipeline  runs the models: reads raw, creates schemas in this database, and nothing else
--   analyst   reads what the pipeline publishes in marts

begin;
set local client_min_messages = warning;

do $$
begin
    if not exists (select from pg_roles where rolname = 'loader') then create role loader nologin; end if;
    if not exists (select from pg_roles where rolname = 'pipeline') then create role pipeline login password 'pipeline'; end if;
    if not exists (select from pg_roles where rolname = 'analyst') then create role analyst nologin; end if;
    execute format('grant connect, create, temporary on database %I to pipeline', current_database());
end
$$;

create schema if not exists raw authorization loader;
grant usage on schema raw to pipeline;
alter default privileges for role pipeline grant usage on schemas to analyst;

-- Filled anew rather than dropped: views of the pipeline stand on these tables.
create table if not exists raw.customers (
    customer_id bigint,
    email text,
    full_name text,
    country text,
    signed_up_at timestamptz,
    updated_at timestamptz,
    _loaded_at timestamptz not null default now()
);
create table if not exists raw.orders (
    order_id bigint,
    customer_id bigint,
    status text,
    amount numeric(12, 2),
    ordered_at timestamptz,
    updated_at timestamptz,
    _loaded_at timestamptz not null default now()
);
create table if not exists raw.payments (
    payment_id bigint,
    order_id bigint,
    method text,
    status text,
    amount text,
    paid_at timestamptz,
    _loaded_at timestamptz not null default now()
);
alter table raw.customers owner to loader;
alter table raw.orders owner to loader;
alter table raw.payments owner to loader;
grant select on raw.customers, raw.orders, raw.payments to pipeline;
truncate raw.customers, raw.orders, raw.payments;

-- A number from 0 to sides - 1 that looks thrown but is the same for the same question.
create function pg_temp.dice(question text, number bigint, sides bigint) returns bigint
language sql immutable as $$
    select abs(hashtextextended(question, number) % sides)
$$;

-- 12,000 customers. Shop, newsletter and support desk all write e-mails in their own way; some are missing.
insert into raw.customers (customer_id, email, full_name, country, signed_up_at, updated_at)
select
    i,
    case
        when pg_temp.dice('no e-mail', i, 40) = 0 then null
        when pg_temp.dice('e-mail style', i, 10) = 0 then '  ' || initcap(first) || '.' || last || i || '@Example.COM '
        when pg_temp.dice('e-mail style', i, 10) = 1 then upper(first || '.' || last || i) || '@example.net'
        when pg_temp.dice('e-mail style', i, 10) = 2 then first || '.' || last || i || E'@example.org\t'
        when pg_temp.dice('test account', i, 400) = 0 then 'qa+' || i || '@shop.test'
        else first || '.' || last || i || '@example.com'
    end,
    case
        when pg_temp.dice('no name', i, 60) = 0 then ''
        when pg_temp.dice('padded name', i, 15) = 0 then ' ' || initcap(first) || '  ' || initcap(last) || ' '
        else initcap(first) || ' ' || initcap(last)
    end,
    (array['DE', 'DE', 'de', 'AT', 'CH', 'ch ', 'NL', 'FR', 'fr', 'PL', '', null])[1 + pg_temp.dice('country', i, 12)],
    timestamptz '2023-01-01 00:00+00' + make_interval(mins => (pg_temp.dice('signed up', i, 1500000))::int),
    timestamptz '2023-01-01 00:00+00' + make_interval(mins => (pg_temp.dice('signed up', i, 1500000))::int)
from (
    select
        i,
        (array['anna', 'ben', 'clara', 'david', 'elif', 'finn', 'greta', 'hugo', 'ida', 'jan', 'katja', 'luis'])
            [1 + pg_temp.dice('first', i, 12)] as first,
        (array['adler', 'brandt', 'conti', 'dubois', 'ernst', 'fuchs', 'gruber', 'huber', 'ivanov', 'jansen'])
            [1 + pg_temp.dice('last', i, 10)] as last
    from generate_series(1, 12000) as i
) as people;

-- Every 30th customer was delivered again after moving; the newest row counts.
insert into raw.customers (customer_id, email, full_name, country, signed_up_at, updated_at)
select customer_id, email, full_name, 'BE', signed_up_at, signed_up_at + interval '90 days'
from raw.customers
where customer_id % 30 = 0;

-- 120,000 orders in two years. Some belong to guests (no customer) or to customers who have since been deleted.
insert into raw.orders (order_id, customer_id, status, amount, ordered_at, updated_at)
select
    i,
    case
        when pg_temp.dice('guest', i, 50) = 0 then null
        when pg_temp.dice('deleted customer', i, 700) = 0 then 900000 + pg_temp.dice('which deleted', i, 90)
        -- most orders come from few customers; every tenth customer never orders
        -- few customers order much, many order little, every tenth never
        else customer - (customer % 10) / 9
    end,
    status,
    case
        when status in ('cancelled', 'Canceled') and pg_temp.dice('no amount', i, 9) = 0 then null
        else 5 + pg_temp.dice('amount', i, 29500) / 100.0
    end,
    ordered_at,
    ordered_at + make_interval(hours => (pg_temp.dice('updated', i, 96))::int)
from (
    select
        i,
        (array[
            'completed', 'completed', 'completed', 'completed', 'completed', 'completed', 'Completed', 'COMPLETE ',
            'shipped', 'shipped', 'Shipped', 'placed', 'placed', 'cancelled', 'Canceled', 'returned', ' returned', ''
        ])[1 + pg_temp.dice('status', i, 18)] as status,
        1 + least(pg_temp.dice('customer', i, 12000), pg_temp.dice('customer too', i, 12000)) as customer,
        timestamptz '2024-01-01 00:00+00' + make_interval(secs => i * 526 + pg_temp.dice('second', i, 500)) as ordered_at
    from generate_series(1, 120000) as i
) as orders;

-- Every 80th order came twice: first as placed, without an amount yet.
insert into raw.orders (order_id, customer_id, status, amount, ordered_at, updated_at)
select order_id, customer_id, 'placed', null, ordered_at, ordered_at - interval '1 minute'
from raw.orders
where order_id % 80 = 0;

-- Payments: amounts are text with padding, every twentieth is weeks late, some orders are paid in two parts.
insert into raw.payments (payment_id, order_id, method, status, amount, paid_at)
select
    order_id * 10 + part,
    order_id,
    (array['card', 'card', 'Card', 'paypal', 'bank transfer', 'BANK TRANSFER', 'gift card', null])
        [1 + pg_temp.dice('method', order_id * 10 + part, 8)],
    case when pg_temp.dice('failed', order_id * 10 + part, 25) = 0 then 'FAILED' else 'settled' end,
    case when pg_temp.dice('padded amount', order_id, 12) = 0 then '  ' else '' end
        || round(case when parts = 1 then amount when part = 1 then amount * 0.4 else amount - round(amount * 0.4, 2) end, 2),
    ordered_at + case
        when pg_temp.dice('late', order_id, 20) = 0 then make_interval(days => (20 + pg_temp.dice('how late', order_id, 40))::int)
        else make_interval(mins => (pg_temp.dice('minutes', order_id * 10 + part, 2880))::int)
    end
from (
    select *, case when pg_temp.dice('in parts', order_id, 10) = 0 then 2 else 1 end as parts
    from raw.orders
    where amount is not null and status not in ('cancelled', 'Canceled', 'placed', '')
) as orders
cross join lateral generate_series(1, parts) as part;

-- A failed payment is usually tried again; some payments belong to no order; every 500th was delivered twice.
insert into raw.payments (payment_id, order_id, method, status, amount, paid_at)
select payment_id + 5, order_id, 'card', 'settled', amount, paid_at + interval '1 day'
from raw.payments
where status = 'FAILED' and order_id % 4 <> 0;

insert into raw.payments (payment_id, order_id, method, status, amount, paid_at)
select 9000000 + i, 800000 + i, 'bank transfer', 'settled', '10.00', timestamptz '2025-06-01 12:00+00' + make_interval(hours => i)
from generate_series(1, 120) as i;

insert into raw.payments (payment_id, order_id, method, status, amount, paid_at)
select payment_id, order_id, method, status, amount, paid_at
from raw.payments
where payment_id % 500 = 1;

commit;

analyze raw.customers, raw.orders, raw.payments;

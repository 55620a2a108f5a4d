with

payments as (
    {{ newest_of_each(source('raw', 'payments'), 'payment_id', 'paid_at desc') }}
)

select
    payment_id,
    order_id,
    coalesce(replace({{ clean_text('method') }}, ' ', '_'), 'unknown') as method,
    {{ clean_text('status') }} as status,
    btrim(amount)::numeric(12, 2) as amount,
    paid_at at time zone 'UTC' as paid_at
from payments

-- Payments come after their order, or somebody's clock is wrong.
select order_id, ordered_at, first_paid_at
from {{ ref('int_orders_with_payments') }}
where first_paid_at < ordered_at

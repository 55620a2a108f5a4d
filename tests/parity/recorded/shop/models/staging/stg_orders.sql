-- depends_on: {{ ref('wide') }}
select id as order_id, customer_id, ordered_at::timestamp as ordered_at, day, status
from {{ ref('raw_orders') }}
where day <= {{ var('day') }}

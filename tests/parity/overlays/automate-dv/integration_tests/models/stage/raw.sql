select *, ordered_on::timestamp as load_at from {{ ref('raw_orders') }} where day <= {{ var('day', 2) }}

select id as customer_id, name, born, active, score from {{ ref('raw_customers') }}

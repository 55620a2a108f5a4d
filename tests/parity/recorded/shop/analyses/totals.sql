select sum(paid) from {{ ref('customers') }}

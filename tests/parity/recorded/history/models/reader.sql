{{ config(alias='read_by_' ~ target.name) }}
select one.id, two.city, {{ dbt.length('two.city') }} as letters, {{ dbt.dateadd('day', 1, "'2024-01-31'::date") }} as next_day
from {{ ref('customers', v=1) }} one join {{ ref('customers') }} two using (id)

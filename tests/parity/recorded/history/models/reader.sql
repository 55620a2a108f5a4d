{{ config(alias='read_by_' ~ target.name) }}
select one.id, two.city, {{ dbt.length('two.city') }} as letters, {{ dbt.dateadd('day', 1, "'2024-01-31'::date") }} as next_day
{%- for part in ['year', 'month', 'week', 'day', 'hour', 'second'] %},
    {{ dbt.datediff("'2024-01-31 10:30'::timestamp", 'now_at', part) }} as {{ part }}s
{%- endfor %}
from {{ ref('customers', v=1) }} one join {{ ref('customers') }} two using (id)
cross join (select '2024-03-01 11:15'::timestamp as now_at) as clock

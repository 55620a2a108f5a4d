{{ config(materialized='table') }}
select day::timestamp as as_of_date
from generate_series('2024-01-02'::timestamp, '2024-01-02'::timestamp + {{ var('day', 2) }} * interval '1 day', '1 day') day

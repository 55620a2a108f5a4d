select *, 'sat_customer' as satellite_name from {{ ref('stg_orders') }}

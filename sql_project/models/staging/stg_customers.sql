with

customers as (
    {{ newest_of_each(source('raw', 'customers'), 'customer_id', 'updated_at desc') }}
)

select
    customer_id,
    {{ clean_text('email') }} as email,
    nullif(regexp_replace(btrim(full_name), '\s+', ' ', 'g'), '') as full_name,
    upper({{ clean_text('country') }}) as country_code,
    signed_up_at at time zone 'UTC' as signed_up_at
from customers
where coalesce({{ clean_text('email') }}, '') not like '%@{{ var("test_email_domain") }}'

{{ config(schema='second') }}
select id, name, city, '{{ shout("v2") }}' as made_by from {{ ref('now_there') }}

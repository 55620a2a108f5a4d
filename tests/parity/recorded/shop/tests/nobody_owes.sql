{{ config(severity='warn', store_failures=true, alias='debtors') }}
select * from {{ ref('customers') }} where paid = 0

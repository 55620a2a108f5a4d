{{ config(error_if='>5', warn_if='>1') }}
select * from {{ ref('some') }} where id > 1

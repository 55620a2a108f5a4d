{{ config(materialized='view', pre_hook="insert into public.log values ('before {{ this.name }}')",
          post_hook=["insert into public.log values ('after {{ this.name }}')"]) }}
select id, name, city, changed_at::timestamp as changed_at from {{ ref('people') }} where day = {{ var('day') }}

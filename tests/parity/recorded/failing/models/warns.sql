{{ config(materialized='table') }}
select * from {{ ref('some') }}

select * from {{ ref('warns') }}

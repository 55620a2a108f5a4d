select * from {{ ref('some') }}

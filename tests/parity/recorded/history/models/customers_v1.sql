select id, name from {{ ref('now_there') }}

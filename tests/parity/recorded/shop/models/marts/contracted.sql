select 1 as id, 'a'::text as name, 1.5::numeric(10, 2) as amount

{# The rows of a relation without repeated deliveries: of each key the row that comes first in the given order. #}
{% macro newest_of_each(relation, key, newest_first) -%}
    select distinct on ({{ key }}) *
    from {{ relation }}
    order by {{ key }}, {{ newest_first }}
{%- endmacro %}

{# Rows whose text has space before or after it. #}
{% test is_trimmed(model, column_name) %}

select {{ column_name }}
from {{ model }}
where {{ column_name }} <> btrim({{ column_name }}, E' \t\r\n')

{% endtest %}

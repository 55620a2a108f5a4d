{# Text as systems send it, made comparable: no space around it, lower case, and null where nothing is left. #}
{% macro clean_text(column) -%}
    nullif(lower(btrim({{ column }}, E' \t\r\n')), '')
{%- endmacro %}

{# Types and functions that packages ask for by name, so that their SQL runs on any warehouse. #}

{% macro type_string() -%}
  {{- return(adapter.dispatch('type_string', 'dbt')()) -}}
{%- endmacro %}

{% macro default__type_string() -%}
  TEXT
{%- endmacro %}

{% macro type_timestamp() -%}
  {{- return(adapter.dispatch('type_timestamp', 'dbt')()) -}}
{%- endmacro %}

{% macro default__type_timestamp() -%}
  timestamp
{%- endmacro %}

{% macro type_float() -%}
  {{- return(adapter.dispatch('type_float', 'dbt')()) -}}
{%- endmacro %}

{% macro default__type_float() -%}
  float
{%- endmacro %}

{% macro type_numeric() -%}
  {{- return(adapter.dispatch('type_numeric', 'dbt')()) -}}
{%- endmacro %}

{% macro default__type_numeric() -%}
  numeric(28,6)
{%- endmacro %}

{% macro type_bigint() -%}
  {{- return(adapter.dispatch('type_bigint', 'dbt')()) -}}
{%- endmacro %}

{% macro default__type_bigint() -%}
  bigint
{%- endmacro %}

{% macro type_int() -%}
  {{- return(adapter.dispatch('type_int', 'dbt')()) -}}
{%- endmacro %}

{% macro default__type_int() -%}
  integer
{%- endmacro %}

{% macro type_boolean() -%}
  {{- return(adapter.dispatch('type_boolean', 'dbt')()) -}}
{%- endmacro %}

{% macro default__type_boolean() -%}
  boolean
{%- endmacro %}

{% macro any_value(expression) -%}
  {{- return(adapter.dispatch('any_value', 'dbt')(expression)) -}}
{%- endmacro %}

{% macro postgres__any_value(expression) -%}
  min({{ expression }})
{%- endmacro %}

{% macro default__any_value(expression) -%}
  any_value({{ expression }})
{%- endmacro %}

{% macro bool_or(expression) -%}
  {{- return(adapter.dispatch('bool_or', 'dbt')(expression)) -}}
{%- endmacro %}

{% macro default__bool_or(expression) -%}
  bool_or({{ expression }})
{%- endmacro %}

{% macro concat(fields) -%}
  {{- return(adapter.dispatch('concat', 'dbt')(fields)) -}}
{%- endmacro %}

{% macro default__concat(fields) -%}
  {{ fields | join(' || ') }}
{%- endmacro %}

{% macro except() -%}
  {{- return(adapter.dispatch('except', 'dbt')()) -}}
{%- endmacro %}

{% macro default__except() -%}
  except
{%- endmacro %}

{% macro intersect() -%}
  {{- return(adapter.dispatch('intersect', 'dbt')()) -}}
{%- endmacro %}

{% macro default__intersect() -%}
  intersect
{%- endmacro %}

{% macro hash(field) -%}
  {{- return(adapter.dispatch('hash', 'dbt')(field)) -}}
{%- endmacro %}

{% macro default__hash(field) -%}
  md5(cast({{ field }} as {{ type_string() }}))
{%- endmacro %}

{% macro length(expression) -%}
  {{- return(adapter.dispatch('length', 'dbt')(expression)) -}}
{%- endmacro %}

{% macro default__length(expression) -%}
  length({{ expression }})
{%- endmacro %}

{% macro position(substring_text, string_text) -%}
  {{- return(adapter.dispatch('position', 'dbt')(substring_text, string_text)) -}}
{%- endmacro %}

{% macro default__position(substring_text, string_text) -%}
  position({{ substring_text }} in {{ string_text }})
{%- endmacro %}

{% macro replace(field, old_chars, new_chars) -%}
  {{- return(adapter.dispatch('replace', 'dbt')(field, old_chars, new_chars)) -}}
{%- endmacro %}

{% macro default__replace(field, old_chars, new_chars) -%}
  replace({{ field }}, {{ old_chars }}, {{ new_chars }})
{%- endmacro %}

{% macro right(string_text, length_expression) -%}
  {{- return(adapter.dispatch('right', 'dbt')(string_text, length_expression)) -}}
{%- endmacro %}

{% macro default__right(string_text, length_expression) -%}
  right({{ string_text }}, {{ length_expression }})
{%- endmacro %}

{% macro safe_cast(field, type) -%}
  {{- return(adapter.dispatch('safe_cast', 'dbt')(field, type)) -}}
{%- endmacro %}

{% macro default__safe_cast(field, type) -%}
  cast({{ field }} as {{ type }})
{%- endmacro %}

{% macro cast(field, type) -%}
  {{- return(adapter.dispatch('cast', 'dbt')(field, type)) -}}
{%- endmacro %}

{% macro default__cast(field, type) -%}
  cast({{ field }} as {{ type }})
{%- endmacro %}

{% macro cast_bool_to_text(field) -%}
  {{- return(adapter.dispatch('cast_bool_to_text', 'dbt')(field)) -}}
{%- endmacro %}

{% macro default__cast_bool_to_text(field) -%}
  cast({{ field }} as {{ type_string() }})
{%- endmacro %}

{% macro string_literal(value) -%}
  {{- return(adapter.dispatch('string_literal', 'dbt')(value)) -}}
{%- endmacro %}

{% macro default__string_literal(value) -%}
  '{{ value }}'
{%- endmacro %}

{% macro date(year, month, day) -%}
  {{- return(adapter.dispatch('date', 'dbt')(year, month, day)) -}}
{%- endmacro %}

{% macro default__date(year, month, day) -%}
  to_date('{{ modules.datetime.date(year, month, day) }}', 'YYYY-MM-DD')
{%- endmacro %}

{% macro date_trunc(datepart, date) -%}
  {{- return(adapter.dispatch('date_trunc', 'dbt')(datepart, date)) -}}
{%- endmacro %}

{% macro default__date_trunc(datepart, date) -%}
  date_trunc('{{ datepart }}', {{ date }})
{%- endmacro %}

{% macro array_append(array, new_element) -%}
  {{- return(adapter.dispatch('array_append', 'dbt')(array, new_element)) -}}
{%- endmacro %}

{% macro default__array_append(array, new_element) -%}
  array_append({{ array }}, {{ new_element }})
{%- endmacro %}

{% macro array_concat(array_1, array_2) -%}
  {{- return(adapter.dispatch('array_concat', 'dbt')(array_1, array_2)) -}}
{%- endmacro %}

{% macro default__array_concat(array_1, array_2) -%}
  array_cat({{ array_1 }}, {{ array_2 }})
{%- endmacro %}

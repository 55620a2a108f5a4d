{# Rows of a unit test as queries, and the query that compares them. #}

{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {{- adapter.dispatch('get_unit_test_sql', 'dbt')(main_sql, expected_fixture_sql, expected_column_names) -}}
{%- endmacro %}

{% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}
  {%- set names = expected_column_names | join(', ') -%}
  with dbt_internal_unit_test_actual as (
    select {{ names }}, {{ string_literal('actual') }} as {{ adapter.quote('actual_or_expected') }}
    from (
{{ main_sql }}
    ) _dbt_internal_unit_test_actual
  ),
  dbt_internal_unit_test_expected as (
    select {{ names }}, {{ string_literal('expected') }} as {{ adapter.quote('actual_or_expected') }}
    from (
{{ expected_fixture_sql }}
    ) _dbt_internal_unit_test_expected
  )
  select * from dbt_internal_unit_test_actual
  union all
  select * from dbt_internal_unit_test_expected
{% endmacro %}

{% macro get_fixture_sql(rows, column_name_to_data_types) %}
  {%- set types = column_name_to_data_types or sqlmodels_types_of_columns() -%}
  {%- if not types -%}
    {%- do exceptions.raise_compiler_error("Not able to get columns for unit test '" ~ model.name
          ~ "' from relation " ~ this ~ " because the relation doesn't exist") -%}
  {%- endif -%}
  {{- return(sqlmodels_rows_as_query(rows, types, types.keys() | list, whole=true)) -}}
{% endmacro %}

{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
  {%- if not rows -%}
    select * from dbt_internal_unit_test_actual limit 0
  {%- else -%}
    {{- sqlmodels_rows_as_query(rows, column_name_to_data_types, rows[0].keys() | list, column_name_to_quoted) -}}
  {%- endif -%}
{% endmacro %}

{% macro sqlmodels_types_of_columns() -%}
  {%- set types = {} -%}
  {%- for column in adapter.get_columns_in_relation(this) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
  {%- endfor -%}
  {{- return(types) -}}
{%- endmacro %}

{% macro sqlmodels_rows_as_query(rows, types, names, quoted=none, whole=false) %}
  {%- for row in rows or [{}] -%}
    {%- do validate_fixture_rows(rows, loop.index) -%}
    {%- set formatted = format_row(row, types) -%}
    {%- if not loop.first %}
union all
    {%- endif %}
select {% for name in names -%}
      {%- set value = formatted.get(name | lower, formatted.get(name)) -%}
      {{ value if value is not none else safe_cast('null', types.get(name | lower, types.get(name))) }} as
      {%- if quoted and quoted.get(name | lower) is not none %} {{ quoted[name | lower] }}
      {%- else %} {{ name }}{% endif %}{{ ', ' if not loop.last }}
    {%- endfor -%}
  {%- endfor -%}
  {%- if whole and not rows %}
limit 0
  {%- endif -%}
{% endmacro %}

{# Each value as SQL of its column's type. #}
{% macro format_row(row, column_name_to_data_types) -%}
  {%- set types = {} -%}
  {%- for name, kind in column_name_to_data_types.items() -%}{%- do types.update({name | lower: kind}) -%}{%- endfor -%}
  {%- set formatted = {} -%}
  {%- for name, value in row.items() -%}
    {%- set kind = types.get(name | lower) -%}
    {%- if kind is none -%}
      {%- do exceptions.raise_compiler_error("Invalid column name: '" ~ name ~ "' in unit test fixture for '"
            ~ this.identifier ~ "'.\nAccepted columns for '" ~ this.identifier ~ "' are: " ~ types.keys() | list) -%}
    {%- elif value is string -%}
      {%- do formatted.update({name: safe_cast(string_literal(escape_single_quotes(value)), kind)}) -%}
    {%- elif value is none -%}
      {%- do formatted.update({name: safe_cast('null', kind)}) -%}
    {%- else -%}
      {%- do formatted.update({name: safe_cast(value, kind)}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{- return(formatted) -}}
{%- endmacro %}

{% macro validate_fixture_rows(rows, row_number) -%}
  {{ return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) }}
{%- endmacro %}

{% macro default__validate_fixture_rows(rows, row_number) -%}{%- endmacro %}

{# A seed's table and its rows, as SQL. Ours are loaded by COPY; these are for projects that say a step themselves. #}

{% macro create_csv_table(model, agate_table) -%}
  {{ return(adapter.dispatch('create_csv_table', 'dbt')(model, agate_table)) }}
{%- endmacro %}

{% macro default__create_csv_table(model, agate_table) %}
  {%- set said = model['config'].get('column_types') or {} -%}
  {%- set quoting = model['config'].get('quote_columns') -%}
  {%- set columns = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- do columns.append(adapter.quote_seed_column(name | string, quoting) ~ ' '
          ~ (said.get(name) or adapter.convert_type(agate_table, loop.index0))) -%}
  {%- endfor -%}
  {%- set sql -%}
    create {{ 'unlogged ' if config.get('unlogged') }}table {{ this.render() }} ({{ columns | join(', ') }})
  {%- endset -%}
  {%- call statement('_') -%}{{ sql }}{%- endcall -%}
  {{- return(sql) -}}
{% endmacro %}

{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {{ return(adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table)) }}
{%- endmacro %}

{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {%- if full_refresh -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {{- return(create_csv_table(model, agate_table)) -}}
  {%- endif -%}
  {%- do adapter.truncate_relation(old_relation) -%}
  {{- return('truncate table ' ~ old_relation.render()) -}}
{% endmacro %}

{% macro get_csv_sql(create_or_truncate_sql, insert_sql) -%}
  {{ return(adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql)) }}
{%- endmacro %}

{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
  {{ create_or_truncate_sql }};
  -- dbt seed --
  {{ insert_sql }}
{% endmacro %}

{% macro get_binding_char() -%}{{ return(adapter.dispatch('get_binding_char', 'dbt')()) }}{%- endmacro %}

{% macro default__get_binding_char() -%}{{ return('%s') }}{%- endmacro %}

{% macro get_batch_size() -%}{{ return(adapter.dispatch('get_batch_size', 'dbt')()) }}{%- endmacro %}

{% macro default__get_batch_size() -%}{{ return(10000) }}{%- endmacro %}

{% macro get_seed_column_quoted_csv(model, column_names) -%}
  {%- set quoting = model['config'].get('quote_columns') -%}
  {%- set names = [] -%}
  {%- for name in column_names -%}{%- do names.append(adapter.quote_seed_column(name | string, quoting)) -%}{%- endfor -%}
  {{- return(names | join(', ')) -}}
{%- endmacro %}

{% macro load_csv_rows(model, agate_table) -%}
  {{ return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) }}
{%- endmacro %}

{# As many rows at once as the batch size says; what it gives is the SQL of the first, the others look alike. #}
{% macro default__load_csv_rows(model, agate_table) %}
  {%- set names = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
  {%- set one = '(' ~ ([get_binding_char()] * (agate_table.column_names | length)) | join(', ') ~ ')' -%}
  {%- set sent = [] -%}
  {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
    {%- set values = [] -%}
    {%- for row in rows -%}{%- do values.extend(row) -%}{%- endfor -%}
    {%- set sql = 'insert into ' ~ this.render() ~ ' (' ~ names ~ ') values ' ~ ([one] * (rows | length)) | join(', ') -%}
    {%- do adapter.add_query(sql, bindings=values, abridge_sql_log=true) -%}
    {%- if not sent -%}{%- do sent.append(sql) -%}{%- endif -%}
  {%- endfor -%}
  {{- return(sent[0] if sent else '') -}}
{% endmacro %}

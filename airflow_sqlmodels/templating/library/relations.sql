{# What is there in the warehouse, and what the node in hand is. #}

{% macro load_cached_relation(relation) %}
  {{- return(adapter.get_relation(
        database=relation.database, schema=relation.schema, identifier=relation.identifier)) -}}
{% endmacro %}

{% macro load_relation(relation) %}
  {{- return(load_cached_relation(relation)) -}}
{% endmacro %}

{% macro should_full_refresh() %}
  {%- set configured = config.get('full_refresh') -%}
  {{- return(flags.FULL_REFRESH if configured is none else configured) -}}
{% endmacro %}

{% macro should_store_failures() %}
  {%- set configured = config.get('store_failures') -%}
  {{- return(flags.STORE_FAILURES if configured is none else configured) -}}
{% endmacro %}

{% macro is_incremental() %}
  {%- if not execute -%}{{- return(false) -}}{%- endif -%}
  {%- set existing = load_relation(this) -%}
  {{- return(existing is not none and existing.type == 'table'
             and model.config.materialized == 'incremental' and not should_full_refresh()) -}}
{% endmacro %}

{% macro get_columns_in_query(select_sql) -%}
  {{ return(adapter.dispatch('get_columns_in_query', 'dbt')(select_sql)) }}
{%- endmacro %}

{% macro default__get_columns_in_query(select_sql) %}
  {{- return(adapter.get_column_schema_from_query(select_sql) | map(attribute='name') | list) -}}
{% endmacro %}

{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') -%}
  {{ return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, suffix)) }}
{%- endmacro %}

{# Temporary tables lie in no schema; the time keeps two of a session apart. #}
{% macro postgres__make_temp_relation(base_relation, suffix) -%}
  {%- set time = modules.datetime.datetime.now().strftime('%H%M%S%f') -%}
  {%- set found = postgres__make_relation_with_suffix(base_relation, suffix, time) -%}
  {{- return(found.incorporate(path={'schema': none, 'database': none})) -}}
{%- endmacro %}

{% macro default__make_temp_relation(base_relation, suffix) -%}
  {{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}
{%- endmacro %}

{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') -%}
  {{ return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) }}
{%- endmacro %}

{% macro postgres__make_intermediate_relation(base_relation, suffix) -%}
  {{ return(postgres__make_relation_with_suffix(base_relation, suffix, '')) }}
{%- endmacro %}

{% macro default__make_intermediate_relation(base_relation, suffix) -%}
  {{ return(default__make_temp_relation(base_relation, suffix)) }}
{%- endmacro %}

{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') -%}
  {{ return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) }}
{%- endmacro %}

{% macro postgres__make_backup_relation(base_relation, backup_relation_type, suffix) -%}
  {%- set found = postgres__make_relation_with_suffix(base_relation, suffix, '') -%}
  {{- return(found.incorporate(type=backup_relation_type)) -}}
{%- endmacro %}

{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) -%}
  {{ return(base_relation.incorporate(
        path={'identifier': base_relation.identifier ~ suffix}, type=backup_relation_type)) }}
{%- endmacro %}

{# The same place with a longer name, of which Postgres keeps all. #}
{% macro postgres__make_relation_with_suffix(base_relation, suffix, dstring) -%}
  {%- set end = suffix ~ dstring -%}
  {%- set room = base_relation.relation_max_name_length() - end | length -%}
  {%- if room < 0 -%}
    {%- do exceptions.raise_compiler_error('the suffix is longer than a name may be: ' ~ end) -%}
  {%- endif -%}
  {{- return(base_relation.incorporate(path={'identifier': base_relation.identifier[:room] ~ end})) -}}
{%- endmacro %}

{% macro drop_relation_if_exists(relation) %}
  {%- if relation is not none -%}{%- do adapter.drop_relation(relation) -%}{%- endif -%}
{% endmacro %}

{% macro run_hooks(hooks, inside_transaction=true) %}
  {%- for hook in hooks if hook.transaction == inside_transaction -%}
    {%- set sql = render(hook.sql) -%}
    {%- if sql | trim -%}
      {%- call statement(auto_begin=inside_transaction) -%}{{ sql }}{%- endcall -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{% macro default__get_where_subquery(relation) %}
  {%- set condition = config.get('where', '') -%}
  {%- if condition -%}
    {{- return('(select * from ' ~ relation ~ ' where ' ~ condition ~ ') dbt_subquery') -}}
  {%- endif -%}
  {{- return(relation) -}}
{% endmacro %}

{% macro get_where_subquery(relation) %}
  {{- return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) -}}
{% endmacro %}

{# For `show`: the query with its header, and no more rows than asked for. #}
{% macro get_show_sql(compiled_code, sql_header, limit) -%}
  {%- if sql_header -%}{{ sql_header }}
{% endif -%}
  {%- if limit is not none -%}{{ get_limit_subquery_sql(compiled_code, limit) }}
  {%- else -%}{{ compiled_code }}
  {%- endif -%}
{%- endmacro %}

{% macro get_limit_subquery_sql(sql, limit) -%}
  {{ adapter.dispatch('get_limit_sql', 'dbt')(sql, limit) }}
{%- endmacro %}

{% macro default__get_limit_sql(sql, limit) -%}
{{ sql }}
{% if limit is not none -%}limit {{ limit }}{%- endif -%}
{%- endmacro %}

{% macro validate_sql(sql) -%}
  {{ return(adapter.dispatch('validate_sql', 'dbt')(sql)) }}
{%- endmacro %}

{% macro default__validate_sql(sql) -%}
  {%- call statement('validate_sql') -%}explain {{ sql }}{%- endcall -%}
  {{- return(load_result('validate_sql')) -}}
{%- endmacro %}

{% macro is_core_v2() -%}{{ return(false) }}{%- endmacro %}

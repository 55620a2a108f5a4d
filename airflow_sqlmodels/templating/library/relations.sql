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

{% macro get_columns_in_relation(relation) %}
  {{- return(adapter.get_columns_in_relation(relation)) -}}
{% endmacro %}

{% macro get_columns_in_query(select_sql) %}
  {{- return(adapter.get_column_schema_from_query(select_sql) | map(attribute='name') | list) -}}
{% endmacro %}

{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}
  {%- set name = base_relation.identifier[:63 - suffix | length - 12] ~ suffix ~ modules.datetime.datetime.now().strftime('%H%M%S%f') -%}
  {{- return(base_relation.incorporate(path={'identifier': name, 'schema': none, 'database': none})) -}}
{% endmacro %}

{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}
  {%- set name = base_relation.identifier[:63 - suffix | length] ~ suffix -%}
  {{- return(base_relation.incorporate(path={'identifier': name})) -}}
{% endmacro %}

{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}
  {%- set name = base_relation.identifier[:63 - suffix | length] ~ suffix -%}
  {{- return(base_relation.incorporate(path={'identifier': name}, type=backup_relation_type)) -}}
{% endmacro %}

{% macro drop_relation_if_exists(relation) %}
  {%- if relation is not none -%}{%- do adapter.drop_relation(relation) -%}{%- endif -%}
{% endmacro %}

{% macro check_schema_exists(information_schema, schema) %}
  {{- return(adapter.check_schema_exists(information_schema.database, schema)) -}}
{% endmacro %}

{% macro create_schema(relation) %}
  {%- do adapter.create_schema(relation) -%}
{% endmacro %}

{% macro drop_schema(relation) %}
  {%- do adapter.drop_schema(relation) -%}
{% endmacro %}

{% macro drop_schema_named(schema_name) %}
  {%- do adapter.drop_schema(api.Relation.create(database=target.database, schema=schema_name)) -%}
{% endmacro %}

{% macro run_hooks(hooks, inside_transaction=true) %}
  {%- for hook in hooks if hook.transaction == inside_transaction -%}
    {%- call statement(auto_begin=inside_transaction) -%}{{ render(hook.sql) }}{%- endcall -%}
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

{% macro default__get_limit_subquery_sql(sql, limit) %}
select * from ({{ sql }}) as limited limit {{ limit }}
{% endmacro %}

{# How a data test is judged. #}

{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  {{- adapter.dispatch('get_test_sql', 'dbt')(main_sql, fail_calc, warn_if, error_if, limit) -}}
{%- endmacro %}

{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  select
    {{ fail_calc }} as failures,
    {{ fail_calc }} {{ warn_if }} as should_warn,
    {{ fail_calc }} {{ error_if }} as should_error
  from (
    {{ main_sql }}
    {{ 'limit ' ~ limit if limit is not none }}
  ) as dbt_internal_test
{%- endmacro %}

{# For materializations of packages that wrap it; our own tests are judged without it. #}
{% macro materialization_test_default() %}
  {%- set kept = [] -%}
  {%- if should_store_failures() -%}
    {%- set relation = api.Relation.create(database=database, schema=model.schema, identifier=model.alias, type='table') -%}
    {%- do adapter.create_schema(relation) -%}
    {%- do drop_relation_if_exists(load_cached_relation(relation)) -%}
    {%- call statement() %}{{ get_create_table_as_sql(false, relation, sql) }}{% endcall -%}
    {%- do adapter.commit() -%}
    {%- do kept.append(relation) -%}
  {%- endif -%}
  {%- set rows = 'select * from ' ~ kept[0] if kept else sql -%}
  {%- call statement('main', fetch_result=true) -%}
    {{ get_test_sql(rows, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), config.get('limit')) }}
  {%- endcall -%}
  {{- return({'relations': kept}) -}}
{% endmacro %}

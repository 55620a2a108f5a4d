{# Making and removing relations: what a project's own materialization is put together from. #}

{% macro get_create_table_as_sql(temporary, relation, sql) %}
  {{- return(adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql)) -}}
{% endmacro %}

{% macro default__get_create_table_as_sql(temporary, relation, sql) %}
  {{- return(create_table_as(temporary, relation, sql)) -}}
{% endmacro %}

{% macro create_table_as(temporary, relation, compiled_code, language='sql') %}
  {{- adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code) -}}
{% endmacro %}

{% macro postgres__create_table_as(temporary, relation, sql) %}
  {{- sqlmodels_header() -}}
  {%- set kind = 'temporary ' if temporary else ('unlogged ' if config.get('unlogged', false) else '') -%}
  create {{ kind }}table {{ relation.include(database=not temporary, schema=not temporary) }}
  {%- if (config.get('contract') or {}).get('enforced') and not temporary %}
  {{ get_assert_columns_equivalent(sql) }}
  {{ get_table_columns_and_constraints() }};
  insert into {{ relation }} ({{ adapter.dispatch('get_column_names', 'dbt')() }})
  {{ get_select_subquery(sql) }}
  {%- else %} as (
{{ sql }}
  )
  {%- endif %};
{% endmacro %}

{% macro default__create_table_as(temporary, relation, sql) %}
  {{- postgres__create_table_as(temporary, relation, sql) -}}
{% endmacro %}

{% macro get_create_view_as_sql(relation, sql) %}
  {{- return(adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql)) -}}
{% endmacro %}

{% macro default__get_create_view_as_sql(relation, sql) %}
  {{- return(create_view_as(relation, sql)) -}}
{% endmacro %}

{% macro create_view_as(relation, sql) %}
  {{- adapter.dispatch('create_view_as', 'dbt')(relation, sql) -}}
{% endmacro %}

{% macro default__create_view_as(relation, sql) %}
  {{- sqlmodels_header() -}}
  create view {{ relation }}
  {%- if (config.get('contract') or {}).get('enforced') %}
    {{- get_assert_columns_equivalent(sql) }}
  {%- endif %} as (
{{ sql }}
  );
{%- endmacro %}

{% macro sqlmodels_header() %}
  {%- set header = config.get('sql_header', none) -%}
  {%- if header -%}{{ header }}
{% endif -%}
{% endmacro %}

{% macro get_replace_view_sql(relation, sql) %}
  {{- adapter.dispatch('get_replace_view_sql', 'dbt')(relation, sql) -}}
{% endmacro %}

{% macro postgres__get_replace_view_sql(relation, sql) %}
  {{- sqlmodels_header() -}}
  create or replace view {{ relation }}
  {%- if (config.get('contract') or {}).get('enforced') %}
    {{- get_assert_columns_equivalent(sql) }}
  {%- endif %} as (
{{ sql }}
  );
{%- endmacro %}

{% macro default__get_replace_view_sql(relation, sql) -%}
  {{ return(postgres__get_replace_view_sql(relation, sql)) }}
{%- endmacro %}

{% macro get_create_sql(relation, sql) -%}
  {{- adapter.dispatch('get_create_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro default__get_create_sql(relation, sql) -%}
  {%- if relation.is_view -%}{{ get_create_view_as_sql(relation, sql) }}
  {%- elif relation.is_table -%}{{ get_create_table_as_sql(false, relation, sql) }}
  {%- elif relation.is_materialized_view -%}{{ get_create_materialized_view_as_sql(relation, sql) }}
  {%- else -%}
    {%- do exceptions.raise_compiler_error('`get_create_sql` has not been implemented for: ' ~ relation.type) -%}
  {%- endif -%}
{%- endmacro %}

{% macro get_drop_sql(relation) %}
  {{- adapter.dispatch('get_drop_sql', 'dbt')(relation) -}}
{% endmacro %}

{% macro default__get_drop_sql(relation) -%}
  {%- if relation.is_view -%}{{ drop_view(relation) }}
  {%- elif relation.is_table -%}{{ drop_table(relation) }}
  {%- elif relation.is_materialized_view -%}{{ drop_materialized_view(relation) }}
  {%- else -%}drop {{ relation.type | replace('_', ' ') }} if exists {{ relation }} cascade
  {%- endif -%}
{%- endmacro %}

{% macro drop_table(relation) -%}
  {{ return(adapter.dispatch('drop_table', 'dbt')(relation)) }}
{%- endmacro %}

{% macro postgres__drop_table(relation) -%}
  drop table if exists {{ relation }} cascade
{%- endmacro %}

{% macro default__drop_table(relation) -%}
  drop table if exists {{ relation }} cascade
{%- endmacro %}

{% macro drop_view(relation) -%}
  {{ return(adapter.dispatch('drop_view', 'dbt')(relation)) }}
{%- endmacro %}

{% macro postgres__drop_view(relation) -%}
  drop view if exists {{ relation }} cascade
{%- endmacro %}

{% macro default__drop_view(relation) -%}
  drop view if exists {{ relation }} cascade
{%- endmacro %}

{% macro drop_relation(relation) %}
  {{- return(adapter.dispatch('drop_relation', 'dbt')(relation)) -}}
{% endmacro %}

{% macro default__drop_relation(relation) %}
  {%- call statement('drop_relation', auto_begin=false) -%}{{ get_drop_sql(relation) }}{%- endcall -%}
{% endmacro %}

{% macro rename_relation(from_relation, to_relation) %}
  {{- return(adapter.dispatch('rename_relation', 'dbt')(from_relation, to_relation)) -}}
{% endmacro %}

{% macro default__rename_relation(from_relation, to_relation) %}
  {%- call statement('rename_relation') -%}{{ get_rename_sql(from_relation, to_relation.identifier) }}{%- endcall -%}
{% endmacro %}

{% macro truncate_relation(relation) %}
  {{- return(adapter.dispatch('truncate_relation', 'dbt')(relation)) -}}
{% endmacro %}

{% macro default__truncate_relation(relation) %}
  {%- call statement('truncate_relation') -%}truncate table {{ relation }}{%- endcall -%}
{% endmacro %}

{% macro get_or_create_relation(database, schema, identifier, type) %}
  {{- return(adapter.dispatch('get_or_create_relation', 'dbt')(database, schema, identifier, type)) -}}
{% endmacro %}

{% macro default__get_or_create_relation(database, schema, identifier, type) %}
  {%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
  {%- if found -%}{{- return([true, found]) -}}{%- endif -%}
  {{- return([false, api.Relation.create(database=database, schema=schema, identifier=identifier, type=type)]) -}}
{% endmacro %}

{% macro default__get_column_names() %}
  {%- for column in model.columns.values() -%}
    {{ adapter.quote(column.name) if column.get('quote') else column.name }}{{ ', ' if not loop.last }}
  {%- endfor -%}
{% endmacro %}

{% macro get_table_columns_and_constraints() %}
  {{- adapter.dispatch('get_table_columns_and_constraints', 'dbt')() -}}
{% endmacro %}

{% macro default__get_table_columns_and_constraints() %}
  {{- return(table_columns_and_constraints()) -}}
{% endmacro %}

{% macro table_columns_and_constraints() %}
  {%- set parts = adapter.render_raw_columns_constraints(raw_columns=model['columns'])
        + adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
  (
  {%- for part in parts %}
    {{ part }}{{ ',' if not loop.last }}
  {%- endfor %}
  )
{%- endmacro %}

{% macro get_create_index_sql(relation, index_dict) -%}
  {{- return(adapter.dispatch('get_create_index_sql', 'dbt')(relation, index_dict)) -}}
{%- endmacro %}

{% macro postgres__get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {{ 'unique ' if index.unique }}index if not exists {{ adapter.quote(index.render(relation)) }}
  on {{ relation }} {{ 'using ' ~ index.type if index.type }}
  ({{- index.columns | join(', ') -}})
{%- endmacro %}

{% macro default__get_create_index_sql(relation, index_dict) -%}
  {{ return(postgres__get_create_index_sql(relation, index_dict)) }}
{%- endmacro %}

{% macro create_indexes(relation) -%}
  {{- adapter.dispatch('create_indexes', 'dbt')(relation) -}}
{%- endmacro %}

{% macro default__create_indexes(relation) -%}
  {%- for index in config.get('indexes', default=[]) -%}
    {%- set create = get_create_index_sql(relation, index) -%}
    {%- if create -%}{%- do run_query(create) -%}{%- endif -%}
  {%- endfor -%}
{%- endmacro %}

{% macro before_begin(sql) %}{{ return(make_hook_config(sql, inside_transaction=false)) }}{% endmacro %}

{% macro in_transaction(sql) %}{{ return(make_hook_config(sql, inside_transaction=true)) }}{% endmacro %}

{% macro after_commit(sql) %}{{ return(make_hook_config(sql, inside_transaction=false)) }}{% endmacro %}

{% macro make_hook_config(sql, inside_transaction) %}
  {{- tojson({'sql': sql, 'transaction': inside_transaction}) -}}
{% endmacro %}

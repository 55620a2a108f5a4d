{# A table's columns: comparing them with a query's, and changing them. #}

{% macro diff_columns(source_columns, target_columns) %}
  {%- set names = target_columns | map(attribute='name') | list -%}
  {%- set lacking = [] -%}
  {%- for column in source_columns if column.name not in names -%}{%- do lacking.append(column) -%}{%- endfor -%}
  {{- return(lacking) -}}
{% endmacro %}

{% macro diff_column_data_types(source_columns, target_columns) %}
  {{- return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) -}}
{% endmacro %}

{% macro default__diff_column_data_types(source_columns, target_columns) %}
  {%- set changed = [] -%}
  {%- for new in source_columns -%}
    {%- for old in target_columns if old.name == new.name and old.data_type != new.data_type -%}
      {%- if not old.can_expand_to(other_column=new) -%}
        {%- do changed.append({'column_name': old.name, 'new_type': new.data_type}) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {{- return(changed) -}}
{% endmacro %}

{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
  {%- if on_schema_change in ['sync_all_columns', 'append_new_columns', 'fail', 'ignore'] -%}
    {{- return(on_schema_change) -}}
  {%- endif -%}
  {%- do log('on_schema_change: ' ~ on_schema_change ~ ' is not known; taking ' ~ default) -%}
  {{- return(default) -}}
{% endmacro %}

{% macro check_for_schema_changes(source_relation, target_relation) %}
  {{- return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) -}}
{% endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) %}
  {%- set new = adapter.get_columns_in_relation(source_relation) -%}
  {%- set old = adapter.get_columns_in_relation(target_relation) -%}
  {%- set found = {
      'source_not_in_target': diff_columns(new, old),
      'target_not_in_source': diff_columns(old, new),
      'source_columns': new,
      'target_columns': old,
      'new_target_types': diff_column_data_types(new, old),
  } -%}
  {%- set differs = found['source_not_in_target'] or found['target_not_in_source'] or found['new_target_types'] -%}
  {%- do found.update({'schema_changed': true if differs else false}) -%}
  {{- return(found) -}}
{% endmacro %}

{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {{- return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) -}}
{% endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {%- set added = schema_changes_dict['source_not_in_target'] -%}
  {%- if on_schema_change == 'append_new_columns' and added -%}
    {%- do alter_relation_add_remove_columns(target_relation, added, none) -%}
  {%- elif on_schema_change == 'sync_all_columns' -%}
    {%- set removed = schema_changes_dict['target_not_in_source'] -%}
    {%- if added or removed -%}
      {%- do alter_relation_add_remove_columns(target_relation, added, removed) -%}
    {%- endif -%}
    {%- for change in schema_changes_dict['new_target_types'] -%}
      {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {{- return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) -}}
{% endmacro %}

{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {%- if on_schema_change == 'ignore' -%}{{- return({}) -}}{%- endif -%}
  {%- set found = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if found['schema_changed'] -%}
    {%- if on_schema_change == 'fail' -%}
      {%- do exceptions.raise_compiler_error('the columns of ' ~ source_relation ~ ' are not those of '
            ~ target_relation ~ ': rebuild it with --full-refresh, or set on_schema_change') -%}
    {%- endif -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, found) -%}
  {%- endif -%}
  {{- return(found['source_columns']) -}}
{% endmacro %}

{% macro alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none) %}
  {{- return(adapter.dispatch('alter_relation_add_remove_columns', 'dbt')(relation, add_columns, remove_columns)) -}}
{% endmacro %}

{% macro default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {%- set actions = [] -%}
  {%- for column in add_columns or [] -%}
    {%- do actions.append('add column ' ~ column.quoted ~ ' ' ~ column.data_type) -%}
  {%- endfor -%}
  {%- for column in remove_columns or [] -%}
    {%- do actions.append('drop column ' ~ column.quoted) -%}
  {%- endfor -%}
  {%- if actions -%}
    {%- do run_query('alter table ' ~ relation ~ ' ' ~ actions | join(', ')) -%}
  {%- endif -%}
{% endmacro %}

{% macro alter_column_type(relation, column_name, new_column_type) %}
  {{- return(adapter.dispatch('alter_column_type', 'dbt')(relation, column_name, new_column_type)) -}}
{% endmacro %}

{% macro default__alter_column_type(relation, column_name, new_column_type) %}
  {%- set name = adapter.quote(column_name) -%}
  {%- call statement('alter_column_type') -%}
    alter table {{ relation }} alter column {{ name }} type {{ new_column_type }} using {{ name }}::{{ new_column_type }}
  {%- endcall -%}
{% endmacro %}

{% macro get_quoted_csv(column_names) %}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
  {{- return(quoted | join(', ')) -}}
{% endmacro %}

{% macro get_columns_spec_ddl() %}
  {{- adapter.dispatch('get_columns_spec_ddl', 'dbt')() -}}
{% endmacro %}

{% macro default__get_columns_spec_ddl() %}
  {{- return(table_columns_and_constraints()) -}}
{% endmacro %}

{% macro get_list_of_column_names(columns) %}
  {{- return(columns | map(attribute='name') | list) -}}
{% endmacro %}

{% macro get_column_schema_from_query(select_sql, select_sql_header=none) -%}
  {{- return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) -}}
{%- endmacro %}

{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
  {{ return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) }}
{%- endmacro %}

{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
  {%- if select_sql_header -%}{{ select_sql_header }}
{% endif -%}
select * from (
{{ select_sql }}
) as __dbt_sbq
where false
limit 0
{% endmacro %}

{% macro get_empty_schema_sql(columns) -%}
  {{ return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) }}
{%- endmacro %}

{% macro default__get_empty_schema_sql(columns) %}
  {%- set listed, lacking, bare = [], [], [] -%}
  {%- for column in columns.values() -%}
    {%- set name = adapter.quote(column['name']) if column.get('quote') else column['name'] -%}
    {%- set kind = column.get('data_type') -%}
    {%- if not kind -%}{%- do lacking.append(column['name']) -%}{%- endif -%}
    {%- if kind in ('numeric', 'decimal', 'number') -%}{%- do bare.append(column['name']) -%}{%- endif -%}
    {%- do listed.append(cast('null', kind) ~ ' as ' ~ name) -%}
  {%- endfor -%}
  {%- if lacking -%}{%- do exceptions.column_type_missing(column_names=lacking) -%}{%- endif -%}
  {%- if bare -%}
    {%- do exceptions.warn('Detected columns with numeric type and unspecified precision/scale, this can lead to'
          ~ ' unintended rounding: ' ~ bare) -%}
  {%- endif -%}
  select {{ listed | join(', ') }}
{% endmacro %}

{% macro get_assert_columns_equivalent(sql) -%}
  {{- adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql) -}}
{%- endmacro %}

{% macro default__get_assert_columns_equivalent(sql) -%}
  {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}

{# Raises an error if the columns of a query are not those of the model's contract; their order does not matter. #}
{% macro assert_columns_equivalent(sql) %}
  {%- if not model['columns'] -%}
    {%- do exceptions.raise_contract_error([], []) -%}
  {%- endif -%}
  {%- set given = format_columns(get_column_schema_from_query(sql, config.get('sql_header', none))) -%}
  {%- set wanted = format_columns(get_column_schema_from_query(get_empty_schema_sql(model['columns']))) -%}
  {%- set unlike = [] -%}
  {%- for column in wanted if column.formatted not in given | map(attribute='formatted') | list -%}
    {%- do unlike.append(column) -%}
  {%- endfor -%}
  {%- if unlike or given | length != wanted | length -%}
    {%- do exceptions.raise_contract_error(wanted, given) -%}
  {%- endif -%}
{% endmacro %}

{% macro format_columns(columns) %}
  {%- set formatted = [] -%}
  {%- for column in columns -%}
    {%- do formatted.append(adapter.dispatch('format_column', 'dbt')(column)) -%}
  {%- endfor -%}
  {{- return(formatted) -}}
{% endmacro %}

{% macro default__format_column(column) -%}
  {{ return({'name': column.name, 'data_type': column.dtype, 'formatted': column.column ~ ' ' ~ column.dtype}) }}
{%- endmacro %}

{% macro get_select_subquery(sql) -%}
  {{ return(adapter.dispatch('get_select_subquery', 'dbt')(sql)) }}
{%- endmacro %}

{% macro default__get_select_subquery(sql) %}
  select {{ adapter.dispatch('get_column_names', 'dbt')() }} from (
{{ sql }}
  ) as model_subq
{% endmacro %}

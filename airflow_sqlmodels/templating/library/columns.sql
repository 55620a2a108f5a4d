{# A table's columns: comparing them with a query's, and changing them. #}

{% macro diff_columns(source_columns, target_columns) %}
  {%- set names = target_columns | map(attribute='name') | list -%}
  {%- set lacking = [] -%}
  {%- for column in source_columns if column.name not in names -%}{%- do lacking.append(column) -%}{%- endfor -%}
  {{- return(lacking) -}}
{% endmacro %}

{% macro diff_column_data_types(source_columns, target_columns) %}
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

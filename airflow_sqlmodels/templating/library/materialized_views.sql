{# Materialized views: made, changed, refreshed. #}

{% macro get_create_materialized_view_as_sql(relation, sql) -%}
  {{- adapter.dispatch('get_create_materialized_view_as_sql', 'dbt')(relation, sql) -}}
{%- endmacro %}

{% macro postgres__get_create_materialized_view_as_sql(relation, sql) %}
  create materialized view if not exists {{ relation }} as {{ sql }};
  {%- for index in config.get('indexes', []) %}
  {{ get_create_index_sql(relation, index) }};
  {%- endfor %}
{% endmacro %}

{% macro default__get_create_materialized_view_as_sql(relation, sql) -%}
  {%- do exceptions.raise_compiler_error(
        'get_create_materialized_view_as_sql has not been implemented for ' ~ adapter.type()) -%}
{%- endmacro %}

{% macro refresh_materialized_view(relation) -%}
  {{- adapter.dispatch('refresh_materialized_view', 'dbt')(relation) -}}
{%- endmacro %}

{% macro postgres__refresh_materialized_view(relation) -%}
  refresh materialized view {{ relation }}
{%- endmacro %}

{% macro default__refresh_materialized_view(relation) -%}
  {{ postgres__refresh_materialized_view(relation) }}
{%- endmacro %}

{% macro drop_materialized_view(relation) -%}
  {{- adapter.dispatch('drop_materialized_view', 'dbt')(relation) -}}
{%- endmacro %}

{% macro postgres__drop_materialized_view(relation) -%}
  drop materialized view if exists {{ relation }} cascade
{%- endmacro %}

{% macro default__drop_materialized_view(relation) -%}
  {{ postgres__drop_materialized_view(relation) }}
{%- endmacro %}

{% macro get_materialized_view_configuration_changes(existing_relation, new_config) -%}
  {{- return(adapter.dispatch('get_materialized_view_configuration_changes', 'dbt')(existing_relation, new_config)) -}}
{%- endmacro %}

{% macro default__get_materialized_view_configuration_changes(existing_relation, new_config) -%}
  {%- do exceptions.raise_compiler_error('Materialized views have not been implemented for ' ~ adapter.type()) -%}
{%- endmacro %}

{# Which indexes to make and which to drop: none is told if the config asks for what is there. #}
{% macro postgres__get_materialized_view_configuration_changes(existing_relation, new_config) %}
  {%- set said = new_config.get('indexes') or [] -%}
  {%- set wanted, found = {}, {} -%}
  {%- for index in said -%}
    {%- set parsed = adapter.parse_index(index) -%}
    {%- do wanted.update({sqlmodels_index_key(parsed.type or 'btree', parsed.unique, parsed.columns): index}) -%}
  {%- endfor -%}
  {%- for row in postgres__describe_materialized_view(existing_relation)['indexes'].rows -%}
    {%- do found.update({sqlmodels_index_key(row['method'], row['unique'], row['column_names'].split(',')): row['name']}) -%}
  {%- endfor -%}
  {%- set changes = [] -%}
  {%- for key, name in found.items() if key not in wanted -%}
    {%- do changes.append({'action': 'drop', 'name': name}) -%}
  {%- endfor -%}
  {%- for key, index in wanted.items() if key not in found -%}
    {%- do changes.append({'action': 'create', 'index': index}) -%}
  {%- endfor -%}
  {{- return({'indexes': changes} if changes else none) -}}
{% endmacro %}

{% macro sqlmodels_index_key(method, unique, columns) -%}
  {{- return((method ~ ' ' ~ (unique | string) ~ ' ' ~ columns | sort | join(',')) | lower) -}}
{%- endmacro %}

{% macro postgres__describe_materialized_view(relation) -%}
  {{- return({'indexes': run_query(get_show_indexes_sql(relation))}) -}}
{%- endmacro %}

{% macro get_alter_materialized_view_as_sql(
    relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) -%}
  {{- return(adapter.dispatch('get_alter_materialized_view_as_sql', 'dbt')(
        relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation)) -}}
{%- endmacro %}

{% macro default__get_alter_materialized_view_as_sql(
    relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) -%}
  {%- do exceptions.raise_compiler_error('Materialized views have not been implemented for ' ~ adapter.type()) -%}
{%- endmacro %}

{% macro postgres__get_alter_materialized_view_as_sql(
    relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation) -%}
  {{- return(postgres__update_indexes_on_materialized_view(relation, configuration_changes['indexes'])) -}}
{%- endmacro %}

{% macro postgres__update_indexes_on_materialized_view(relation, index_changes) -%}
  {%- for change in index_changes -%}
    {%- if change['action'] == 'drop' %}
  {{ get_drop_index_sql(relation, change['name']) }};
    {%- elif change['action'] == 'create' %}
  {{ get_create_index_sql(relation, change['index']) }};
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}

{# What is sent for it: SQL that makes it, replaces it, changes it or refreshes it; nothing for a config that may not. #}
{% macro materialized_view_get_build_sql(existing_relation, target_relation, backup_relation, intermediate_relation) %}
  {%- if existing_relation is none -%}
    {{- return(get_create_materialized_view_as_sql(target_relation, sql)) -}}
  {%- elif should_full_refresh() or not existing_relation.is_materialized_view -%}
    {{- return(get_replace_sql(existing_relation, target_relation, sql)) -}}
  {%- endif -%}
  {%- set changes = get_materialized_view_configuration_changes(existing_relation, config) -%}
  {%- set policy = config.get('on_configuration_change') or 'apply' -%}
  {%- if changes is none -%}
    {{- return(refresh_materialized_view(target_relation)) -}}
  {%- elif policy == 'apply' -%}
    {{- return(get_alter_materialized_view_as_sql(
          target_relation, changes, sql, existing_relation, backup_relation, intermediate_relation)) -}}
  {%- elif policy == 'fail' -%}
    {%- do exceptions.raise_fail_fast_error(
          'Configuration changes were identified and `on_configuration_change` was set to `fail` for `'
          ~ target_relation.render() ~ '`') -%}
  {%- endif -%}
  {%- do exceptions.warn('Configuration changes were identified and `on_configuration_change` was set to `continue` for `'
        ~ target_relation.render() ~ '`') -%}
  {{- return('') -}}
{% endmacro %}

{% macro materialized_view_setup(backup_relation, intermediate_relation, pre_hooks) %}
  {%- do drop_relation_if_exists(load_cached_relation(intermediate_relation)) -%}
  {%- do drop_relation_if_exists(load_cached_relation(backup_relation)) -%}
  {{ run_hooks(pre_hooks, inside_transaction=false) }}
{% endmacro %}

{% macro materialized_view_teardown(backup_relation, intermediate_relation, post_hooks) %}
  {%- do drop_relation_if_exists(backup_relation) -%}
  {%- do drop_relation_if_exists(intermediate_relation) -%}
  {{ run_hooks(post_hooks, inside_transaction=false) }}
{% endmacro %}

{% macro materialized_view_execute_no_op(target_relation) %}
  {%- do store_raw_result('main', message='skip ' ~ target_relation, code='skip', rows_affected='-1') -%}
{% endmacro %}

{% macro materialized_view_execute_build_sql(build_sql, existing_relation, target_relation, post_hooks) %}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}
  {%- set grants = config.get('grants') -%}
  {%- call statement('main') -%}{{ build_sql }}{%- endcall -%}
  {%- do apply_grants(target_relation, grants, should_revoke=should_revoke(existing_relation, full_refresh_mode=true)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {%- do adapter.commit() -%}
{% endmacro %}

{# What a snapshot's strategy says: which row is which, and when one has changed. #}

{% macro strategy_dispatch(name) -%}
  {%- set parts = name.split('.') -%}
  {%- set macro_name = 'snapshot_' ~ parts[-1] ~ '_strategy' -%}
  {%- set where = context[parts[0]] if parts | length > 1 else context -%}
  {%- if macro_name not in where -%}
    {%- do exceptions.raise_compiler_error('no macro ' ~ macro_name ~ ' for the snapshot strategy ' ~ name) -%}
  {%- endif -%}
  {{- return(where[macro_name]) -}}
{%- endmacro %}

{% macro snapshot_hash_arguments(args) -%}
  {{- adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) -}}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
  md5({%- for each in args -%}
    coalesce(cast({{ each }} as varchar), ''){{ " || '|' || " if not loop.last }}
  {%- endfor -%})
{%- endmacro %}

{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set key, at = model_config.get('unique_key'), model_config.get('updated_at') -%}
  {%- set columns = model_config.get('snapshot_meta_column_names') or {} -%}
  {%- set since = columns.get('dbt_valid_from') or 'dbt_valid_from' -%}
  {{- return({
      'unique_key': key,
      'updated_at': at,
      'row_changed': snapshotted_rel ~ '.' ~ since ~ ' < ' ~ current_rel ~ '.' ~ at,
      'scd_id': snapshot_hash_arguments(([key] if key is string else key) + [at]),
      'hard_deletes': adapter.get_hard_deletes_behavior(model_config),
  }) -}}
{% endmacro %}

{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set key = model_config.get('unique_key') -%}
  {%- set at = model_config.get('updated_at') or snapshot_get_time() -%}
  {%- set said = model_config.get('check_cols') -%}
  {%- set names = get_columns_in_query(node['compiled_code'] or sql) if said == 'all' else said -%}
  {%- set changes = [] -%}
  {%- for name in names -%}
    {%- set old, new = snapshotted_rel ~ '.' ~ name, current_rel ~ '.' ~ name -%}
    {%- do changes.append('coalesce(' ~ old ~ ' <> ' ~ new ~ ', (' ~ old ~ ' is null) <> (' ~ new ~ ' is null))') -%}
  {%- endfor -%}
  {{- return({
      'unique_key': key,
      'updated_at': at,
      'row_changed': '(' ~ changes | join(' or ') ~ ')',
      'scd_id': snapshot_hash_arguments(([key] if key is string else key) + [at]),
      'hard_deletes': adapter.get_hard_deletes_behavior(model_config),
  }) -}}
{% endmacro %}

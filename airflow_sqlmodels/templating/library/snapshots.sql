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
  {%- set is_added, names = snapshot_check_all_get_existing_columns(
        node, target_exists, model_config.get('check_cols')) -%}
  {%- set changes = [get_true_sql()] if is_added else [] -%}
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

{% macro get_snapshot_get_time_data_type() %}
  {%- set columns = get_column_schema_from_query('select ' ~ snapshot_get_time() ~ ' as dbt_time') -%}
  {{- return(columns[0].dtype or none) -}}
{% endmacro %}

{% macro snapshot_string_as_time(timestamp) -%}
  {{ return(adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp)) }}
{%- endmacro %}

{% macro postgres__snapshot_string_as_time(timestamp) -%}
  {{ return("'" ~ timestamp ~ "'::timestamp without time zone") }}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) -%}
  {%- do exceptions.raise_not_implemented('snapshot_string_as_time for ' ~ adapter.type()) -%}
{%- endmacro %}

{# Of the columns that `check_cols` names, those that the table has, and whether one is new. #}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
  {%- set asked = get_columns_in_query(node['compiled_code'] or sql) -%}
  {%- set table = load_cached_relation(this) if target_exists else none -%}
  {%- if table is none -%}{{- return((false, asked)) -}}{%- endif -%}
  {%- if check_cols_config is iterable and check_cols_config is not string -%}
    {%- set wanted = check_cols_config | map('lower') | list -%}
    {%- set asked = sqlmodels_named(asked, wanted) -%}
  {%- endif -%}
  {%- set existing = [] -%}
  {%- for column in adapter.get_columns_in_relation(table) -%}
    {%- do existing.append(column.name | lower) -%}
  {%- endfor -%}
  {%- set there = sqlmodels_named(asked, existing) -%}
  {%- set quoted = [] -%}
  {%- for name in there -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
  {{- return((there | length < asked | length, quoted)) -}}
{%- endmacro %}

{% macro sqlmodels_named(names, wanted) -%}
  {%- set found = [] -%}
  {%- for name in names if name | lower in wanted -%}{%- do found.append(name) -%}{%- endfor -%}
  {{- return(found) -}}
{%- endmacro %}

{% macro get_true_sql() -%}{{ adapter.dispatch('get_true_sql', 'dbt')() }}{%- endmacro %}

{% macro default__get_true_sql() -%}{{ return('TRUE') }}{%- endmacro %}

{% macro create_columns(relation, columns) -%}
  {{ adapter.dispatch('create_columns', 'dbt')(relation, columns) }}
{%- endmacro %}

{% macro default__create_columns(relation, columns) -%}
  {%- for column in columns -%}
    {%- call statement() -%}
      alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }}
    {%- endcall -%}
  {%- endfor -%}
{%- endmacro %}

{% macro post_snapshot(staging_relation) -%}
  {{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}
{%- endmacro %}

{% macro default__post_snapshot(staging_relation) -%}{%- endmacro %}

{# The names of the columns that a snapshot adds, by those that they usually have. #}
{% macro get_snapshot_table_column_names() -%}
  {%- set said, names = config.get('snapshot_meta_column_names') or {}, {} -%}
  {%- for usual in ['dbt_valid_to', 'dbt_valid_from', 'dbt_scd_id', 'dbt_updated_at', 'dbt_is_deleted'] -%}
    {%- do names.update({usual: said.get(usual) or usual}) -%}
  {%- endfor -%}
  {{- return(names) -}}
{%- endmacro %}

{% macro get_updated_at_column_data_type(snapshot_sql) %}
  {%- set names = get_snapshot_table_column_names() -%}
  {%- for column in get_column_schema_from_query(snapshot_sql) if column.column == names.dbt_updated_at -%}
    {{- return(column.dtype) -}}
  {%- endfor -%}
  {{- return(none) -}}
{% endmacro %}

{% macro check_time_data_types(sql) %}
  {%- set said, now = get_updated_at_column_data_type(sql), get_snapshot_get_time_data_type() -%}
  {%- if said is not none and now is not none and said != now -%}
    {%- do exceptions.warn_snapshot_timestamp_data_types(now, said) -%}
  {%- endif -%}
{% endmacro %}

{# The end of a version that is valid now, of the type of `updated_at`. #}
{% macro get_dbt_valid_to_current(strategy, columns) %}
  {%- set current = config.get('dbt_valid_to_current') or 'null' -%}
  coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{ current }}) as {{ columns.dbt_valid_to }}
{%- endmacro %}

{% macro unique_key_fields(unique_key) -%}
  {%- for key in ([unique_key] if unique_key is string else unique_key) -%}
    {%- set name = 'dbt_unique_key' if unique_key is string else 'dbt_unique_key_' ~ loop.index -%}
    {{ key }} as {{ name }}{{ ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}

{% macro unique_key_join_on(unique_key, identifier, from_identifier) -%}
  {%- if unique_key is string -%}
    {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
  {%- else -%}
    {%- for name in sqlmodels_key_names(unique_key) -%}
      {{ equals(identifier ~ '.' ~ name, from_identifier ~ '.' ~ name) }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{% macro unique_key_is_null(unique_key, identifier) -%}
  {{ identifier }}.{{ sqlmodels_key_names(unique_key)[0] }} is null
{%- endmacro %}

{% macro unique_key_is_not_null(unique_key, identifier) -%}
  {{ identifier }}.{{ sqlmodels_key_names(unique_key)[0] }} is not null
{%- endmacro %}

{% macro sqlmodels_key_names(unique_key) -%}
  {%- if unique_key is string -%}{{- return(['dbt_unique_key']) -}}{%- endif -%}
  {%- set names = [] -%}
  {%- for _ in unique_key -%}{%- do names.append('dbt_unique_key_' ~ loop.index) -%}{%- endfor -%}
  {{- return(names) -}}
{%- endmacro %}

{# The first version of each row. #}
{% macro build_snapshot_table(strategy, sql) -%}
  {{ return(adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql)) }}
{%- endmacro %}

{% macro default__build_snapshot_table(strategy, sql) %}
  {%- set names = get_snapshot_table_column_names() -%}
  select *,
    {{ strategy.scd_id }} as {{ names.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, names) }}
    {%- if strategy.hard_deletes == 'new_record' %},
    'False' as {{ names.dbt_is_deleted }}
    {%- endif %}
  from (
{{ sql }}
  ) sbq
{% endmacro %}

{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging = make_temp_relation(target_relation) -%}
  {%- set select = snapshot_staging_table(strategy, sql, target_relation) -%}
  {%- call statement('build_snapshot_staging_relation') -%}{{ create_table_as(true, staging, select) }}{%- endcall -%}
  {{- return(staging) -}}
{% endmacro %}

{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {{ return(adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation)) }}
{%- endmacro %}

{# One row for each version to insert and for each to close; `dbt_change_type` says which. #}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) %}
  {%- set names = get_snapshot_table_column_names() -%}
  {%- set marks_deleted = strategy.hard_deletes == 'new_record' -%}
  {%- set closes_deleted = strategy.hard_deletes in ('invalidate', 'new_record') -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set open = names.dbt_valid_to ~ ' is null' -%}
  {%- if current -%}{%- set open = '(' ~ names.dbt_valid_to ~ ' = ' ~ current ~ ' or ' ~ open ~ ')' -%}{%- endif -%}
  {%- set same_key = unique_key_join_on(strategy.unique_key, 'snapshotted_data', 'source_data') -%}
  {%- set was_deleted = 'snapshotted_data.' ~ names.dbt_is_deleted ~ " = 'True'" -%}
  with snapshot_query as (
{{ source_sql }}
  ),
  snapshotted_data as (
    select *, {{ unique_key_fields(strategy.unique_key) }}
    from {{ target_relation }}
    where {{ open }}
  ),
  insertions_source_data as (
    select *, {{ unique_key_fields(strategy.unique_key) }},
      {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
      {{ get_dbt_valid_to_current(strategy, names) }},
      {{ strategy.scd_id }} as {{ names.dbt_scd_id }}
    from snapshot_query
  ),
  updates_source_data as (
    select *, {{ unique_key_fields(strategy.unique_key) }},
      {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
      {{ strategy.updated_at }} as {{ names.dbt_valid_to }}
    from snapshot_query
  ),
  insertions as (
    select 'insert' as dbt_change_type, source_data.*{{ ", 'False' as " ~ names.dbt_is_deleted if marks_deleted }}
    from insertions_source_data as source_data
    left outer join snapshotted_data on {{ same_key }}
    where {{ unique_key_is_null(strategy.unique_key, 'snapshotted_data') }}
      or ({{ unique_key_is_not_null(strategy.unique_key, 'snapshotted_data') }}
        and (({{ strategy.row_changed }}){{ ' or ' ~ was_deleted if marks_deleted }}))
  ),
  updates as (
    select 'update' as dbt_change_type, source_data.*, snapshotted_data.{{ names.dbt_scd_id }}
      {{- ', snapshotted_data.' ~ names.dbt_is_deleted if marks_deleted }}
    from updates_source_data as source_data
    join snapshotted_data on {{ same_key }}
    where ({{ strategy.row_changed }}){{ ' or ' ~ was_deleted if marks_deleted }}
  )
  {%- if closes_deleted -%}
  {%- set now = snapshot_get_time() %},
  deletes_source_data as (
    select *, {{ unique_key_fields(strategy.unique_key) }} from snapshot_query
  ),
  deletes as (
    select 'delete' as dbt_change_type, source_data.*,
      {{ now }} as {{ names.dbt_valid_from }}, {{ now }} as {{ names.dbt_updated_at }},
      {{ now }} as {{ names.dbt_valid_to }}, snapshotted_data.{{ names.dbt_scd_id }}
      {{- ', snapshotted_data.' ~ names.dbt_is_deleted if marks_deleted }}
    from snapshotted_data
    left join deletes_source_data as source_data on {{ same_key }}
    where {{ unique_key_is_null(strategy.unique_key, 'source_data') }}
      {{- ' and not ' ~ was_deleted if marks_deleted }}
  )
  {%- endif -%}
  {%- if marks_deleted -%}
  {%- set columns = get_column_schema_from_query('select * from (' ~ source_sql ~ ') as asked') | map(attribute='name') | list -%}
  {%- set there = adapter.get_columns_in_relation(target_relation) | map(attribute='name') | list -%}
  {%- set scd_id = snapshot_hash_arguments(['snapshotted_data.' ~ names.dbt_scd_id, snapshot_get_time()]) %},
  deletion_records as (
    select 'insert' as dbt_change_type,
      {% for name in columns -%}
      {{ ('snapshotted_data.' if name in there else 'source_data.') ~ adapter.quote(name) }} as {{ adapter.quote(name) }},
      {% endfor -%}
      {% for name in sqlmodels_key_names(strategy.unique_key) -%}snapshotted_data.{{ name }}, {% endfor %}
      {{ snapshot_get_time() }} as {{ names.dbt_valid_from }}, {{ snapshot_get_time() }} as {{ names.dbt_updated_at }},
      snapshotted_data.{{ names.dbt_valid_to }}, {{ scd_id }} as {{ names.dbt_scd_id }},
      'True' as {{ names.dbt_is_deleted }}
    from snapshotted_data
    left join deletes_source_data as source_data on {{ same_key }}
    where {{ unique_key_is_null(strategy.unique_key, 'source_data') }} and not {{ was_deleted }}
  )
  {%- endif %}
  {%- set keys, added = sqlmodels_key_names(strategy.unique_key), [names.dbt_updated_at, names.dbt_valid_from, names.dbt_valid_to, names.dbt_scd_id] %}
  {%- if marks_deleted -%}{%- do added.append(names.dbt_is_deleted) -%}{%- endif -%}
  {%- set asked = get_columns_in_query('select * from (' ~ source_sql ~ ') as asked limit 0') -%}
  {%- set quoted = [] -%}
  {%- for name in asked -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
  {%- set listed = (['dbt_change_type'] + quoted + keys + added) | join(', ') %}
  select {{ listed }} from insertions
  union all
  select {{ listed }} from updates
  {%- if closes_deleted %}
  union all
  select {{ listed }} from deletes
  {%- endif -%}
  {%- if marks_deleted %}
  union all
  select {{ listed }} from deletion_records
  {%- endif %}
{% endmacro %}

{% macro snapshot_merge_sql(target, source, insert_cols) -%}
  {{ adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) }}
{%- endmacro %}

{# Close what has changed or is gone, then insert what is new. #}
{% macro postgres__snapshot_merge_sql(target, source, insert_cols) %}
  {%- set names = get_snapshot_table_column_names() -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set open = 'target.' ~ names.dbt_valid_to ~ ' is null' -%}
  {%- if current -%}{%- set open = '(target.' ~ names.dbt_valid_to ~ ' = ' ~ current ~ ' or ' ~ open ~ ')' -%}{%- endif -%}
  update {{ target }} as target
  set {{ names.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ names.dbt_valid_to }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.{{ names.dbt_scd_id }}::text = target.{{ names.dbt_scd_id }}::text
    and DBT_INTERNAL_SOURCE.dbt_change_type::text in ('update'::text, 'delete'::text)
    and {{ open }};

  insert into {{ target }} ({{ insert_cols | join(', ') }})
  select {% for name in insert_cols %}DBT_INTERNAL_SOURCE.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.dbt_change_type::text = 'insert'::text;
{% endmacro %}

{% macro default__snapshot_merge_sql(target, source, insert_cols) %}
  {%- set names = get_snapshot_table_column_names() -%}
  {%- set listed = insert_cols | join(', ') -%}
  merge into {{ target.render() }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on DBT_INTERNAL_SOURCE.{{ names.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ names.dbt_scd_id }}
  when matched and DBT_INTERNAL_DEST.{{ names.dbt_valid_to }} is null
      and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    then update set {{ names.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ names.dbt_valid_to }}
  when not matched and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
    then insert ({{ listed }}) values ({{ listed }})
{% endmacro %}

{# Seeds, snapshots and materialized views put together from the macros above. Ours are built in Python; these are for
   projects that say one of the steps themselves, and for those that wrap a materialization. #}

{% macro materialization_seed_default() %}
  {%- set rows, whole, old = load_agate_table(), should_full_refresh(), load_cached_relation(this) -%}
  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}
  {%- if old is not none and not old.is_table -%}
    {%- do exceptions.raise_compiler_error("Cannot seed to '" ~ old ~ "', it is a " ~ old.type) -%}
  {%- endif -%}
  {%- set made = create_csv_table(model, rows) if old is none else reset_csv_table(model, whole, old, rows) -%}
  {%- set count, code = rows.rows | length, 'CREATE' if whole else 'INSERT' -%}
  {%- set filled = load_csv_rows(model, rows) -%}
  {%- call noop_statement('main', code ~ ' ' ~ count, code, count) -%}{{ get_csv_sql(made, filled) }}{%- endcall -%}
  {%- set target = this.incorporate(type='table') -%}
  {%- do apply_grants(target, config.get('grants'), should_revoke=should_revoke(old, full_refresh_mode=whole)) -%}
  {%- do persist_docs(target, model) -%}
  {%- if whole or old is none -%}{%- do create_indexes(target) -%}{%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {%- do adapter.commit() -%}
  {{ run_hooks(post_hooks, inside_transaction=false) }}
  {{- return({'relations': [target]}) -}}
{% endmacro %}

{% macro materialization_snapshot_default() %}
  {%- set there, target = get_or_create_relation(
        database=model.database, schema=model.schema, identifier=model.get('alias', model['name']), type='table') -%}
  {%- if not target.is_table -%}{%- do exceptions.relation_wrong_type(target, 'table') -%}{%- endif -%}
  {{ run_hooks(pre_hooks, inside_transaction=false) }}
  {{ run_hooks(pre_hooks, inside_transaction=true) }}
  {%- set strategy = strategy_dispatch(config.get('strategy'))(
        model, 'snapshotted_data', 'source_data', model['config'], there) -%}
  {%- set first, staging = build_snapshot_table(strategy, model['compiled_code']), [] -%}
  {%- if there -%}
    {%- do adapter.assert_valid_snapshot_target_given_strategy(target, get_snapshot_table_column_names(), strategy) -%}
    {%- do staging.append(build_snapshot_staging_table(strategy, sql, target)) -%}
    {%- do adapter.expand_target_column_types(from_relation=staging[0], to_relation=target) -%}
    {%- do create_columns(target, sqlmodels_without_helpers(adapter.get_missing_columns(staging[0], target))) -%}
    {%- set names = [] -%}
    {%- for column in sqlmodels_without_helpers(adapter.get_columns_in_relation(staging[0])) -%}
      {%- do names.append(adapter.quote(column.name)) -%}
    {%- endfor -%}
    {%- set send = snapshot_merge_sql(target=target, source=staging[0], insert_cols=names) -%}
  {%- else -%}
    {%- set send = create_table_as(false, target, first) -%}
  {%- endif -%}
  {%- do check_time_data_types(first) -%}
  {%- call statement('main') -%}{{ send }}{%- endcall -%}
  {%- do apply_grants(target, config.get('grants'), should_revoke=should_revoke(there, full_refresh_mode=false)) -%}
  {%- do persist_docs(target, model) -%}
  {%- if not there -%}{%- do create_indexes(target) -%}{%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=true) }}
  {%- do adapter.commit() -%}
  {%- if staging -%}{%- do post_snapshot(staging[0]) -%}{%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=false) }}
  {{- return({'relations': [target]}) -}}
{% endmacro %}

{# Without the columns that say what becomes of a row, which the snapshot does not get. #}
{% macro sqlmodels_without_helpers(columns) -%}
  {%- set kept = [] -%}
  {%- for column in columns if column.name != 'dbt_change_type' and not column.name.startswith('dbt_unique_key') -%}
    {%- do kept.append(column) -%}
  {%- endfor -%}
  {{- return(kept) -}}
{%- endmacro %}

{% macro materialization_materialized_view_default() %}
  {%- set existing, target = load_cached_relation(this), this.incorporate(type='materialized_view') -%}
  {%- set intermediate = make_intermediate_relation(target) -%}
  {%- set backup = make_backup_relation(target, 'materialized_view' if existing is none else existing.type) -%}
  {{ materialized_view_setup(backup, intermediate, pre_hooks) }}
  {%- set build_sql = materialized_view_get_build_sql(existing, target, backup, intermediate) -%}
  {%- if build_sql | trim -%}
    {{ materialized_view_execute_build_sql(build_sql, existing, target, post_hooks) }}
  {%- else -%}
    {{ materialized_view_execute_no_op(target) }}
  {%- endif -%}
  {{ materialized_view_teardown(backup, intermediate, post_hooks) }}
  {{- return({'relations': [target]}) -}}
{% endmacro %}

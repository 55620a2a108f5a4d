{# What a relation has besides its rows: comments and grants. #}

{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
  {{- return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) -}}
{% endmacro %}

{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
  {%- if for_relation and config.persist_relation_docs() and model.description -%}
    {%- do run_query(alter_relation_comment(relation, model.description)) -%}
  {%- endif -%}
  {%- if for_columns and config.persist_column_docs() and model.columns -%}
    {%- do run_query(alter_column_comment(relation, model.columns)) -%}
  {%- endif -%}
{% endmacro %}

{% macro postgres_escape_comment(comment) -%}
  {%- if comment is not string -%}
    {%- do exceptions.raise_compiler_error('a comment is a text, not ' ~ comment) -%}
  {%- endif -%}
  {%- set mark = '$dbt_comment_literal_block$' -%}
  {%- if mark in comment -%}
    {%- do exceptions.raise_compiler_error('a comment cannot hold ' ~ mark) -%}
  {%- endif -%}
  {{ mark }}{{ comment }}{{ mark }}
{%- endmacro %}

{# Of the columns that are described, those that the relation has. #}
{% macro validate_doc_columns(relation, column_dict, existing_column_names) -%}
  {%- set there = existing_column_names | map('lower') | list -%}
  {%- set found, lacking = {}, [] -%}
  {%- for name, column in column_dict.items() -%}
    {%- if name in existing_column_names or (not column.get('quote') and name | lower in there) -%}
      {%- do found.update({name: column}) -%}
    {%- else -%}
      {%- do lacking.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if lacking -%}
    {%- do exceptions.warn('In relation ' ~ relation.render() ~ ': The following columns are specified in the schema'
          ~ ' but are not present in the database: ' ~ lacking | join(', ')) -%}
  {%- endif -%}
  {{- return(found) -}}
{%- endmacro %}

{% macro alter_relation_comment(relation, relation_comment) -%}
  {{- return(adapter.dispatch('alter_relation_comment', 'dbt')(relation, relation_comment)) -}}
{% endmacro %}

{% macro postgres__alter_relation_comment(relation, comment) %}
  comment on {{ (relation.type or 'table') | replace('_', ' ') }} {{ relation }}
  is {{ postgres_escape_comment(comment) }};
{% endmacro %}

{% macro default__alter_relation_comment(relation, relation_comment) -%}
  {{ return(postgres__alter_relation_comment(relation, relation_comment)) }}
{%- endmacro %}

{% macro alter_column_comment(relation, column_dict) -%}
  {{- return(adapter.dispatch('alter_column_comment', 'dbt')(relation, column_dict)) -}}
{% endmacro %}

{% macro postgres__alter_column_comment(relation, column_dict) %}
  {%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
  {%- for name, column in validate_doc_columns(relation, column_dict, there).items() %}
  comment on column {{ relation }}.{{ adapter.quote(name) if column.get('quote') else name }}
  is {{ postgres_escape_comment(column['description'] or '') }};
  {%- endfor %}
{% endmacro %}

{% macro default__alter_column_comment(relation, column_dict) -%}
  {{ return(postgres__alter_column_comment(relation, column_dict)) }}
{%- endmacro %}

{% macro copy_grants() %}
  {{- return(adapter.dispatch('copy_grants', 'dbt')()) -}}
{% endmacro %}

{% macro postgres__copy_grants() %}{{ return(false) }}{% endmacro %}

{% macro default__copy_grants() -%}
  {{ return(true) }}
{%- endmacro %}

{% macro support_multiple_grantees_per_dcl_statement() %}
  {{- return(adapter.dispatch('support_multiple_grantees_per_dcl_statement', 'dbt')()) -}}
{% endmacro %}

{% macro default__support_multiple_grantees_per_dcl_statement() %}{{ return(true) }}{% endmacro %}

{% macro should_revoke(existing_relation, full_refresh_mode=true) %}
  {%- if not existing_relation -%}{{- return(false) -}}{%- endif -%}
  {{- return(copy_grants() if full_refresh_mode else true) -}}
{% endmacro %}

{% macro get_show_grant_sql(relation) %}
  {{- return(adapter.dispatch('get_show_grant_sql', 'dbt')(relation)) -}}
{% endmacro %}

{% macro postgres__get_show_grant_sql(relation) %}
  select grantee, privilege_type
  from information_schema.role_table_grants
  where grantor = current_role and grantee <> current_role
    and table_schema = '{{ relation.schema }}' and table_name = '{{ relation.identifier }}'
{% endmacro %}

{% macro default__get_show_grant_sql(relation) -%}
  {{ return(postgres__get_show_grant_sql(relation)) }}
{%- endmacro %}

{% macro get_grant_sql(relation, privilege, grantees) %}
  {{- return(adapter.dispatch('get_grant_sql', 'dbt')(relation, privilege, grantees)) -}}
{% endmacro %}

{% macro default__get_grant_sql(relation, privilege, grantees) -%}
  grant {{ privilege }} on {{ relation }} to {{ grantees | join(', ') }}
{%- endmacro %}

{% macro get_revoke_sql(relation, privilege, grantees) %}
  {{- return(adapter.dispatch('get_revoke_sql', 'dbt')(relation, privilege, grantees)) -}}
{% endmacro %}

{% macro default__get_revoke_sql(relation, privilege, grantees) -%}
  revoke {{ privilege }} on {{ relation }} from {{ get_quoted_csv(grantees) }}
{%- endmacro %}

{% macro get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}
  {{- return(adapter.dispatch('get_dcl_statement_list', 'dbt')(relation, grant_config, get_dcl_macro)) -}}
{% endmacro %}

{% macro default__get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}
  {%- set statements = [] -%}
  {%- for privilege, grantees in grant_config.items() if grantees -%}
    {%- for group in ([grantees] if support_multiple_grantees_per_dcl_statement() else grantees | batch(1)) -%}
      {%- do statements.append(get_dcl_macro(relation, privilege, group)) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{- return(statements) -}}
{% endmacro %}

{% macro call_dcl_statements(dcl_statement_list) %}
  {{- return(adapter.dispatch('call_dcl_statements', 'dbt')(dcl_statement_list)) -}}
{% endmacro %}

{% macro default__call_dcl_statements(dcl_statement_list) %}
  {%- call statement('grants') -%}{{ dcl_statement_list | join(';\n') }}{%- endcall -%}
{% endmacro %}

{% macro apply_grants(relation, grant_config, should_revoke) %}
  {{- return(adapter.dispatch('apply_grants', 'dbt')(relation, grant_config, should_revoke)) -}}
{% endmacro %}

{% macro default__apply_grants(relation, grant_config, should_revoke=true) %}
  {%- if grant_config -%}
    {%- set wanted, unwanted = grant_config, {} -%}
    {%- if should_revoke -%}
      {%- set there = adapter.standardize_grants_dict(run_query(get_show_grant_sql(relation))) -%}
      {%- set wanted = diff_of_two_dicts(grant_config, there) -%}
      {%- set unwanted = diff_of_two_dicts(there, grant_config) -%}
    {%- endif -%}
    {%- set statements = get_dcl_statement_list(relation, unwanted, get_revoke_sql)
          + get_dcl_statement_list(relation, wanted, get_grant_sql) -%}
    {%- if statements -%}{%- do call_dcl_statements(statements) -%}{%- endif -%}
  {%- endif -%}
{% endmacro %}

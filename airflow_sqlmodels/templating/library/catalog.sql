{# What the warehouse has, as tables and as SQL: schemas, relations, columns, indexes, and who reads whom. #}

{% macro information_schema_name(database) -%}
  {{ return(adapter.dispatch('information_schema_name', 'dbt')(database)) }}
{%- endmacro %}

{% macro postgres__information_schema_name(database) -%}information_schema{%- endmacro %}

{% macro default__information_schema_name(database) -%}
  {%- if database -%}{{ adapter.quote(database) }}.{%- endif -%}information_schema
{%- endmacro %}

{% macro list_schemas(database) -%}
  {{ return(adapter.dispatch('list_schemas', 'dbt')(database)) }}
{%- endmacro %}

{% macro postgres__list_schemas(database) -%}
  {%- call statement('list_schemas', fetch_result=true, auto_begin=false) -%}
    select distinct nspname from pg_catalog.pg_namespace
  {%- endcall -%}
  {{- return(load_result('list_schemas').table) -}}
{%- endmacro %}

{% macro default__list_schemas(database) -%}
  {{ return(run_query('select distinct schema_name from information_schema.schemata')) }}
{%- endmacro %}

{% macro check_schema_exists(information_schema, schema) -%}
  {{ return(adapter.dispatch('check_schema_exists', 'dbt')(information_schema, schema)) }}
{%- endmacro %}

{% macro postgres__check_schema_exists(information_schema, schema) -%}
  {%- call statement('check_schema_exists', fetch_result=true, auto_begin=false) -%}
    select count(*) from pg_catalog.pg_namespace where nspname = {{ string_literal(escape_single_quotes(schema)) }}
  {%- endcall -%}
  {{- return(load_result('check_schema_exists').table) -}}
{%- endmacro %}

{% macro default__check_schema_exists(information_schema, schema) -%}
  {{ return(postgres__check_schema_exists(information_schema, schema)) }}
{%- endmacro %}

{% macro create_schema(relation) -%}
  {{ return(adapter.dispatch('create_schema', 'dbt')(relation)) }}
{%- endmacro %}

{% macro postgres__create_schema(relation) -%}
  {%- do adapter.create_schema(relation) -%}
{%- endmacro %}

{% macro default__create_schema(relation) -%}{%- do adapter.create_schema(relation) -%}{%- endmacro %}

{% macro drop_schema(relation) -%}
  {{ return(adapter.dispatch('drop_schema', 'dbt')(relation)) }}
{%- endmacro %}

{% macro postgres__drop_schema(relation) -%}{%- do adapter.drop_schema(relation) -%}{%- endmacro %}

{% macro default__drop_schema(relation) -%}{%- do adapter.drop_schema(relation) -%}{%- endmacro %}

{% macro drop_schema_named(schema_name) -%}
  {{ return(adapter.dispatch('drop_schema_named', 'dbt')(schema_name)) }}
{%- endmacro %}

{% macro default__drop_schema_named(schema_name) -%}
  {%- do adapter.drop_schema(api.Relation.create(database=target.database, schema=schema_name)) -%}
{%- endmacro %}

{% macro list_relations_without_caching(schema_relation) -%}
  {{ return(adapter.dispatch('list_relations_without_caching', 'dbt')(schema_relation)) }}
{%- endmacro %}

{% macro postgres__list_relations_without_caching(schema_relation) -%}
  {%- call statement('list_relations_without_caching', fetch_result=true) -%}
    select current_database() as database, c.relname as name, n.nspname as schema,
      case c.relkind when 'v' then 'view' when 'm' then 'materialized_view' else 'table' end as type
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm')
      and lower(n.nspname) = lower({{ string_literal(escape_single_quotes(schema_relation.schema)) }})
  {%- endcall -%}
  {{- return(load_result('list_relations_without_caching').table) -}}
{%- endmacro %}

{% macro default__list_relations_without_caching(schema_relation) -%}
  {{ return(postgres__list_relations_without_caching(schema_relation)) }}
{%- endmacro %}

{% macro list_function_relations_without_caching(schema_relation) -%}
  {{ return(adapter.dispatch('list_function_relations_without_caching', 'dbt')(schema_relation)) }}
{%- endmacro %}

{% macro default__list_function_relations_without_caching(schema_relation) -%}
  {%- do exceptions.raise_not_implemented('list_function_relations_without_caching for ' ~ adapter.type()) -%}
{%- endmacro %}

{% macro get_columns_in_relation(relation) -%}
  {{ return(adapter.dispatch('get_columns_in_relation', 'dbt')(relation)) }}
{%- endmacro %}

{% macro postgres__get_columns_in_relation(relation) -%}
  {{ return(adapter.get_columns_in_relation(relation)) }}
{%- endmacro %}

{% macro default__get_columns_in_relation(relation) -%}
  {{ return(adapter.get_columns_in_relation(relation)) }}
{%- endmacro %}

{# Rows of (name, type, length, precision, scale), as information_schema.columns has them. #}
{% macro sql_convert_columns_in_relation(table) -%}
  {%- set columns = [] -%}
  {%- for row in table -%}{%- do columns.append(api.Column(*row)) -%}{%- endfor -%}
  {{- return(columns) -}}
{%- endmacro %}

{% macro get_catalog(information_schema, schemas) -%}
  {{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}

{% macro postgres__get_catalog(information_schema, schemas) -%}
  {%- set conditions = [] -%}
  {%- for schema in schemas -%}
    {%- do conditions.append('lower(n.nspname) = lower(' ~ string_literal(escape_single_quotes(schema)) ~ ')') -%}
  {%- endfor -%}
  {{- return(sqlmodels_columns_of_relations(conditions)) -}}
{%- endmacro %}

{% macro default__get_catalog(information_schema, schemas) -%}
  {{ return(postgres__get_catalog(information_schema, schemas)) }}
{%- endmacro %}

{% macro get_catalog_relations(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro postgres__get_catalog_relations(information_schema, relations) -%}
  {%- set conditions = [] -%}
  {%- for relation in relations if relation.schema -%}
    {%- set place = ['lower(n.nspname) = lower(' ~ string_literal(escape_single_quotes(relation.schema)) ~ ')'] -%}
    {%- if relation.identifier -%}
      {%- do place.append('lower(c.relname) = lower(' ~ string_literal(escape_single_quotes(relation.identifier)) ~ ')') -%}
    {%- endif -%}
    {%- do conditions.append('(' ~ place | join(' and ') ~ ')') -%}
  {%- endfor -%}
  {{- return(sqlmodels_columns_of_relations(conditions)) -}}
{%- endmacro %}

{% macro default__get_catalog_relations(information_schema, relations) -%}
  {{ return(postgres__get_catalog_relations(information_schema, relations)) }}
{%- endmacro %}

{% macro get_catalog_for_single_relation(relation) -%}
  {{ return(adapter.dispatch('get_catalog_for_single_relation', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_catalog_for_single_relation(relation) -%}
  {%- do exceptions.raise_not_implemented('get_catalog_for_single_relation for ' ~ adapter.type()) -%}
{%- endmacro %}

{% macro sqlmodels_columns_of_relations(conditions) -%}
  {%- call statement('catalog', fetch_result=true) -%}
    select current_database()::text as table_database, n.nspname::text as table_schema, c.relname::text as table_name,
      case
        when c.relpersistence = 't' then 'LOCAL TEMPORARY'
        when c.relkind = 'v' then 'VIEW'
        when c.relkind = 'm' then 'MATERIALIZED VIEW'
        else 'BASE TABLE'
      end as table_type,
      obj_description(c.oid, 'pg_class') as table_comment,
      a.attname::text as column_name, a.attnum::int as column_index,
      format_type(a.atttypid, a.atttypmod) as column_type, col_description(c.oid, a.attnum) as column_comment,
      pg_get_userbyid(c.relowner)::text as table_owner
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p', 'f', 'v', 'm') and ({{ conditions | join(' or ') or 'false' }})
    order by n.nspname, c.relname, a.attnum
  {%- endcall -%}
  {{- return(load_result('catalog').table) -}}
{%- endmacro %}

{# Which view or materialized view reads which relation. #}
{% macro get_relations() -%}
  {{ return(adapter.dispatch('get_relations', 'dbt')()) }}
{%- endmacro %}

{% macro postgres__get_relations() -%}
  {%- call statement('relations', fetch_result=true) -%}
    select distinct reader_place.nspname as dependent_schema, reader.relname as dependent_name,
      read_place.nspname as referenced_schema, read.relname as referenced_name
    from pg_catalog.pg_rewrite rule
    join pg_catalog.pg_class reader on reader.oid = rule.ev_class
    join pg_catalog.pg_namespace reader_place on reader_place.oid = reader.relnamespace
    join pg_catalog.pg_depend needs
      on needs.objid = rule.oid and needs.classid = 'pg_rewrite'::regclass and needs.refclassid = 'pg_class'::regclass
    join pg_catalog.pg_class read on read.oid = needs.refobjid and read.oid <> reader.oid
    join pg_catalog.pg_namespace read_place on read_place.oid = read.relnamespace
    where reader.relkind in ('r', 'v', 'm') and read.relkind in ('r', 'v', 'm')
      and reader_place.nspname not in ('information_schema', 'pg_catalog')
      and read_place.nspname not in ('information_schema', 'pg_catalog')
    order by 1, 2, 3, 4
  {%- endcall -%}
  {{- return(load_result('relations').table) -}}
{%- endmacro %}

{% macro postgres_get_relations() -%}{{ return(postgres__get_relations()) }}{%- endmacro %}

{% macro default__get_relations() -%}
  {%- do exceptions.raise_not_implemented('get_relations for ' ~ adapter.type()) -%}
{%- endmacro %}

{% macro get_relation_last_modified(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_relation_last_modified', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_relation_last_modified(information_schema, relations) -%}
  {%- do exceptions.raise_not_implemented('get_relation_last_modified for ' ~ adapter.type()) -%}
{%- endmacro %}

{% macro get_show_indexes_sql(relation) -%}
  {{ return(adapter.dispatch('get_show_indexes_sql', 'dbt')(relation)) }}
{%- endmacro %}

{% macro postgres__get_show_indexes_sql(relation) %}
  select i.relname as name, m.amname as method, x.indisunique as "unique",
    string_agg(a.attname::text, ',' order by k.place) as column_names
  from pg_catalog.pg_index x
  join pg_catalog.pg_class i on i.oid = x.indexrelid
  join pg_catalog.pg_am m on m.oid = i.relam
  join pg_catalog.pg_class t on t.oid = x.indrelid
  join pg_catalog.pg_namespace n on n.oid = t.relnamespace
  cross join lateral unnest(x.indkey::int[]) with ordinality as k (attnum, place)
  join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = k.attnum
  where n.nspname = {{ string_literal(escape_single_quotes(relation.schema)) }}
    and t.relname = {{ string_literal(escape_single_quotes(relation.identifier)) }}
  group by 1, 2, 3
  order by 1, 2, 3
{% endmacro %}

{% macro default__get_show_indexes_sql(relation) -%}
  {%- do exceptions.raise_not_implemented('get_show_indexes_sql for ' ~ adapter.type()) -%}
{%- endmacro %}

{% macro get_drop_index_sql(relation, index_name) -%}
  {{ return(adapter.dispatch('get_drop_index_sql', 'dbt')(relation, index_name)) }}
{%- endmacro %}

{% macro postgres__get_drop_index_sql(relation, index_name) -%}
  drop index if exists {{ adapter.quote(relation.schema) }}.{{ adapter.quote(index_name) }}
{%- endmacro %}

{% macro default__get_drop_index_sql(relation, index_name) -%}
  {%- do exceptions.raise_not_implemented('get_drop_index_sql for ' ~ adapter.type()) -%}
{%- endmacro %}

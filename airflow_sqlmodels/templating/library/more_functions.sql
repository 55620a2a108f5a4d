{# Functions that need more than one line: dates, lists, text. #}

{% macro dateadd(datepart, interval, from_date_or_timestamp) -%}
  {{- return(adapter.dispatch('dateadd', 'dbt')(datepart, interval, from_date_or_timestamp)) -}}
{%- endmacro %}

{% macro postgres__dateadd(datepart, interval, from_date_or_timestamp) -%}
  {{ from_date_or_timestamp }} + ((interval '1 {{ datepart }}') * ({{ interval }}))
{%- endmacro %}

{% macro default__dateadd(datepart, interval, from_date_or_timestamp) -%}
  {{ return(postgres__dateadd(datepart, interval, from_date_or_timestamp)) }}
{%- endmacro %}

{% macro default_last_day(date, datepart) -%}
  cast({{ dateadd('day', '-1', dateadd(datepart, '1', date_trunc(datepart, date))) }} as date)
{%- endmacro %}

{% macro last_day(date, datepart) -%}
  {{- return(adapter.dispatch('last_day', 'dbt')(date, datepart)) -}}
{%- endmacro %}

{% macro postgres__last_day(date, datepart) -%}
  {%- set step = "interval '3 month'" if datepart == 'quarter' else "interval '1 " ~ datepart ~ "'" -%}
  cast(date_trunc('{{ datepart }}', {{ date }}) + {{ step }} - interval '1 day' as date)
{%- endmacro %}

{% macro default__last_day(date, datepart) -%}
  {{ return(postgres__last_day(date, datepart)) }}
{%- endmacro %}

{% macro datediff(first_date, second_date, datepart) -%}
  {{- return(adapter.dispatch('datediff', 'dbt')(first_date, second_date, datepart)) -}}
{%- endmacro %}

{# How many boundaries of the part lie between the two dates. Days and weeks are integers, all else is double precision:
   the types that dbt gives, on which what divides by them depends. #}
{% macro postgres__datediff(first_date, second_date, datepart) -%}
  {%- set a = 'cast(' ~ first_date ~ ' as timestamp)' -%}
  {%- set b = 'cast(' ~ second_date ~ ' as timestamp)' -%}
  {%- set seconds = {'hour': 3600, 'minute': 60, 'second': 1} -%}
  {%- set years = "(date_part('year', " ~ b ~ ") - date_part('year', " ~ a ~ "))" -%}
  {%- set days = '((' ~ second_date ~ ')::date - (' ~ first_date ~ ')::date)' -%}
  {%- if datepart == 'year' -%}
    {{ years }}
  {%- elif datepart == 'quarter' -%}
    ({{ years }} * 4 + date_part('quarter', {{ b }}) - date_part('quarter', {{ a }}))
  {%- elif datepart == 'month' -%}
    ({{ years }} * 12 + date_part('month', {{ b }}) - date_part('month', {{ a }}))
  {%- elif datepart == 'day' -%}
    {{ days }}
  {%- elif datepart == 'week' -%}
    {#- weeks begin on Sunday here, as packages that count on datediff expect; backwards, to the same day of the week,
        dbt counts one more #}
    {%- set first_dow, second_dow = "date_part('dow', " ~ a ~ ")", "date_part('dow', " ~ b ~ ")" -%}
    ({{ days }} / 7
      + ({{ first_dow }} > {{ second_dow }} and ({{ first_date }}) <= ({{ second_date }}))::integer
      - ({{ first_dow }} <= {{ second_dow }} and ({{ first_date }}) > ({{ second_date }}))::integer)
  {%- elif datepart in seconds -%}
    ((extract(epoch from date_trunc('{{ datepart }}', {{ b }}))
      - extract(epoch from date_trunc('{{ datepart }}', {{ a }}))) / {{ seconds[datepart] }})::double precision
  {%- elif datepart == 'millisecond' -%}
    (floor(extract(epoch from {{ b }}) * 1000) - floor(extract(epoch from {{ a }}) * 1000))::double precision
  {%- elif datepart == 'microsecond' -%}
    floor(extract(epoch from {{ b }} - {{ a }}) * 1000000)::double precision
  {%- else -%}
    {%- do exceptions.raise_compiler_error("datediff: no part of a date '" ~ datepart ~ "'") -%}
  {%- endif -%}
{%- endmacro %}

{% macro default__datediff(first_date, second_date, datepart) -%}
  {{ return(postgres__datediff(first_date, second_date, datepart)) }}
{%- endmacro %}

{% macro listagg(measure, delimiter_text="','", order_by_clause=none, limit_num=none) -%}
  {{- return(adapter.dispatch('listagg', 'dbt')(measure, delimiter_text, order_by_clause, limit_num)) -}}
{%- endmacro %}

{% macro postgres__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  {%- if limit_num -%}
    array_to_string((array_agg({{ measure }} {{ order_by_clause or '' }}))[1:{{ limit_num }}], {{ delimiter_text }})
  {%- else -%}
    string_agg({{ measure }}, {{ delimiter_text }} {{ order_by_clause or '' }})
  {%- endif -%}
{%- endmacro %}

{% macro default__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  {{ return(postgres__listagg(measure, delimiter_text, order_by_clause, limit_num)) }}
{%- endmacro %}

{% macro _split_part_negative(string_text, delimiter_text, part_number) -%}
  split_part({{ string_text }}, {{ delimiter_text }},
    length({{ string_text }}) - length(replace({{ string_text }}, {{ delimiter_text }}, '')) + 2 {{ part_number }})
{%- endmacro %}

{% macro split_part(string_text, delimiter_text, part_number) -%}
  {{- return(adapter.dispatch('split_part', 'dbt')(string_text, delimiter_text, part_number)) -}}
{%- endmacro %}

{% macro postgres__split_part(string_text, delimiter_text, part_number) -%}
  {%- if part_number >= 0 -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
  {%- else -%}
    {#- from the end: split_part itself counts from there only since Postgres 14 -#}
    {{ _split_part_negative(string_text, delimiter_text, part_number) }}
  {%- endif -%}
{%- endmacro %}

{% macro default__split_part(string_text, delimiter_text, part_number) -%}
  {{ return(postgres__split_part(string_text, delimiter_text, part_number)) }}
{%- endmacro %}

{% macro escape_single_quotes(expression) -%}
  {{- return(adapter.dispatch('escape_single_quotes', 'dbt')(expression)) -}}
{%- endmacro %}

{% macro default__escape_single_quotes(expression) -%}
  {{ expression | replace("'", "''") }}
{%- endmacro %}

{% macro array_construct(inputs=[], data_type='integer') -%}
  {{- return(adapter.dispatch('array_construct', 'dbt')(inputs, data_type)) -}}
{%- endmacro %}

{% macro default__array_construct(inputs, data_type) -%}
  {%- if inputs -%}array[{{ inputs | join(', ') }}]{%- else -%}array[]::{{ data_type }}[]{%- endif -%}
{%- endmacro %}

{% macro equals(expr1, expr2) -%}
  {{- return(adapter.dispatch('equals', 'dbt')(expr1, expr2)) -}}
{%- endmacro %}

{% macro postgres__equals(expr1, expr2) -%}
  {%- if adapter.behavior.enable_truthy_nulls_equals_macro.no_warn -%}
    ({{ expr1 }} is not distinct from {{ expr2 }})
  {%- else -%}
    ({{ expr1 }} = {{ expr2 }})
  {%- endif -%}
{%- endmacro %}

{% macro default__equals(expr1, expr2) -%}
  {{ return(postgres__equals(expr1, expr2)) }}
{%- endmacro %}

{% macro current_timestamp() -%}
  {{- return(adapter.dispatch('current_timestamp', 'dbt')()) -}}
{%- endmacro %}

{% macro postgres__current_timestamp() -%}
  now()
{%- endmacro %}

{% macro default__current_timestamp() -%}
  {{ return(postgres__current_timestamp()) }}
{%- endmacro %}

{% macro current_timestamp_backcompat() -%}
  {{- return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) -}}
{%- endmacro %}

{% macro postgres__current_timestamp_backcompat() -%}
  current_timestamp::{{ type_timestamp() }}
{%- endmacro %}

{% macro default__current_timestamp_backcompat() -%}
  {{ return(postgres__current_timestamp_backcompat()) }}
{%- endmacro %}

{% macro current_timestamp_in_utc_backcompat() -%}
  {{- return(adapter.dispatch('current_timestamp_in_utc_backcompat', 'dbt')()) -}}
{%- endmacro %}

{% macro postgres__current_timestamp_in_utc_backcompat() -%}
  (current_timestamp at time zone 'utc')::{{ type_timestamp() }}
{%- endmacro %}

{% macro default__current_timestamp_in_utc_backcompat() -%}
  {{ return(postgres__current_timestamp_in_utc_backcompat()) }}
{%- endmacro %}

{% macro snapshot_get_time() -%}
  {{- return(adapter.dispatch('snapshot_get_time', 'dbt')()) -}}
{%- endmacro %}

{% macro postgres__snapshot_get_time() -%}
  {{ current_timestamp() }}::timestamp without time zone
{%- endmacro %}

{% macro default__snapshot_get_time() -%}
  {{ return(postgres__snapshot_get_time()) }}
{%- endmacro %}

{% macro get_intervals_between(start_date, end_date, datepart) -%}
  {{- return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) -}}
{%- endmacro %}

{% macro default__get_intervals_between(start_date, end_date, datepart) -%}
  {%- if not execute -%}{{- return(0) -}}{%- endif -%}
  {%- set found = run_query('select ' ~ datediff(start_date, end_date, datepart)) -%}
  {{- return(found.columns[0].values()[0] if found else 0) -}}
{%- endmacro %}

{% macro get_powers_of_two(upper_bound) -%}
  {{- return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) -}}
{%- endmacro %}

{% macro default__get_powers_of_two(upper_bound) -%}
  {%- if upper_bound <= 0 -%}
    {%- do exceptions.raise_compiler_error('the upper bound must be above 0') -%}
  {%- endif -%}
  {%- for power in range(1, 100) if 2 ** power >= upper_bound -%}
    {{- return(power) -}}
  {%- endfor -%}
{%- endmacro %}

{% macro generate_series(upper_bound) -%}
  {{- return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) -}}
{%- endmacro %}

{% macro default__generate_series(upper_bound) -%}
  {%- if execute and upper_bound <= 0 -%}
    {{- exceptions.raise_compiler_error('a series of numbers needs an upper bound above 0, got ' ~ upper_bound) -}}
  {%- endif -%}
  {#- of dbt's type -#}
  select generated_number::double precision as generated_number
  from generate_series(1, {{ upper_bound }}) as numbers (generated_number)
{%- endmacro %}

{% macro date_spine(datepart, start_date, end_date) -%}
  {{- return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) -}}
{%- endmacro %}

{% macro default__date_spine(datepart, start_date, end_date) -%}
with numbers as (
    {{ generate_series(get_intervals_between(start_date, end_date, datepart)) }}
),
periods as (
    select {{ dateadd(datepart, '(generated_number - 1)', start_date) }} as date_{{ datepart }}
    from numbers
)
select * from periods where date_{{ datepart }} <= {{ end_date }}
{%- endmacro %}

{# Dates worked out while a template is rendered: the days of partitions. #}

{% macro convert_datetime(date_str, date_fmt) -%}
  {%- set complaint = "the date '" ~ date_str ~ "' is not of the form '" ~ date_fmt ~ "'" -%}
  {{- return(try_or_compiler_error(complaint, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) -}}
{%- endmacro %}

{# Each day from the first to the last, both included, as text in the form out_fmt, or as a moment if that is empty. #}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') -%}
  {%- set first = convert_datetime(start_date_str, in_fmt) -%}
  {%- set last = first if end_date_str is none else convert_datetime(end_date_str, in_fmt) -%}
  {%- if last < first -%}
    {%- do exceptions.raise_compiler_error("the range of dates ends at " ~ last ~ ", before it begins at " ~ first) -%}
  {%- endif -%}
  {%- set days = [] -%}
  {%- for number in range((last - first).days + 1) -%}
    {%- set day = first + modules.datetime.timedelta(days=number) -%}
    {%- do days.append(day.strftime(out_fmt) if out_fmt else day) -%}
  {%- endfor -%}
  {{- return(days) -}}
{%- endmacro %}

{# The days of '20240101' or of '20240101,20240131'. #}
{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') -%}
  {%- set ends = (raw_partition_date | string).split(',') -%}
  {%- if ends | length > 2 -%}
    {%- do exceptions.raise_compiler_error(
      "'" ~ raw_partition_date ~ "' is no range of dates: write the first day, or the first and the last with a comma") -%}
  {%- endif -%}
  {{- return(dates_in_range(ends[0], ends[1] if ends | length == 2 else none, in_fmt=date_fmt)) -}}
{%- endmacro %}

{% macro py_current_timestring() -%}
  {{- return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) -}}
{%- endmacro %}

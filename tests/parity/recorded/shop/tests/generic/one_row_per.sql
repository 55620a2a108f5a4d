{% test one_row_per(model, columns) %}
{{ config(fail_calc="coalesce(sum(n), 0)") }}
select {{ columns | join(', ') }}, count(*) as n from {{ model }} group by {{ columns | join(', ') }} having count(*) > 1
{% endtest %}

{% snapshot people_by_check %}
{{ config(target_schema='kept', unique_key='id', strategy='check', check_cols=['city']) }}
select id, city {% if var('day') > 2 %}, name{% endif %} from {{ ref('now_there') }}
{% endsnapshot %}

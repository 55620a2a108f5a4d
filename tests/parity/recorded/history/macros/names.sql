{% macro generate_schema_name(custom_schema_name, node) %}
{{ custom_schema_name | trim if custom_schema_name else target.schema }}
{% endmacro %}

{% macro shout(text) %}{{ return(adapter.dispatch('shout', 'history')(text)) }}{% endmacro %}
{% macro default__shout(text) %}{{ text | upper }}{% endmacro %}
{% macro postgres__shout(text) %}{{ text | upper }}!{% endmacro %}

{% macro count_results(results) %}
{% set models = results | selectattr('node.resource_type', 'equalto', 'model') | list %}
{% set ok = models | selectattr('status', 'equalto', 'success') | list %}
insert into public.log values ('{{ ok | length }} of {{ models | length }}')
{% endmacro %}

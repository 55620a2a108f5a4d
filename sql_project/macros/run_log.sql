{# ops.runs: one row for each finished run. The lock lets two runs that start together make the table once. #}
{% macro make_run_log() %}
    select pg_advisory_xact_lock(hashtext('ops.runs'));
    create schema if not exists ops;
    create table if not exists ops.runs (
        finished_at timestamptz not null default now(),
        invocation_id text not null,
        target text not null
    );
{% endmacro %}

{% macro log_run() %}
    insert into ops.runs (invocation_id, target) values ('{{ invocation_id }}', '{{ target.name }}');
{% endmacro %}

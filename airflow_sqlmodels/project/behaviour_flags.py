"""The flags that a project may set under `flags:` of dbt_project.yml, by dbt's names."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.settings import ProjectFile

_OF_COMMANDS = (
    *("cache_selected_only", "debug", "defer", "empty", "fail_fast", "favor_state", "full_refresh", "hints_enabled"),
    *("indirect_selection", "introspect", "log_cache_events", "log_file_max_bytes", "log_format", "log_format_file"),
    *("log_level", "log_level_file", "macro_debugging", "maximum_seed_size_mib", "partial_parse"),
    *("populate_cache", "print", "printer_width", "quiet", "send_anonymous_usage_stats", "show_all_deprecations"),
    *("snowflake_projects_otel", "sqlparse", "static_parser", "store_failures", "target_path", "threads"),
    *("use_colors", "use_colors_file", "use_experimental_parser", "use_v2_parser", "v2_parser", "version_check"),
    *("warn_error", "warn_error_options", "write_json"),
)
"""Those that commands take, too."""

_OF_BEHAVIOUR = (
    *("allow_jinja_file_extensions", "enable_grouped_warn_error_parser_logs", "enable_truthy_nulls_equals_macro"),
    *("latest_version_pointer_enabled_by_default", "require_all_warnings_handled_by_warn_error"),
    *("require_batched_execution_for_custom_microbatch_strategy", "require_corrected_analysis_fqns"),
    *("require_event_names_in_deprecations", "require_explicit_package_overrides_for_builtin_materializations"),
    *("require_generic_test_arguments_property", "require_nested_cumulative_type_params"),
    *("require_ref_searches_node_package_before_root", "require_resource_names_without_spaces"),
    *("require_source_and_semantic_model_names_without_spaces", "require_sql_header_in_test_configs"),
    *("require_unique_project_resource_names", "require_valid_schema_from_generate_schema_name"),
    *("require_yaml_configuration_for_mf_time_spines", "skip_nodes_if_on_run_start_fails"),
    *("source_freshness_run_project_hooks", "state_modified_compare_more_unrendered_values"),
    *("state_modified_compare_vars", "support_custom_ref_kwargs", "use_catalogs_v2", "validate_macro_args"),
)
"""Those that say which of two ways of dbt holds: docs.getdbt.com/reference/global-configs/behavior-changes."""

_OF_ADAPTERS = (
    *("bigquery_noop_alter_relation_comment", "bigquery_use_batch_source_freshness", "enable_iceberg_materializations"),
    *("redshift_skip_autocommit_transaction_statements", "require_certificate_validation"),
    *("restrict_direct_pg_catalog_access", "snowflake_default_transient_dynamic_tables"),
    *("use_info_schema_for_columns", "use_materialization_v2", "use_user_folder_for_python"),
)
"""Those that only other warehouses' adapters ask for: a project that runs there too may say them."""

KNOWN = (*_OF_COMMANDS, *_OF_BEHAVIOUR, *_OF_ADAPTERS)

_ELSEWHERE = {"log_path": "did you mean 'log-path:' beside 'flags:'?"}
"""What says nothing there, and where it would."""


def unknown_flags(project: ProjectFile) -> Iterator[str]:
    """A warning for each flag that dbt does not have."""
    for name in project.content.get("flags") or {}:
        if str(name).lower() not in KNOWN:
            hint = _ELSEWHERE.get(str(name).lower()) or closest(str(name), KNOWN)
            yield f"{project.shown}{PROJECT_FILE}: unknown flag {name!r}{', ' + hint if hint else ''}"

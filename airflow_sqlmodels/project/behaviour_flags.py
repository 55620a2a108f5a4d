"""The flags that a project may set under `flags:` of dbt_project.yml, by dbt's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE

if TYPE_CHECKING:
    from airflow_sqlmodels.project.settings import ProjectFile

_OF_COMMANDS = (
    *("cache_selected_only", "debug", "fail_fast", "hints_enabled", "indirect_selection", "log_format"),
    *("log_format_file", "log_level", "log_level_file", "maximum_seed_size_mib", "partial_parse", "populate_cache"),
    *("printer_width", "send_anonymous_usage_stats", "snowflake_projects_otel", "static_parser", "use_colors"),
    *("use_colors_file", "use_experimental_parser", "use_v2_parser", "v2_parser", "version_check", "warn_error"),
    *("warn_error_options", "write_json"),
)
"""Those that commands take, too."""

_ONLY_SAID = {
    **{name: f"--{name.replace('_', '-')}" for name in ("defer", "empty", "favor_state", "introspect")},
    **{name: f"--{name.replace('_', '-')}" for name in ("log_cache_events", "log_file_max_bytes", "macro_debugging")},
    **{name: f"--{name.replace('_', '-')}" for name in ("print", "quiet", "show_all_deprecations", "sqlparse")},
    "full_refresh": "--full-refresh, or the config of that name for some models",
    "store_failures": "--store-failures, or the config of that name for some tests",
    "log_path": "--log-path, or 'log-path:' beside 'flags:'",
    "target_path": "--target-path, or 'target-path:' beside 'flags:'",
    "threads": "--threads, or 'threads:' in profiles.yml",
}
"""Options that dbt takes from the command line and the environment alone, and how to say them."""

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


def counting(flags: Any) -> tuple[Any, tuple[str, ...]]:
    """Those of a file's flags that count there, and the names of the others, which each run says anew, as in dbt."""
    if not isinstance(flags, Mapping):
        return flags, ()  # refused with the rest of the file
    known = {name: value for name, value in flags.items() if name not in _ONLY_SAID}
    return known, tuple(name for name in flags if name in _ONLY_SAID)


def unknown_flags(project: ProjectFile) -> Iterator[str]:
    """A warning for each flag that dbt does not have, or does not take from a file."""
    for name in project.flags_passed_over:
        yield f"{project.shown}{PROJECT_FILE}: flag {name!r} says nothing there, use {_ONLY_SAID[name]}"
    for name in project.content.get("flags") or {}:
        if str(name).lower() not in KNOWN and name not in _ONLY_SAID:
            hint = closest(str(name), KNOWN)
            yield f"{project.shown}{PROJECT_FILE}: unknown flag {name!r}{', ' + hint if hint else ''}"

"""The options of a run under dbt's names: `invocation_args_dict` and `flags`, with what they are if nobody says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COMMON: Mapping[str, Any] = {
    **{"vars": {}, "warn_error_options": {"error": [], "warn": [], "silence": []}, "indirect_selection": "eager"},
    **{"log_level": "info", "log_level_file": "debug", "log_format": "default", "log_format_file": "debug"},
    **{"log_file_max_bytes": 10485760, "printer_width": 80, "maximum_seed_size_mib": 1},
    "sqlparse": {"MAX_GROUPING_DEPTH": None, "MAX_GROUPING_TOKENS": None},
    "v2_parser": "dbt-core-experimental-parser parse",
    **dict.fromkeys(
        (
            *("introspect", "static_parser", "print", "partial_parse", "partial_parse_file_diff", "populate_cache"),
            *("use_colors", "use_colors_file", "version_check", "write_json", "hints_enabled", "validate_macro_args"),
            *("require_all_warnings_handled_by_warn_error", "require_batched_execution_for_custom_microbatch_strategy"),
            *("require_explicit_package_overrides_for_builtin_materializations",),
            *("require_generic_test_arguments_property", "require_nested_cumulative_type_params"),
            *("require_resource_names_without_spaces", "require_yaml_configuration_for_mf_time_spines"),
            *("skip_nodes_if_on_run_start_fails", "source_freshness_run_project_hooks"),
            *("state_modified_compare_more_unrendered_values",),
        ),
        True,
    ),
    **dict.fromkeys(
        (
            *("quiet", "show_resource_report", "macro_debugging", "cache_selected_only", "strict_mode", "defer"),
            *("favor_state", "send_anonymous_usage_stats", "show_all_deprecations", "upload_to_artifacts_ingest_api"),
            *("use_fast_test_edges", "use_v2_parser", "use_catalogs_v2", "snowflake_projects_otel"),
            *("allow_jinja_file_extensions", "enable_grouped_warn_error_parser_logs", "state_modified_compare_vars"),
            *("latest_version_pointer_enabled_by_default", "require_corrected_analysis_fqns"),
            *("require_ref_searches_node_package_before_root", "require_sql_header_in_test_configs"),
            *("require_source_and_semantic_model_names_without_spaces", "require_unique_project_resource_names"),
            *("require_valid_schema_from_generate_schema_name", "support_custom_ref_kwargs"),
        ),
        False,
    ),
}
"""dbt's options, and the flags of a project, with their values if nobody says anything. One without is not listed."""

_SELECTING: Mapping[str, Any] = {"select": (), "exclude": ()}
_BY_KIND: Mapping[str, Any] = {**_SELECTING, "resource_types": (), "exclude_resource_types": ()}
_OF_COMMAND: Mapping[str, Mapping[str, Any]] = {
    **{"run": {**_SELECTING, "empty": False}, "snapshot": {**_SELECTING, "empty": False}},
    "seed": {**_SELECTING, "empty": False, "show": False},
    "build": {**_BY_KIND, "empty": False, "show": False, "export_saved_queries": False, "include_saved_query": False},
    **{"test": _BY_KIND, "clone": _BY_KIND},
    "compile": {**_SELECTING, "empty": False, "inject_ephemeral_ctes": True, "output": "text"},
    "show": {**_SELECTING, "limit": 5, "output": "text"},
    "generate": {**_SELECTING, "compile": True, "empty_catalog": False, "static": False},
    "run-operation": dict.fromkeys(
        (
            *("debug", "fail_fast", "full_refresh", "log_cache_events", "single_threaded", "store_failures"),
            "use_experimental_parser",
        ),
        False,
    ),
}
"""What some commands have beside them."""

_NOT_OF_COMMAND = {"run-operation": ("sqlparse", "warn_error_options"), "clone": ("sqlparse",)}
"""What dbt does not tell of some commands."""

_SHOWN: Mapping[str, Any] = {
    **{"FAIL_FAST": False, "WARN_ERROR": None, "TARGET_PATH": None, "EMPTY": False, "QUIET": False, "DEBUG": False},
    **{"VERSION_CHECK": True, "HINTS_ENABLED": True, "PRINTER_WIDTH": 80, "USE_COLORS": True, "LOG_PATH": "logs"},
    **{"CACHE_SELECTED_ONLY": False, "INDIRECT_SELECTION": "eager", "LOG_FORMAT": "default", "INTROSPECT": True},
    **{"LOG_CACHE_EVENTS": False, "SEND_ANONYMOUS_USAGE_STATS": False, "MAXIMUM_SEED_SIZE_MIB": 1},
    **{"STATIC_PARSER": True, "NO_PRINT": None, "USE_EXPERIMENTAL_PARSER": False, "PROFILES_DIR": None},
    **{"WRITE_JSON": True, "PARTIAL_PARSE": True, "REQUIRE_SQL_HEADER_IN_TEST_CONFIGS": False},
    **{"INVOCATION_COMMAND": None, "WARN_ERROR_OPTIONS": {"error": [], "warn": [], "silence": []}},
}
"""What `flags` has whatever was said."""

_RENAMED = {
    **{"resource_type": "resource_types", "exclude_resource_type": "exclude_resource_types", "show_rows": "show"},
    "compiles": "compile",
}


def all_options(said: Mapping[str, Any], project_flags: Mapping[str, Any]) -> dict[str, Any]:
    """Every option of a run: what was said, what dbt_project.yml says, else what is usual."""
    own = {_RENAMED.get(key, key): value for key, value in said.items() if value is not None}
    for key in ("use_colors", "log_format", "log_level"):  # the file follows, unless something else is said of it
        if key in own:
            own.setdefault(f"{key}_file", own[key])
    command = str(said.get("which"))
    found = {**_COMMON, **_OF_COMMAND.get(command, _SELECTING), **project_flags, **own}
    if isinstance(found[_WARNINGS], Mapping):
        found[_WARNINGS] = _rules(found[_WARNINGS])
    return {key: value for key, value in found.items() if key not in _NOT_OF_COMMAND.get(command, ())}


def _rules(said: Mapping[str, Any]) -> dict[str, Any]:
    """Which warnings are errors, by today's names of the keys."""
    return {key: said.get(key) or said.get(old) or [] for key, old in _OLD_KEYS.items()}


_WARNINGS = "warn_error_options"
_OLD_KEYS = {"error": "include", "warn": "exclude", "silence": ""}


def all_flags(said: Mapping[str, Any], project_flags: Mapping[str, Any]) -> dict[str, Any]:
    """Those that dbt shows as `flags`, in capitals: whatever else was said is not there."""
    known = {str(key).upper(): value for key, value in {**project_flags, **said}.items() if value is not None}
    return {name: known.get(name, usual) for name, usual in _SHOWN.items()}

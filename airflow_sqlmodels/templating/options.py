"""The options of a run under dbt's names: `invocation_args_dict` and `flags`, with what they are if nobody says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_USUAL: Mapping[str, Any] = {
    **{"select": (), "exclude": (), "resource_types": (), "exclude_resource_types": (), "vars": {}},
    **{"log_level": "info", "log_level_file": "debug", "log_format": "default", "log_format_file": "debug"},
    **{"log_file_max_bytes": 10485760, "printer_width": 80, "maximum_seed_size_mib": 1, "indirect_selection": "eager"},
    **dict.fromkeys(
        (
            *("introspect", "static_parser", "print", "partial_parse", "partial_parse_file_diff", "populate_cache"),
            *("use_colors", "use_colors_file", "version_check", "write_json", "hints_enabled"),
        ),
        True,
    ),
    **dict.fromkeys(
        (
            *("quiet", "show_resource_report", "macro_debugging", "cache_selected_only", "strict_mode", "defer"),
            *("favor_state", "empty", "export_saved_queries", "include_saved_query", "send_anonymous_usage_stats"),
            *("show_all_deprecations", "upload_to_artifacts_ingest_api", "use_fast_test_edges"),
        ),
        False,
    ),
    "warn_error_options": {"error": [], "warn": [], "silence": []},
}
"""dbt's options and their values if nobody says anything. One without a value is not listed."""

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

_RENAMED = {"resource_type": "resource_types", "exclude_resource_type": "exclude_resource_types"}


def all_options(said: Mapping[str, Any], project_flags: Mapping[str, Any]) -> dict[str, Any]:
    """Every option of a run: what was said, what dbt_project.yml says, else what is usual."""
    own = {_RENAMED.get(key, key): value for key, value in said.items() if value is not None}
    return {**_USUAL, **project_flags, **own}


def all_flags(said: Mapping[str, Any], project_flags: Mapping[str, Any]) -> dict[str, Any]:
    """Those that dbt shows as `flags`, in capitals: whatever else was said is not there."""
    known = {str(key).upper(): value for key, value in {**project_flags, **said}.items() if value is not None}
    return {name: known.get(name, usual) for name, usual in _SHOWN.items()}

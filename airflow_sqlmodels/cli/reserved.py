"""Environment variables that look like the command's own, and are not: dbt keeps the prefix for its options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_sqlmodels.manifest.warned import Warned

PREFIX = "DBT_ENGINE_"

VARIABLES = frozenset(
    (
        *("ARTIFACT_STATE_PATH", "CACHE_SELECTED_ONLY", "CLEAN_PROJECT_FILES_ONLY", "DEBUG", "DEFER", "DEFER_STATE"),
        *("DEFER_TO_STATE", "DOWNLOAD_DIR", "EMPTY", "EVENT_TIME_END", "EVENT_TIME_START", "EXCLUDE_RESOURCE_TYPES"),
        *("EXPORT_SAVED_QUERIES", "FAIL_FAST", "FAVOR_STATE", "FAVOR_STATE_MODE", "FULL_REFRESH", "HINTS_ENABLED"),
        *("HOST", "INCLUDE_SAVED_QUERY", "INDIRECT_SELECTION", "INTROSPECT", "INVOCATION_ENV", "LOG_CACHE_EVENTS"),
        *("LOG_FILE_MAX_BYTES", "LOG_FORMAT", "LOG_FORMAT_FILE", "LOG_LEVEL", "LOG_LEVEL_FILE", "LOG_PATH"),
        *("MACRO_DEBUGGING", "MAXIMUM_SEED_SIZE_MIB", "NO_PRINT", "PACKAGE_HUB_URL", "PARTIAL_PARSE"),
        *("PARTIAL_PARSE_FILE_DIFF", "PARTIAL_PARSE_FILE_PATH", "POPULATE_CACHE", "PP_FILE_DIFF_TEST", "PP_TEST"),
        *("PRINT", "PRINTER_WIDTH", "PROFILE", "PROFILES_DIR", "PROJECT_DIR", "QUIET", "RECORDED_FILE_PATH"),
        *("RESOURCE_TYPES", "SAMPLE", "SEND_ANONYMOUS_USAGE_STATS", "SHOW_RESOURCE_REPORT"),
        *("SINGLE_THREADED", "SNOWFLAKE_PROJECTS_OTEL", "SQLPARSE", "STATE", "STATIC_PARSER", "STORE_FAILURES"),
        *("TARGET", "TARGET_PATH", "TEST_STATE_MODIFIED", "UPLOAD_TO_ARTIFACTS_INGEST_API", "USE_COLORS"),
        *("USE_COLORS_FILE", "USE_EXPERIMENTAL_PARSER", "USE_FAST_TEST_EDGES", "USE_V2_PARSER", "V2_PARSER"),
        *("VERSION_CHECK", "WARN_ERROR", "WARN_ERROR_OPTIONS", "WRITE_JSON"),
    )
)
"""What may stand behind the prefix, or behind `DBT_`. As in dbt, `--select`, `--vars` and others are out."""


def reserved_names(names: Iterable[str]) -> Iterator[Warned]:
    """A warning for each environment variable with the prefix that no option has."""
    for name in sorted(names):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in VARIABLES:
            text = f"the environment variable {name}: names that begin with {PREFIX} are kept for options, rename it"
            data = {"env_var": name, "reserved_prefix": PREFIX}
            yield Warned(text, "EnvironmentVariableNamespaceDeprecation", data)

"""What a template calls as `exceptions`: ways to refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from airflow_sqlmodels.errors import CompilationError, FailFastError, WarehouseError
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.templating.contract_text import mismatches


class NeedsWarehouseError(CompilationError):
    """A template asks the warehouse, and there is no connection."""


class Refusals:
    """`exceptions.raise_compiler_error(...)` and its siblings."""

    def __init__(self, warn: Callable[[Warned], None]) -> None:
        self._warn = warn

    def warn(self, message: str, node: Any = None) -> str:  # noqa: ARG002  # dbt's signature
        """Say it and go on."""
        self._warn(Warned(str(message), "JinjaLogWarning", {"msg": str(message)}, once=True))
        return ""

    def warn_snapshot_timestamp_data_types(self, snapshot_time_data_type: str, updated_at_data_type: str) -> str:
        """Say that the times of a snapshot are of two types, and go on."""
        what = (
            f"Data type of snapshot table timestamp columns ({snapshot_time_data_type}) doesn't match derived column"
            f" 'updated_at' ({updated_at_data_type}). Please update snapshot config 'updated_at'"
        )
        data = {"snapshot_time_data_type": snapshot_time_data_type, "updated_at_data_type": updated_at_data_type}
        self._warn(Warned(what, "SnapshotTimestampWarning", data))
        return ""

    def raise_compiler_error(self, message: str, node: Any = None) -> NoReturn:  # noqa: ARG002
        """Refuse."""
        raise CompilationError(str(message))

    def raise_database_error(self, message: str, node: Any = None) -> NoReturn:  # noqa: ARG002
        """Refuse, as if the warehouse had."""
        raise WarehouseError(str(message))

    def raise_not_implemented(self, message: str) -> NoReturn:
        """Refuse what this warehouse cannot do."""
        raise CompilationError(f"not implemented: {message}")

    def missing_config(self, model: Any, name: str) -> NoReturn:
        """Refuse a node that lacks a config."""
        raise CompilationError(f"{_name(model)} lacks the config {name!r}")

    def missing_relation(self, relation: Any, model: Any = None) -> NoReturn:
        """Refuse a relation that is not there."""
        raise CompilationError(f"{_name(model)}: there is no relation {relation}")

    def missing_materialization(self, materialization: str, adapter_type: str) -> NoReturn:
        """Refuse an unknown materialization."""
        raise CompilationError(f"no materialization {materialization!r} for {adapter_type}")

    def relation_wrong_type(self, relation: Any, expected_type: str, model: Any = None) -> NoReturn:
        """Refuse a relation of another kind."""
        raise CompilationError(f"{_name(model)}: {relation} is a {relation.type}, not a {expected_type}")

    def column_type_missing(self, column_names: Any) -> NoReturn:
        """Refuse columns whose type a contract does not give."""
        raise CompilationError(f"a contract needs data_type for each column; it lacks: {', '.join(column_names)}")

    def raise_contract_error(self, yaml_columns: Any, sql_columns: Any) -> NoReturn:
        """Refuse a query whose columns are not the contract's."""
        wanted, given = _types(yaml_columns), _types(sql_columns)
        unlike = [name for name in {*wanted, *given} if wanted.get(name) != given.get(name)]
        raise CompilationError(mismatches(wanted, given, unlike))

    def raise_fail_fast_error(self, message: str, node: Any = None) -> NoReturn:  # noqa: ARG002
        """Refuse what was found; as in dbt, the run goes on with the other nodes."""
        raise FailFastError(str(message))

    raise_dependency_error = raise_dep_not_found = raise_ambiguous_alias = raise_compiler_error
    raise_ambiguous_catalog_match = raise_cache_inconsistent = raise_dataclass_not_dict = raise_compiler_error
    raise_duplicate_patch_name = raise_duplicate_resource_name = raise_compiler_error
    raise_invalid_property_yml_version = raise_compiler_error


def _name(model: Any) -> str:
    if isinstance(model, dict):
        return str(model.get("name", "this node"))
    return "this node" if model is None else str(model)


def _types(columns: Any) -> dict[str, str]:
    """Types by name, of columns as `format_columns` gives them."""
    return {str(each["name"]): str(each["data_type"]) for each in columns}

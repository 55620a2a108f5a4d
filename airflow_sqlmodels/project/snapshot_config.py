"""What a snapshot's config must say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import Location, ProjectError, SqlModelsError, closest
from airflow_sqlmodels.manifest.snapshot_words import META_COLUMNS, wrong_deletes
from airflow_sqlmodels.manifest.warned import Warned


def check_snapshot(name: str, config: Mapping[str, Any], at: Location) -> Iterator[Warned]:
    """What is doubtful. Raises ProjectError for a snapshot that cannot be taken: a config is missing or nonsense."""
    strategy = config.get("strategy")
    missing = [key for key in ("strategy", "unique_key") if not config.get(key)]
    missing += ["updated_at"] if strategy == "timestamp" and not config.get("updated_at") else []
    missing += ["check_cols"] if strategy == "check" and not config.get("check_cols") else []
    if missing:
        listed = ", ".join(map(repr, missing))
        raise ProjectError(f"the snapshot {name!r} lacks the config {listed}", at,
                           "strategy: timestamp needs updated_at, strategy: check needs check_cols")  # fmt: skip
    _refuse_columns(name, strategy, config.get("check_cols"), at)
    yield from _doubtful(name, config, at)


def _doubtful(name: str, config: Mapping[str, Any], at: Location) -> Iterator[Warned]:
    """What dbt passes over, or lets fail the snapshot alone when it is its turn."""
    wrong = wrong_deletes(config)
    if wrong:
        yield Warned(str(SqlModelsError(f"the snapshot {name!r}: {wrong[0]}", at, wrong[1])))
    for key in config.get("snapshot_meta_column_names") or {}:
        if key not in META_COLUMNS:
            what = f"the snapshot {name!r} adds no column {key!r}"
            yield Warned(str(SqlModelsError(what, at, closest(str(key), META_COLUMNS))))


def _refuse_columns(name: str, strategy: Any, columns: Any, at: Location) -> None:
    """Raises ProjectError for columns to be compared that are none, or that the strategy has no use for."""
    if strategy == "timestamp" and columns:
        what = f"the snapshot {name!r}: a 'timestamp' snapshot should not have 'check_cols'"
        raise ProjectError(what, at, "it looks at updated_at alone: remove one of them, or set strategy: check")
    if strategy == "check" and isinstance(columns, str) and columns != "all":
        what = f"the snapshot {name!r}: invalid value for 'check_cols': {columns!r}"
        raise ProjectError(what, at, f"check_cols: all, or a list: [{columns}]")

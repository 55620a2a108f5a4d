"""What the config of a snapshot and the columns that it adds are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.errors import closest

META_COLUMNS = {
    name: name for name in ("dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to", "dbt_is_deleted")
}
"""The columns that a snapshot adds, by the names that `snapshot_meta_column_names` knows them by."""

HARD_DELETES = ("ignore", "invalidate", "new_record")


def hard_deletes_of(config: Mapping[str, Any]) -> str:
    """The config `hard_deletes`, or what its older form `invalidate_hard_deletes` means."""
    said = config.get("hard_deletes")
    if said:
        return str(said)
    return "invalidate" if config.get("invalidate_hard_deletes") else "ignore"


def wrong_deletes(config: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a config that says both forms of it or an unknown word, and a hint; None if nothing is."""
    said = config.get("hard_deletes")
    if said is not None and config.get("invalidate_hard_deletes") is not None:
        return "hard_deletes and invalidate_hard_deletes say the same", "set one of them"
    if said is not None and said not in HARD_DELETES:
        hint = closest(str(said), HARD_DELETES) or f"one of {', '.join(HARD_DELETES)}"
        return f"Invalid setting for property hard_deletes: {said!r}", hint
    return None

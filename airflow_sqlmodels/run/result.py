"""What came of one step."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from msgspec import Struct, field

from airflow_sqlmodels.errors import EphemeralError, SqlModelsError
from airflow_sqlmodels.manifest.nodes import NodeId

Status = Literal["success", "error", "fail", "warn", "pass", "skipped", "no-op", "partial success"]
"""dbt's words. `fail` and `warn` are verdicts of tests, `error` means that it could not be run."""

FAIL_FAST = "--fail-fast"
"""Why the rest is skipped after a failure, if that was asked for."""
BEHIND_FAILURE = "did not succeed"
"""What is said of the node that kept another one from being begun."""


def thread_name(number: int) -> str:
    """What a thread of a run is called, as in dbt."""
    return f"Thread-{number} (worker)"


class Result(Struct, frozen=True, kw_only=True):
    """One node's outcome."""

    node: NodeId
    status: Status
    rows: int = -1
    """Rows written; -1 unknown or not a matter of rows."""
    seconds: float = 0.0
    message: str | None = None
    """The command tag of a built node, or what went wrong."""
    failures: int | None = None
    """Rows at fault; None for anything but a test."""
    compiled_sql: str = ""
    sent_sql: str = ""
    """The statement with the compiled SQL in it, as the warehouse got it."""
    relation_name: str | None = None
    """The relation it wrote, quoted."""
    error: SqlModelsError | None = None
    """What was raised, for whoever must raise it again."""
    details: dict[str, Any] = field(default_factory=dict)
    """What only one kind of node has to tell: the ages of a source."""
    started_at: datetime.datetime | None = None
    finished_at: datetime.datetime | None = None
    thread: str = ""

    @property
    def broken_model(self) -> NodeId | None:
        """The ephemeral model that could not be compiled, if that is why it was skipped."""
        if self.status != "skipped" or not isinstance(self.error, EphemeralError):
            return None
        return NodeId(self.error.model)

    @property
    def passed(self) -> bool:
        """Whether what depends on it may go on."""
        return self.status in ("success", "pass", "warn", "no-op")

"""What the demo prints of a run that failed."""

from __future__ import annotations

from typing import Any

from docs.demo.report import last_words


def test_a_failed_task_is_shown_with_its_last_error() -> None:
    """Of an error with causes the first is what the task raised; its log keeps it beside the line."""
    log: list[dict[str, Any]] = [
        {"event": "Building staging.stg_orders"},
        {"event": "Building", "error_detail": [{"exc_value": "in vain, tried again"}]},
        {"event": "Task failed", "error_detail": [{"exc_value": "no column amuont"}, {"exc_value": "the cause"}]},
    ]

    assert last_words(log) == "no column amuont"


def test_a_log_without_an_error_is_no_error_itself() -> None:
    """A task that was killed has nothing to say."""
    assert last_words([{"event": "Building"}, {"event": "gone", "error_detail": None}]) == "its log does not say why"

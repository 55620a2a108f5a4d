"""What is told when a command ends, however it ends: how long it took, and what it took of the machine."""

from __future__ import annotations

import contextlib
import datetime
import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_sqlmodels.cli.log import Log


def tell_end(log: Log, command: str, began: float, *, success: bool, report: bool) -> None:
    """Tell it to those who look closely, under dbt's names. `began` is what `time.perf_counter` said.

    `report`: what it took of the machine is told to everybody.
    """
    elapsed = time.perf_counter() - began
    used = _used(command.rpartition(" ")[2], elapsed, success=success)
    if used:
        log.happened(
            "ResourceReport", "Z051", f"Resource report: {json.dumps(used)}", used, "info" if report else "debug"
        )
    now = datetime.datetime.now(datetime.UTC)
    data = {"command": command, "success": success, "completed_at": f"{now:%Y-%m-%dT%H:%M:%S.%fZ}", "elapsed": elapsed}
    verdict = "succeeded" if success else "failed"
    message = f"Command `{command}` {verdict} at {now:%H:%M:%S.%f} after {elapsed:.2f} seconds"
    log.happened("CommandCompleted", "Q039", message, data)


def _used(name: str, elapsed: float, *, success: bool) -> dict[str, Any]:
    """Time, memory and disk; counts are texts, as in dbt. Nothing on a system that does not tell."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415  # Windows has none

        found = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "command_name": name,
            "command_success": success,
            "command_wall_clock_time": elapsed,
            "process_in_blocks": str(found.ru_inblock),
            "process_kernel_time": found.ru_stime,
            "process_mem_max_rss": str(found.ru_maxrss),
            "process_out_blocks": str(found.ru_oublock),
            "process_user_time": found.ru_utime,
        }
    return {}

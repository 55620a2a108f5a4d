"""What is the same for every node of one run: its id, its start, its flags."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from airflow_sqlmodels.templating.options import all_flags

if TYPE_CHECKING:
    from airflow_sqlmodels.manifest.nodes import AnyNode
    from airflow_sqlmodels.manifest.warned import Warned
    from airflow_sqlmodels.templating.newer_versions import NewerVersion
    from airflow_sqlmodels.templating.sampling import Window

LANGUAGE_VERSION = "1.12.6"
"""The release of dbt whose language is meant: what templates see as `dbt_version`."""


def _silent(_message: object) -> None:
    return None


Span = tuple[datetime.datetime, datetime.datetime]
"""From when until when."""


class EarlierBatches(Struct, frozen=True):
    """What came of the batches of a model in an earlier run."""

    successful: tuple[Span, ...]
    failed: tuple[Span, ...]


class Invocation(Struct, frozen=True, kw_only=True):
    """One run. The defaults are those of a run without flags."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    command: str = "build"
    full_refresh: bool | None = None
    """`--full-refresh`; None: not said."""
    store_failures: bool | None = None
    empty: bool = False
    sample: Window | None = None
    """The rows to read of what has an `event_time`; None: all."""
    selected: tuple[str, ...] = ()
    """The ids of the nodes of this run: `selected_resources`."""
    event_time_start: datetime.datetime | None = None
    event_time_end: datetime.datetime | None = None
    as_of: datetime.datetime | None = None
    """Up to when there are batches, unless `event_time_end` says: the start of the run that is retried; None: now."""
    batches: Mapping[str, EarlierBatches] = field(default_factory=dict)
    """By id of a microbatch model what an earlier run did of it, if only the rest is to be done."""
    overloads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By id of a function the overloads that an earlier run made, if only the others are to be made."""
    args: Mapping[str, Any] = field(default_factory=dict)
    """All flags, by dbt's name: `invocation_args_dict`."""
    say: Callable[[str], None] = _silent
    """Where `log(..., info=True)` goes."""
    note: Callable[[str], None] = _silent
    """Where `log(...)` goes."""
    show: Callable[[str], None] = print
    """Where `print` goes: as it is, even with --quiet."""
    warn: Callable[[Warned], None] = _silent
    """Where `exceptions.warn` goes, and what else is odd about what a template does."""
    inform: Callable[[AnyNode, NewerVersion], None] | None = None
    """Where it goes that a node reads a model that has a version above its latest; None: nobody wants to know."""

    def keeps_failures(self, configured: Any) -> bool:
        """Whether the rows that a data test finds are kept; `configured`: its config `store_failures`."""
        return bool(self.store_failures if configured is None else configured)


class Flags:
    """What templates see as `flags`: flags by their upper-case names. Others are not there."""

    def __init__(
        self, invocation: Invocation, project_flags: Mapping[str, Any], note: Callable[[str], None] = _silent
    ) -> None:
        """`note` is told each name that is asked for."""
        self._note = note
        self._values: dict[str, Any] = {
            **all_flags(invocation.args, project_flags),
            "FULL_REFRESH": bool(invocation.full_refresh),
            "STORE_FAILURES": bool(invocation.store_failures),
            "EMPTY": invocation.empty,
            "WHICH": invocation.command,
        }

    def __getattr__(self, name: str) -> Any:
        self._note(name.upper())
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(name) from None

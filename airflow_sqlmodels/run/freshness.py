"""How old the newest row of a source is, and whether that is too old."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import CompilationError, SqlModelsError, WarehouseError
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.manifest.nodes import Period, Source
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.run.result import Result, Status
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.warehouse.session import Session

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class Age(Struct, frozen=True):
    """What was measured."""

    loaded_at: datetime.datetime | None
    """The newest row's time; None for a table without rows."""
    measured_at: datetime.datetime
    seconds: float


def is_checked(source: Source) -> bool:
    """Whether a source has a freshness rule and a way to tell its age."""
    return source.freshness is not None and bool(source.loaded_at_field or source.loaded_at_query)


def run_freshness(means: Answerer, source: Source, session: Session) -> Result:
    """pass, warn or error by the source's own rule. Raises SqlModelsError if it does not say how to tell its age."""
    rule = source.freshness
    if rule is None:
        return Result(node=source.id, status="no-op", message="no freshness rule")
    age = measure(means, source, session)
    session.commit()
    status: Status = "pass"
    limits: tuple[tuple[Status, Period | None], ...] = (("warn", rule.warn_after), ("error", rule.error_after))
    for verdict, limit in limits:
        if limit is not None and age.seconds > seconds_of(limit):
            status = verdict
    newest = "no rows" if age.loaded_at is None else f"newest row of {age.loaded_at.isoformat()}"
    return Result(node=source.id, status=status, message=f"{source.relation}: {newest}", details=_details(age))


def seconds_of(period: Period) -> float:
    """The length of a period in seconds."""
    return period.count * _SECONDS[period.period]


def measure(means: Answerer, source: Source, session: Session) -> Age:
    """Ask the warehouse for the newest row's time."""
    if not (source.loaded_at_field or source.loaded_at_query):
        hint = "add loaded_at_field or loaded_at_query"
        what = f"Could not compute freshness for source {source.name}: nothing says when it was loaded"
        raise SqlModelsError(what, source.at, hint)
    rendering = Rendering(means, source, session)
    condition = source.freshness.filter if source.freshness and source.freshness.filter else None
    where = rendering.text(condition, source.at) if condition else None
    query = rendering.text(source.loaded_at_query, source.at) if source.loaded_at_query else None
    own = means.macros.of_adapter("collect_freshness" if query is None else "collect_freshness_custom_sql")
    if own is not None:
        relation = rendering.relation_of(source)
        given = (relation, source.loaded_at_field, where) if query is None else (relation, query)
        returned = rendering.called_by_adapter(own, *given)
        times = _answered(own, returned)
        if not isinstance(returned, Mapping):
            means.invocation.warn(_returns_table(own))
        return _age(*times, source)
    if query is None:
        name = means.dialect.render(means.relation(source.relation))
        query = f"select max({source.loaded_at_field}) from {name}{f' where {where}' if where else ''}"
    loaded_at, measured_at = session.query(f"select ({query}), current_timestamp").rows[0]
    return _age(loaded_at, measured_at, source)


def _returns_table(macro: Macro) -> Warned:
    what = f"{macro.at}: the macro {macro.name} returns a table: what `load_result` gives is to be returned whole"
    return Warned(what, "CollectFreshnessReturnSignature")


def _answered(macro: Macro, returned: Any) -> tuple[Any, Any]:
    """The two values of a project's own `collect_freshness`: it returns a result, or the table in it."""
    table = returned["table"] if isinstance(returned, Mapping) else returned
    try:
        row = table.rows[0]
        return row[0], row[1]
    except (AttributeError, IndexError, KeyError, TypeError):
        hint = "end it with {{ return(load_result('collect_freshness')) }}"
        raise CompilationError(f"{macro.name} gave no row with two timestamps", macro.at, hint) from None


def _age(loaded_at: Any, measured_at: datetime.datetime, source: Source) -> Age:
    if measured_at.tzinfo is None:  # a project's own macro may say it in UTC
        measured_at = measured_at.replace(tzinfo=datetime.UTC)
    if loaded_at is None:
        return Age(None, measured_at, float("inf"))
    if not isinstance(loaded_at, datetime.datetime):
        if not isinstance(loaded_at, datetime.date):
            raise WarehouseError(f"{source.loaded_at_field!r} is no timestamp: {loaded_at!r}", source.at,
                                 "cast it: loaded_at_field: \"loaded_on::timestamp\"")  # fmt: skip
        loaded_at = datetime.datetime.combine(loaded_at, datetime.time())
    if loaded_at.tzinfo is None:  # dbt reads it as UTC
        loaded_at = loaded_at.replace(tzinfo=datetime.UTC)
    return Age(loaded_at, measured_at, (measured_at - loaded_at).total_seconds())


def _details(age: Age) -> dict[str, Any]:
    return {
        "max_loaded_at": None if age.loaded_at is None else age.loaded_at.isoformat(),
        "snapshotted_at": age.measured_at.isoformat(),
        "max_loaded_at_time_ago_in_s": age.seconds,
    }

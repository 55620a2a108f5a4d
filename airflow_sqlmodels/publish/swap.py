"""Puts a candidate in the place of a relation while others read it: views first, under a lock budget.

A reader of a view locks the view first and the table behind it second, so the publisher does too. It holds exclusive
locks no longer than the budget; if that runs out it lets go, pauses and begins again, so readers never lose a conflict.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import PublishError, WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.publish.candidate import replaced_of
from airflow_sqlmodels.publish.dependents import DirectView, direct_views, refuse_lost_columns
from airflow_sqlmodels.publish.rules import PublishRules
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session

_IN_THE_WAY = ("55P03", "40P01")  # lock_not_available, deadlock_detected
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


@dataclass(frozen=True, slots=True)
class Swap:
    """What takes whose place."""

    relation: Relation
    candidate: Relation
    candidate_kind: str
    existing: str | None
    """The kind of what has the name now; None if nothing has."""
    renames: tuple[str, ...]
    """SQL for what hangs on the candidate under names that the old relation has until it is dropped."""
    finish: Callable[[], None]
    """Called in the same transaction, when the name means the new relation: in-transaction hooks."""


def publish(session: Session, dialect: Dialect, swap: Swap, rules: PublishRules, log: Callable[[str], None]) -> None:
    """Make the candidate visible and commit.

    Raises PublishError if others did not let it in time, or a view cannot be carried: then readers see what they saw.
    """
    if swap.existing is None:
        rename = _rename(dialect, swap.candidate, swap.candidate_kind, swap.relation.identifier)
        session.execute(";\n".join((rename, *swap.renames)))
        swap.finish()
        session.commit()
        return
    deadline, pause = time.monotonic() + rules.timeout, _FIRST_PAUSE
    while True:
        try:
            _try(session, dialect, swap, rules)
        except WarehouseError as error:
            session.rollback()
            if error.sqlstate not in _IN_THE_WAY:
                raise
            if time.monotonic() > deadline:
                raise _gave_up(session, dialect, swap, rules) from error
            log(f"others read {swap.relation} without a gap; trying again to publish it")
            time.sleep(random.uniform(0, pause))
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            session.commit()
            return


def _try(session: Session, dialect: Dialect, swap: Swap, rules: PublishRules) -> None:
    """One try, up to the commit."""
    views = direct_views(session, dialect, swap.relation)
    if views:
        found = catalog.columns(session, dialect, [swap.candidate])[swap.candidate.key]
        refuse_lost_columns(swap.relation, views, [column.name for column in found])
    random.shuffle(views)
    began = time.monotonic()
    for view in views:
        session.execute(f"{_within(began, rules)};\n{view.statement()}")
    session.execute("\n".join(_exchange(dialect, swap, views, _within(began, rules))))
    swap.finish()


def _exchange(dialect: Dialect, swap: Swap, views: list[DirectView], within: str) -> list[str]:
    """The statements that take milliseconds: from the lock on the relation to the drop of the old one."""
    name, old = dialect.render(swap.relation), replaced_of(swap.relation, dialect)
    lock = [f"lock table {name} in access exclusive mode;"] if swap.existing == "table" else []
    return [
        f"{within};",
        *lock,
        _rename(dialect, swap.relation, str(swap.existing), old.identifier) + ";",
        _rename(dialect, swap.candidate, swap.candidate_kind, swap.relation.identifier) + ";",
        *(view.statement() + ";" for view in views),
        # without cascade: if something unknown hangs on it, nothing happens at all
        f"drop {_word(str(swap.existing))} {dialect.render(old)};",
        *(f"{rename};" for rename in swap.renames),
        "set local lock_timeout = default",
    ]


def _within(began: float, rules: PublishRules) -> str:
    """Limits the next wait for a lock to what is left of the budget. Milliseconds; 0 would mean no limit."""
    left = rules.lock_budget - (time.monotonic() - began)
    return f"set local lock_timeout = {max(int(left * 1000), 1)}"


def _rename(dialect: Dialect, relation: Relation, kind: str, name: str) -> str:
    return f"alter {_word(kind)} {dialect.render(relation)} rename to {dialect.quote(name)}"


def _word(kind: str) -> str:
    return kind.replace("_", " ")


def _gave_up(session: Session, dialect: Dialect, swap: Swap, rules: PublishRules) -> PublishError:
    rows = session.query(
        "select distinct a.pid, a.application_name, now() - a.xact_start, left(a.query, 60)\n"
        "from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a on a.pid = l.pid\n"
        f"where l.relation = {dialect.literal(dialect.render(Relation('', *swap.relation.key)))}::regclass\n"
        "    and a.pid <> pg_backend_pid()"
    ).rows
    session.rollback()
    named = "; ".join(f"pid {pid} ({name or 'no name'}, since {age}): {query}" for pid, name, age, query in rows)
    return PublishError(
        f"{swap.relation} could not be published within {rules.timeout:g} seconds: others always read it",
        None,
        f"in the way: {named or 'sessions that came and went'}. "
        f"The table is as it was, the new rows are in {swap.candidate}",
    )

"""Pre- and post-hooks: which run where."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sqlmodels.errors import UnreachableError, WarehouseError
from airflow_sqlmodels.materializations.build import Build, Hook


def run_inside(build: Build, hooks: Iterable[Hook]) -> None:
    """The hooks that belong to the node's transaction, in it."""
    for hook in hooks:
        if hook.transaction:
            _send(build, hook)


def run_outside(build: Build, hooks: Iterable[Hook]) -> None:
    """The hooks with `transaction: false`, each a transaction of its own. No transaction may be open."""
    outside = [hook for hook in hooks if not hook.transaction]
    if not outside:
        return
    with build.session.autocommit():
        for hook in outside:
            _send(build, hook)


def has_inside(hooks: Iterable[Hook]) -> bool:
    """Whether any of the hooks belongs to the transaction."""
    return any(hook.transaction for hook in hooks)


def _send(build: Build, hook: Hook) -> None:
    sql = hook.render().strip()
    if not sql:
        return
    try:
        build.session.execute(sql)
    except UnreachableError:
        raise
    except WarehouseError as error:
        raise hook.placed(error, sql) from error

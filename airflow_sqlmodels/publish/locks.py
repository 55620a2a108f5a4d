"""One writer per relation: an advisory lock that its session holds over build and publish."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator

from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.session import Session


def lock_key(relation: Relation) -> int:
    """A number for the relation's name, the same in every process; signed, 64 bits."""
    digest = hashlib.blake2b(f"sqlmodels:{relation.schema}.{relation.identifier}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@contextlib.contextmanager
def only_writer(session: Session, relation: Relation, log: Callable[[str], None]) -> Iterator[None]:
    """While inside, no other session of ours writes the relation. Waits for one that does, and says for whom."""
    key = lock_key(relation)
    taken = session.query(f"select pg_try_advisory_lock({key})").rows[0][0]
    if not taken:
        log(f"another session is writing {relation}: {_holder(session, key)}; waiting for it")
        session.execute(f"select pg_advisory_lock({key})")
    session.commit()
    try:
        yield
    except BaseException:
        session.rollback()
        with contextlib.suppress(Exception):  # a broken connection has given the lock back
            _release(session, key)
        raise
    _release(session, key)


def _release(session: Session, key: int) -> None:
    session.execute(f"select pg_advisory_unlock({key})")
    session.commit()


def _holder(session: Session, key: int) -> str:
    """Who holds it, as well as pg_stat_activity tells."""
    # pg_locks splits the key: postgresql.org/docs/current/view-pg-locks.html
    high, low = (key >> 32) & 0xFFFFFFFF, key & 0xFFFFFFFF
    rows = session.query(
        "select a.pid, a.application_name, now() - a.query_start from pg_catalog.pg_locks l"
        " join pg_catalog.pg_stat_activity a on a.pid = l.pid"
        f" where l.locktype = 'advisory' and l.granted and l.objsubid = 1"
        f" and l.classid::bigint = {high} and l.objid::bigint = {low}"
    ).rows
    if not rows:
        return "it just ended"
    pid, application, age = rows[0]
    return f"pid {pid} ({application or 'no name'}, its statement runs since {age})"

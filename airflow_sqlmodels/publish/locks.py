"""One writer per relation: an advisory lock that its session holds over build and publish."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.publish.candidate import candidate_of
from airflow_sqlmodels.publish.outgrown import beginning_of
from airflow_sqlmodels.warehouse.session import Session


class Writing(Struct, frozen=True):
    """What was found when the writer's lock was taken."""

    leftover: str | None
    """The kind of a candidate that a broken run left; None if there is none."""
    existing: str | None
    """The kind of relation that has the name."""
    options: str
    """The storage parameters of that relation, as SQL lists them."""
    version: int
    """The server's version: 180001 is 18.1."""
    session: int
    """The number of this session at the server."""
    outgrown: tuple[int, ...] = ()
    """The oids of old relations on which views were left: they may be unread by now."""


def lock_key(relation: Relation) -> int:
    """A number for the relation's name, the same in every process; signed, 64 bits."""
    digest = hashlib.blake2b(f"sqlmodels:{relation.schema}.{relation.identifier}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@contextlib.contextmanager
def only_writer(
    session: Session, dialect: Dialect, relation: Relation, log: Callable[[str], None]
) -> Iterator[Writing]:
    """While inside, no other session of ours writes the relation. Waits for one that does, and says for whom.

    Commits at the end; rolls back if it is left by an error.
    """
    locking, key = dialect.locking, lock_key(relation)
    looked = locking.try_to_write(key, candidate_of(relation, dialect), relation, beginning_of(relation, dialect))
    taken, *found = session.query(looked).rows[0]
    if not taken:
        log(f"another session is writing {relation}: {_writers(session, dialect, key)}; waiting for it")
        session.query(locking.wait_to_write(key))
        found = list(session.query(looked).rows[0][1:])  # takes the lock once more, which is given back below
    try:
        yield _writing(dialect, found)
    except BaseException:
        session.rollback()
        with contextlib.suppress(Exception):  # a broken connection has given the lock back
            _release(session, dialect, key, times=1 if taken else 2)
        raise
    _release(session, dialect, key, times=1 if taken else 2)


def _release(session: Session, dialect: Dialect, key: int, times: int) -> None:
    for _ in range(times):
        session.execute(dialect.locking.end_writing(key))
        session.commit()  # for the driver: the server has done so


def _writing(dialect: Dialect, found: list[Any]) -> Writing:
    leftover, existing, options, version, session, outgrown = found
    kinds = dialect.kinds
    return Writing(
        kinds.get(leftover),
        kinds.get(existing),
        options or "",
        int(version or 0),
        int(session or 0),
        tuple(outgrown or ()),
    )


def _writers(session: Session, dialect: Dialect, key: int) -> str:
    """Who holds it, as well as the server tells."""
    rows = session.query(dialect.locking.writers(key)).rows
    if not rows:
        return "it has just ended"
    pid, application, age, statement = rows[0]
    return f"pid {pid} ({application or 'no name'}), for {age}: {statement}"

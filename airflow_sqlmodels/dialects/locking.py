"""What a warehouse must be able to say about locks, so that one session publishes while others read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from airflow_sqlmodels.manifest.relation import Relation

OUTGROWN, OID_DIGITS = "__outgrown_", 10
"""What follows the name of an old relation on which views were left: this, and its number of so many digits."""


class Locking(ABC):
    """SQL for the lock of a writer, which lasts over transactions, and for locks with a budget, which last for one."""

    @abstractmethod
    def try_to_write(self, key: int, candidate: Relation, relation: Relation, outgrown: str) -> str:
        """SQL that takes a writer's lock if it is free.

        It gives whether it did, the kinds (the catalog's words) of candidate and relation, the relation's options as
        one text, the server's version, the number of the session at the server, and the oids of old relations
        on which views were left.
        """

    @abstractmethod
    def drop_unread(self, oids: Sequence[int]) -> str:
        """SQL that drops those relations that no view reads, one after the other; nothing that others hold."""

    @abstractmethod
    def wait_to_write(self, key: int) -> str:
        """SQL that waits for a writer's lock."""

    @abstractmethod
    def end_writing(self, key: int) -> str:
        """SQL that commits and gives a writer's lock back, in this order."""

    @abstractmethod
    def writers(self, key: int) -> str:
        """SQL that gives who holds a writer's lock: number, application, age and text of its statement."""

    @abstractmethod
    def open_budget(self, seconds: float) -> str:
        """SQL that starts a budget: from now on, waits for locks may take that long in all."""

    @abstractmethod
    def within_budget(self) -> str:
        """SQL that limits the next wait to what is left of the budget."""

    @abstractmethod
    def close_budget(self) -> str:
        """SQL that makes waits what they were before the budget."""

    @abstractmethod
    def hold(self, name: str, kind: str, owner: str) -> str:
        """SQL that keeps everybody else off a relation, and off nothing behind it."""

    @abstractmethod
    def keep_maintenance_off(self, names: Sequence[str], seconds: float) -> str:
        """SQL that makes the server's own upkeep leave tables alone. Readers and writers don't notice."""

    @abstractmethod
    def in_the_way(self, names: Sequence[str]) -> str:
        """SQL that gives who uses relations: number, application, user, state, age and text of its statement."""

"""A script as one would write it by hand: sends statements that stand in a file, in the order of their dependencies.

    python -m benchmarks.by_hand STATEMENTS.json "host=… dbname=…" CONNECTIONS

It knows nothing of this project, imports the driver alone, and does nothing but send.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import psycopg


def main(file: str, dsn: str, connections: str) -> None:
    """Send everything. `file`: {prepared: {name: SQL}, steps: [[name, names before it, statements]]}."""
    content = json.loads(Path(file).read_text(encoding="utf-8"))
    todo: queue.Queue[Any] = queue.Queue()
    done: queue.Queue[Any] = queue.Queue()
    statements = {name: sent for name, _, sent in content["steps"]}
    args = (statements, content["prepared"], dsn, todo, done)
    threads = [threading.Thread(target=_send, args=args, daemon=True) for _ in range(int(connections))]
    for thread in threads:
        thread.start()
    _hand_out(content["steps"], todo, done)
    for _ in threads:
        todo.put(None)
    for thread in threads:
        thread.join()


def _hand_out(steps: list[Any], todo: queue.Queue[Any], done: queue.Queue[Any]) -> None:
    """Each step as soon as those before it are done."""
    waits = {name: len(before) for name, before, _ in steps}
    below: dict[str, list[str]] = defaultdict(list)
    for name, before, _ in steps:
        for above in before:
            below[above].append(name)
    for name in [name for name, count in waits.items() if not count]:
        todo.put(name)
    for _ in range(len(waits)):
        ended = done.get()
        if isinstance(ended, Exception):
            raise ended
        for name in below[ended]:
            waits[name] -= 1
            if not waits[name]:
                todo.put(name)


def _send(statements: dict[str, list[str]], prepared: dict[str, str], dsn: str, todo: Any, done: Any) -> None:
    try:
        with psycopg.connect(dsn, prepare_threshold=None, autocommit=True) as connection:
            for name, sql in prepared.items():
                connection.execute(f"prepare {name} as {sql}")  # type: ignore[call-overload]
            while (name := todo.get()) is not None:
                for sql in statements.get(name, ()):
                    cursor = connection.execute(sql)  # type: ignore[call-overload]
                    while cursor.nextset():
                        pass
                done.put(name)
    except Exception as error:
        done.put(error)


if __name__ == "__main__":
    main(*sys.argv[1:])

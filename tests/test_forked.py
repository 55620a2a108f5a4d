"""Work shared out among processes: it comes back whole and in order, or not at all."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from airflow_sqlmodels import forked
from airflow_sqlmodels.forked import is_shared_out, parts, shared_out

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy a process"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # those of the runner of tests have threads
]


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that are made."""
    made: list[int] = []
    fork = os.fork

    def noted() -> int:
        process = fork()
        if process:
            made.append(process)
        return process

    monkeypatch.setattr(os, "fork", noted)
    return made


def _all_gone(copies: list[int]) -> None:
    for each in copies:
        with pytest.raises(ChildProcessError):
            os.waitpid(each, os.WNOHANG)


def test_each_part_is_done_in_a_process_of_its_own() -> None:
    done = shared_out(lambda number: (number, os.getpid()), 3)
    assert done is not None
    assert [number for number, _ in done] == [0, 1, 2]
    assert done[0][1] == os.getpid()
    assert len({pid for _, pid in done}) == 3


def test_each_part_knows_that_there_are_others() -> None:
    assert not is_shared_out()
    assert shared_out(lambda _number: is_shared_out(), 2) == [True, True]
    assert not is_shared_out()


def test_much_comes_back() -> None:
    assert shared_out(lambda number: [str(number)] * 1_000_000, 2) == [["0"] * 1_000_000, ["1"] * 1_000_000]


def _raise(number: int, where: int) -> None:
    if number == where:
        raise ValueError(number)


def _die(number: int, where: int) -> None:
    if number == where and number:
        os.kill(os.getpid(), signal.SIGKILL)


def _make_what_stays(number: int, where: int) -> object:
    return threading.Lock() if number == where else None


@pytest.mark.parametrize(("work", "where"), [(_raise, 0), (_raise, 1), (_die, 1), (_make_what_stays, 1)])
def test_nothing_comes_back_if_a_part_fails(work: object, where: int, copies: list[int]) -> None:
    assert shared_out(lambda number: work(number, where), 2) is None  # type: ignore[operator]
    assert len(copies) == 1
    _all_gone(copies)
    assert not is_shared_out()


def test_an_interrupt_ends_all_parts(copies: list[int]) -> None:
    def work(number: int) -> None:
        if number:
            threading.Event().wait()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shared_out(work, 3)
    assert len(copies) == 2
    _all_gone(copies)


def test_what_waits_to_be_written_is_written_once(capfd: pytest.CaptureFixture[str]) -> None:
    with os.fdopen(os.dup(1), "w") as out:
        out.write("once")
        assert shared_out(lambda number: number, 2) == [0, 1]
    assert capfd.readouterr().out == "once"


def test_a_process_that_did_not_say_so_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert parts(1_000_000, 1) == 1
    monkeypatch.setitem(forked._state, "most", 4)
    assert [parts(items, 100) for items in (0, 199, 200, 350, 9_999)] == [1, 1, 2, 3, 4]
    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert parts(1_000_000, 1) == 1


def test_work_that_is_shared_out_is_not_shared_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setitem(forked._state, "most", 4)
    assert shared_out(lambda _number: parts(1_000, 1), 2) == [1, 1]

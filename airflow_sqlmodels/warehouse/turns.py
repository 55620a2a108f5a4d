"""Several pieces of work take turns in one thread: whenever one waits for the warehouse, the others go on.

The command builds with some thousand small statements over a few connections. With a thread for each connection,
handing Python's lock from one to the next takes about as long as what Python does between two statements.

A `Hand` is a greenlet, so any code may wait in it, a macro in the middle of a template too. `pause` and `apart` wait
cooperatively in a hand, and as anybody would elsewhere: what calls them need not know where it runs. What computes for
long without waiting holds up all others; it belongs into `apart`.
"""

from __future__ import annotations

import contextlib
import heapq
import selectors
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, Self, TypeVar

import greenlet  # type: ignore[import-untyped]  # its stubs are not worth a package

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")


class Hand(greenlet.greenlet):  # type: ignore[misc]  # for the same reason
    """One piece of work that takes turns with others."""

    def __init__(self, turns: Turns, name: str, work: Callable[[], None]) -> None:
        super().__init__(work, turns.loop)
        self.turns = turns
        self.name = name
        self.alone = False


class Turns:
    """The hands of a thread, and what they wait for. For the thread that makes it, and for no other."""

    def __init__(self) -> None:
        self.loop = greenlet.getcurrent()
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, Hand | None] = {}
        self._paused: list[tuple[float, int, Hand]] = []
        self._numbers = count()
        self._back: deque[Hand] = deque()
        self._ears, self._bell = socket.socketpair()
        self._ears.setblocking(False)
        self._bell.setblocking(False)
        self._selector.register(self._ears, selectors.EVENT_READ)
        self._threads: ThreadPoolExecutor | None = None
        self._interrupted = False
        self.urgent = self.computing = 0
        """How many hands are inside `undisturbed`, and inside `computing`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Give everything back. Threads that still work are left behind."""
        if self._threads is not None:
            self._threads.shutdown(wait=False)
        self._selector.close()
        self._watched.clear()
        self._ears.close()
        self._bell.close()

    def begin(self, name: str, work: Callable[[], None]) -> None:
        """Begin `work`, and come back when it waits for the first time. It must not raise."""
        Hand(self, name, work).switch()

    def turn(self, timeout: float | None = None) -> bool:
        """Wait until a hand can go on, at most `timeout` seconds, and let all go on that can; whether one could.

        Raises KeyboardInterrupt after ctrl-c, inside `interruptible`.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._turn(None if until is None else max(0.0, until - time.monotonic())):
                return True
            if until is not None and time.monotonic() >= until:
                return False

    def _turn(self, timeout: float | None) -> bool:
        """The same, but it may come back early."""
        ready = self._selector.select(self._patience(timeout))
        if self._interrupted:  # nothing is lost: whoever is ready is so in the next turn
            self._interrupted = False
            raise KeyboardInterrupt
        hands = [found for key, events in ready if (found := self._whose(key, events))]
        while self._back:
            hands.append((self._back.popleft(), 0))
        while self._paused and self._paused[0][0] <= time.monotonic():
            hands.append((heapq.heappop(self._paused)[2], 0))
        for each, events in hands:
            each.switch(events)
        return bool(hands)

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """While inside, ctrl-c is raised by `turn`, never in the middle of a hand's work; a second one everywhere."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        if self._interrupted:
            raise KeyboardInterrupt

    def _whose(self, key: selectors.SelectorKey, events: int) -> tuple[Hand, int] | None:
        """The hand that waited for what is there."""
        if isinstance(key.data, Hand):
            return key.data, events
        if key.fd == self._ears.fileno():
            with contextlib.suppress(BlockingIOError):
                self._ears.recv(4096)
            return None
        current, self._watched[key.fd] = self._watched[key.fd], None
        if current is None:  # the server says something that nobody asked for: the next statement reads it
            self.unwatch(key.fd)
            return None
        return current, events

    def until_readable(self, fd: int) -> None:
        """Let the others go on until there is something to read. For a socket that is `unwatch`ed before it is closed.

        It stays with the selector meanwhile: to put it there and take it away takes as long as a small statement.
        """
        if fd not in self._watched:
            self._selector.register(fd, selectors.EVENT_READ)
        self._watched[fd] = self._current()
        self.loop.switch()

    def unwatch(self, fd: int) -> None:
        """Forget a socket that `until_readable` was asked about, if it was."""
        if fd in self._watched:
            del self._watched[fd]
            self._selector.unregister(fd)

    def until(self, fd: int, events: int) -> int:
        """Let the others go on until one of `events` is there; which."""
        # registered anew each time: drivers close sockets by themselves, and the next connection gets the same number
        self.unwatch(fd)
        self._selector.register(fd, events, self._current())
        try:
            return int(self.loop.switch())
        finally:
            self._selector.unregister(fd)

    def pause(self, seconds: float) -> None:
        """Let the others go on for so long."""
        heapq.heappush(self._paused, (time.monotonic() + seconds, next(self._numbers), self._current()))
        self.loop.switch()

    def apart(self, work: Callable[[], T]) -> T:
        """What `work` gives in a thread; the others go on meanwhile."""
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # whoever waits in no hand needs none

            self._threads = ThreadPoolExecutor(thread_name_prefix="apart")
        hand = self._current()

        def ended(_future: Future[T]) -> None:
            self._back.append(hand)
            self._ring()

        def under_its_name() -> T:
            threading.current_thread().name = hand.name  # so that what it tells is told as the hand's
            return work()

        future = self._threads.submit(under_its_name)
        future.add_done_callback(ended)
        while not future.done():
            self.loop.switch()
        return future.result()

    @staticmethod
    def _current() -> Hand:
        hand = greenlet.getcurrent()
        assert isinstance(hand, Hand)
        return hand

    def _patience(self, timeout: float | None) -> float | None:
        """How long to wait for the warehouse, if nothing else is to be done before."""
        if self._back:
            return 0
        if not self._paused:
            return timeout
        next_one = max(0.0, self._paused[0][0] - time.monotonic())
        return next_one if timeout is None else min(timeout, next_one)

    def _ring(self) -> None:
        # full: it rings already; closed: nobody listens any more
        with contextlib.suppress(BlockingIOError, OSError):
            self._bell.send(b"!")

    def _on_interrupt(self, _signal: int, _frame: Any) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True
        self._ring()


def hand() -> Hand | None:
    """The hand that this code runs in, if others may go on while it waits."""
    current = greenlet.getcurrent()
    return current if isinstance(current, Hand) and not current.alone else None


def name() -> str:
    """What the thread, or the hand, is called."""
    current = greenlet.getcurrent()
    return current.name if isinstance(current, Hand) else threading.current_thread().name


_A_MOMENT = 0.001


@contextlib.contextmanager
def computing() -> Iterator[None]:
    """For what may compute for long between two waits, as a template does: begun when nobody is `undisturbed`."""
    current = hand()
    if current is None:
        yield
        return
    turns = current.turns
    while turns.urgent:
        turns.pause(_A_MOMENT)
    turns.computing += 1
    try:
        yield
    finally:
        turns.computing -= 1


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """While inside, no other hand computes for long. It should wait only for what surely comes soon.

    For what keeps others in the warehouse waiting. If a hand that computes waits for rows, nobody gets a turn.
    """
    current = hand()
    if current is None:
        yield
        return
    turns = current.turns
    turns.urgent += 1
    current.alone = turns.computing > 0
    try:
        yield
    finally:
        turns.urgent -= 1
        current.alone = False


def pause(seconds: float) -> None:
    """Wait for so long."""
    current = hand()
    if current is None:
        time.sleep(seconds)
    else:
        current.turns.pause(seconds)


def apart(work: Callable[[], T]) -> T:
    """Do what computes or blocks for long without holding up other hands."""
    current = hand()
    return work() if current is None else current.turns.apart(work)

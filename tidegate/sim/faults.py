"""What can go wrong inside: a process dies, its connection falls, it sleeps too long; at any step of its work.

A step is a statement, a begin, a commit (before it and after it), or a question to a node or to the signer. A turn of
a loop counts its steps and meets its fate at one of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus


class Killed(BaseException):
    """kill -9: nothing that catches an Exception sees it."""


class How(StrEnum):
    """What happens to a turn."""

    NOTHING = "nothing"
    KILL = "kill"  # the whole process dies
    FALL = "fall"  # the connection to the database falls; what was being committed may be committed
    PAUSE = "pause"  # the process stops for as long as it pleases others, between two transactions
    STIR = "stir"  # the chain moves on in the middle of it


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to a turn, and at which of its steps; a turn that ends before is spared."""

    how: How = How.NOTHING
    at: int = 0


class Turn:
    """One turn of a loop. It runs to its end, or stops in the middle and is gone on with later."""

    def __init__(self, fate: Fate = Fate(), stir: Callable[[], None] = lambda: None) -> None:
        self.fate = fate
        self.place = ""  # where its fate met it
        self.steps = 0
        self.fault: BaseException | None = None
        self.ended = False
        self._stir = stir
        self._met = False
        self._dies = False
        self._thread: threading.Thread | None = None
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)

    def start(self, work: Callable[[], object]) -> None:
        """Run until the end or the pause. Only one thread ever runs, so a seed stays a seed."""

        def run() -> None:
            try:
                work()
            except BaseException as fault:  # handed to who started it, death included
                self.fault = fault
            self.ended = True
            self._stopped.release()

        if self.fate.how is not How.PAUSE:
            run()
            return
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def go_on(self, dies: bool = False) -> None:
        """Wake a paused turn, to its end or to its death."""
        assert self._thread is not None
        assert not self.ended
        self._dies = dies
        self._go.release()
        self._stopped.acquire()
        self._thread.join()

    def step(self, what: str, idle: bool) -> None:
        """One step further. `idle`: no transaction is open, so that sleeping here locks nobody out."""
        self.steps += 1
        if self._met or self.fate.how is How.NOTHING or self.steps < self.fate.at:
            return
        if self.fate.how in (How.PAUSE, How.STIR) and not idle:
            return  # at its next step outside of a transaction
        self._met = True
        self.place = f"step {self.steps}, {what}"
        if self.fate.how is How.KILL:
            raise Killed(self.place)
        if self.fate.how is How.FALL:
            raise psycopg.OperationalError(f"the connection fell at {self.place}")
        if self.fate.how is How.STIR:
            self._stir()
            return
        self._stopped.release()
        self._go.acquire()
        if self._dies:
            raise Killed(self.place)

    def fallen(self) -> bool:
        return self._met and self.fate.how is How.FALL


class Watched(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose every statement, begin and commit is a step of the turn that uses it."""

    turn: Turn | None = None

    def _step(self, what: str) -> None:
        if self.turn is None:
            return
        if self.turn.fallen():
            raise psycopg.OperationalError("the connection has fallen")
        self.turn.step(what, self.info.transaction_status is TransactionStatus.IDLE)

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        self._step("statement")
        return super().cursor(*args, **kwargs)

    @contextmanager
    def transaction(self, *args: Any, **kwargs: Any) -> Iterator[psycopg.Transaction]:
        self._step("begin")
        with super().transaction(*args, **kwargs) as transaction:
            yield transaction
            self._step("before commit")
        self._step("after commit")

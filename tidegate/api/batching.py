"""The dynamic micro-batch: requests that arrive while a commit is in flight share the next one.

No timer and nothing to tune: an idle gate decides a request alone, at once; a busy one decides hundreds with one
fsync. A customer's requests always meet the same committer, so their order is the order of arrival.
"""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import structlog

from tidegate.base.refusals import Refusal, Unavailable
from tidegate.db import Conn, connect
from tidegate.policy import flow as policies
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.asking import Ask
from tidegate.withdrawals.flow import Answer, Setting

log = structlog.get_logger("api")

MOST = 256
"""Requests in one transaction: beyond this the batch only makes its members wait for each other."""

MAX_AGE = timedelta(seconds=1)


class Settings:
    """The Setting of a connection, read again when it is a second old or another policy is in force."""

    def __init__(self) -> None:
        self._setting: Setting | None = None
        self._read_at: datetime | None = None

    def at(self, conn: Conn, now: datetime) -> Setting:
        """Assets and wallets may be a second old; the policy is the one in force just now."""
        known, read_at = self._setting, self._read_at
        if known is not None and read_at is not None and timedelta(0) <= now - read_at < MAX_AGE:
            policy = policies.active(conn, now)
            if policy.version == known.policy.version:
                return known
        self._setting, self._read_at = withdrawals.setting(conn, now), now
        return self._setting


@dataclass(slots=True)
class _Waiting:
    """One request and whoever waits for its answer."""

    ask: Ask
    future: asyncio.Future[Answer]
    result: Answer | Exception | None = None


class Committer:
    """One thread, one connection, one transaction at a time."""

    def __init__(self, url: str, clock: Callable[[], datetime], room: int) -> None:
        self._url, self._clock, self._room = url, clock, room
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._conn: Conn | None = None
        self._settings = Settings()
        self._thread = threading.Thread(target=self._work, name="committer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what was taken in, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def put(self, waiting: _Waiting) -> None:
        """Queue a request. Raises Unavailable `busy` when the queue is full or the gate is closing."""
        with self._changed:
            if self._stopping or len(self._queue) >= self._room:
                raise Unavailable("busy", "More requests wait than can be decided soon; send it again in a moment.")
            self._queue.append(waiting)
            self._changed.notify()

    @property
    def depth(self) -> int:
        return len(self._queue)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._stopping:
                    self._changed.wait()
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST))]
            if not batch:
                break
            self._decide(batch)
            _tell(batch)
        if self._conn is not None:
            self._conn.close()

    def _decide(self, batch: Sequence[_Waiting]) -> None:
        """Give every member a result. A batch that raises is taken apart, so that one member harms no other."""
        try:
            for waiting, answer in zip(batch, self._request([w.ask for w in batch]), strict=True):
                waiting.result = answer
        except Refusal as refusal:  # concerns everybody: no policy, a list never imported
            for waiting in batch:
                waiting.result = refusal
        except Exception as fault:
            if self._lost(fault):
                for waiting in batch:
                    waiting.result = _unknown_fate(waiting.ask)
                return
            log.warning("batch taken apart", size=len(batch), fault=type(fault).__name__, exc_info=True)
            for waiting in batch:
                self._alone(waiting)

    def _alone(self, waiting: _Waiting) -> None:
        """One request by itself, and once more where it lost a race: then the winner's answer is there to be found."""
        for last in (False, True):
            try:
                (waiting.result,) = self._request([waiting.ask])
                return
            except Refusal as refusal:
                waiting.result = refusal
                return
            except Exception as fault:
                if self._lost(fault):
                    waiting.result = _unknown_fate(waiting.ask)
                    return
                waiting.result = fault
                raced = isinstance(fault, psycopg.errors.UniqueViolation | psycopg.errors.DeadlockDetected)
                if last or not raced:
                    return

    def _request(self, asks: Sequence[Ask]) -> Sequence[Answer | Refusal]:
        now = self._clock()
        conn = self._conn
        if conn is None or conn.closed:
            try:
                conn = self._conn = connect(self._url, planned_once=True)
            except psycopg.OperationalError as fault:
                log.error("no database", fault=str(fault))
                raise Unavailable(
                    "database_unavailable", "The database cannot be reached; nothing was decided. Send it again."
                ) from fault
        return withdrawals.request(conn, asks, self._settings.at(conn, now), now)

    def _lost(self, fault: Exception) -> bool:
        """Whether the connection went away under us: then nobody knows whether the commit arrived."""
        lost = self._conn is not None and (self._conn.closed or self._conn.broken)
        if lost:
            log.error("connection lost", fault=f"{type(fault).__name__}: {fault}")
            self._conn = None
        return lost


def _unknown_fate(ask: Ask) -> Unavailable:
    advice = (
        "send it again with the same Idempotency-Key: it is never made twice"
        if ask.key is not None
        else "it was sent without an Idempotency-Key, so look at GET /v1/withdrawals before you send it again"
    )
    return Unavailable("fate_unknown", f"The database went away before it said whether this was decided; {advice}.")


def _tell(batch: Sequence[_Waiting]) -> None:
    """Hand the results to the event loops that wait: one wake-up per loop, not per request."""
    loops = {waiting.future.get_loop() for waiting in batch}
    for loop in loops:
        members = [waiting for waiting in batch if waiting.future.get_loop() is loop]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, members)


def _settle(batch: Sequence[_Waiting]) -> None:
    for waiting in batch:
        if waiting.future.done():  # the client has gone; what was decided stays decided
            continue
        if isinstance(waiting.result, Answer):
            waiting.future.set_result(waiting.result)
        else:
            assert waiting.result is not None  # every member got one
            waiting.future.set_exception(waiting.result)


class Batching:
    """The committers of one process. A customer always meets the same one.

    One of them makes batches twice as large as two do, and a batch costs some two dozen statements however large it
    is: a fifth less CPU for an authorisation on two cores. More are for a disk that takes long to flush.
    """

    def __init__(self, url: str, clock: Callable[[], datetime], shards: int = 1, room: int = 1024) -> None:
        self._committers = [Committer(url, clock, room) for _ in range(shards)]

    def start(self) -> None:
        for committer in self._committers:
            committer.start()

    def stop(self) -> None:
        for committer in self._committers:
            committer.stop()

    @property
    def depth(self) -> int:
        """Requests that wait for a commit."""
        return sum(committer.depth for committer in self._committers)

    async def request(self, ask: Ask) -> Answer:
        """The answer to one request, once it is committed. Raises its Refusal."""
        shard = zlib.crc32(ask.party_id.encode()) % len(self._committers)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._committers[shard].put(_Waiting(ask, future))
        return await future

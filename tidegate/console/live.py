"""News for open pages: which kinds of things happened, never what. A page asks for its parts again by itself.

However many pages are open, one look at the journal serves all of them: a stream costs an open connection to its
browser, and neither a thread nor a connection to the database while it waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tidegate.api.door import Gate
from tidegate.base.refusals import Refusal, TooMany, Unavailable
from tidegate.console import store
from tidegate.console.browser import dressed, host_of
from tidegate.console.visit import COOKIE
from tidegate.db import Conn
from tidegate.parties import flow as parties

log = structlog.get_logger("console")

EVERY = 2.0
"""Seconds between two looks at the journal."""

LONGEST = 300.0
"""Seconds of one connection; then the browser connects again, and its session is checked again."""

STILL = 15.0
"""Seconds without news after which a stream says that it lives: proxies end silent ones, and one whose browser has
gone is noticed."""

MOST, MOST_EACH = 400, 20
"""Streams of one door in one process, and of one person. Two doors stay below the 1024 files that a process may open
where nobody raised it. A page without a stream asks again every minute."""

Told = Mapping[str, str]
"""Events by name, and what each says."""

Look = Callable[[Conn, Collection[str], int, int], Mapping[str, Told]]
"""What is new for each of these people after one link of the journal and up to another; who has nothing is left out."""


@dataclass(slots=True, eq=False)
class _Listener:
    """An open page: what it has not been told yet. Two looks' worth of news are told in one."""

    whose: str
    untold: dict[str, set[str]] = field(default_factory=dict)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, told: Told) -> None:
        for name, said in told.items():
            self.untold[name] = self.untold.get(name, set()) | set(said.split())
        self.called.set()

    def take(self) -> str:
        told, self.untold = self.untold, {}
        self.called.clear()
        return "".join(f"event: {name}\ndata: {' '.join(sorted(said))}\n\n" for name, said in told.items())


class Live:
    """The streams of one door. They count as no activity: a page that is left open does not keep a session alive."""

    def __init__(self, gate: Gate, enter: Callable[[Conn, Request], str], look: Look, every: float = EVERY) -> None:
        self._gate, self._enter, self._look, self._every = gate, enter, look, every
        self._listeners: set[_Listener] = set()
        self._looking: asyncio.Task[None] | None = None  # while anybody listens

    async def stream(self, request: Request) -> Response:
        try:
            whose, link = await self._gate.in_thread(lambda: self._begin(request))
            self._check_room(whose)
        except Refusal as refusal:
            return dressed(request, Response(status_code=refusal.status))
        return dressed(request, StreamingResponse(self._tell(whose, link), media_type="text/event-stream"))

    def _begin(self, request: Request) -> tuple[str, int]:
        with self._gate.pool.connection(timeout=5) as conn:
            return self._enter(conn, request), store.newest_link(conn)

    def _check_room(self, whose: str) -> None:
        """Raises Unavailable `streams_full`, TooMany `streams_too_many`."""
        if len(self._listeners) >= MOST:
            raise Unavailable("streams_full", f"{MOST} pages follow the news here; this one asks every minute.")
        if sum(listener.whose == whose for listener in self._listeners) >= MOST_EACH:
            raise TooMany("streams_too_many", f"{MOST_EACH} pages of yours follow the news; this asks every minute.")

    async def _tell(self, whose: str, link: int) -> AsyncIterator[str]:
        listener = _Listener(whose)
        self._listeners.add(listener)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._watch(link))
        ends = asyncio.get_running_loop().time() + LONGEST
        try:
            yield "retry: 3000\n\n"
            while not self._looking.done() and asyncio.get_running_loop().time() < ends:
                try:
                    await asyncio.wait_for(listener.called.wait(), STILL)
                except TimeoutError:
                    yield ":\n\n"
                else:
                    yield listener.take()
        finally:
            self._listeners.discard(listener)

    async def _watch(self, link: int) -> None:
        """Look for everybody who listens, again and again, until nobody does. Should it ever fail, the streams end
        with it: browsers connect again, and that begins another."""
        while self._listeners:
            await asyncio.sleep(self._every)
            whose = {listener.whose for listener in self._listeners}
            try:
                link, told = await self._gate.in_thread(lambda: self._news(whose, link))  # noqa: B023
            except Refusal as refusal:  # the database is busy or away: the next look sees what this one would have
                log.warning("no look at the journal", code=refusal.code)
                continue
            for listener in self._listeners:
                if listener.whose in told:
                    listener.hear(told[listener.whose])

    def _news(self, whose: Collection[str], since: int) -> tuple[int, Mapping[str, Told]]:
        with self._gate.pool.connection(timeout=5) as conn:
            newest = store.newest_link(conn)
            return newest, self._look(conn, whose, since, newest)


def of_staff(gate: Gate) -> Live:
    """The stream at /console/live: every kind of news, and whether a worker is at work."""

    def enter(conn: Conn, request: Request) -> str:
        cookie = request.cookies.get(COOKIE, "")
        return parties.session(conn, cookie, gate.clock(), host_of(request), seen=False).identity.key_id

    def look(conn: Conn, whose: Collection[str], since: int, newest: int) -> Mapping[str, Told]:
        told = {"worker": "ok" if store.worker_seen(conn, gate.clock()) else "late"}
        kinds = store.kinds_between(conn, since, newest) if newest != since else []
        return dict.fromkeys(whose, told | ({"news": " ".join(kinds)} if kinds else {}))

    return Live(gate, enter, look)

"""News for open pages: which kinds of things happened, never what. A page asks for its parts again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tidegate.api.door import Gate
from tidegate.base.refusals import Refusal
from tidegate.console import store
from tidegate.console.browser import dressed, host_of
from tidegate.console.visit import COOKIE
from tidegate.db import Conn
from tidegate.parties import flow as parties

EVERY = 2.0
"""Seconds between two looks at the journal."""

LONGEST = 300.0
"""Seconds of one connection; then the browser connects again, and its session is checked again."""

Event = tuple[str, str]
"""Its name and what it says."""


@dataclass(frozen=True, slots=True)
class Live:
    """A stream. It counts as no activity: a page that is left open does not keep a session alive."""

    gate: Gate
    enter: Callable[[Conn, Request], str]  # who is signed in; raises a Refusal
    look: Callable[[Conn, str, int], tuple[int, list[Event]]]  # what is new for them since a link, and the newest link
    every: float = EVERY

    async def stream(self, request: Request) -> Response:
        try:
            whose, link = await self.gate.in_thread(lambda: self._begin(request))
        except Refusal as refusal:
            return dressed(request, Response(status_code=refusal.status))
        stream = StreamingResponse(self._news(request, whose, link), media_type="text/event-stream")
        return dressed(request, stream)

    def _begin(self, request: Request) -> tuple[str, int]:
        with self.gate.pool.connection(timeout=5) as conn:
            return self.enter(conn, request), store.newest_link(conn)

    async def _news(self, request: Request, whose: str, link: int) -> AsyncIterator[str]:
        yield "retry: 3000\n\n"
        for _ in range(int(LONGEST / self.every)):
            if await request.is_disconnected():
                return
            link, events = await self.gate.in_thread(partial(self._look, whose, link))
            for name, said in events:
                yield f"event: {name}\ndata: {said}\n\n"
            await asyncio.sleep(self.every)

    def _look(self, whose: str, since: int) -> tuple[int, list[Event]]:
        with self.gate.pool.connection(timeout=5) as conn:
            return self.look(conn, whose, since)


def of_staff(gate: Gate) -> Live:
    """The stream at /console/live: every kind of news, and whether a worker is at work."""

    def enter(conn: Conn, request: Request) -> str:
        cookie = request.cookies.get(COOKIE, "")
        return parties.session(conn, cookie, gate.clock(), host_of(request), seen=False).identity.key_id

    def look(conn: Conn, _: str, since: int) -> tuple[int, list[Event]]:
        newest, kinds = store.kinds_since(conn, since)
        worker = ("worker", "ok" if store.worker_seen(conn, gate.clock()) else "late")
        return newest, [worker, ("news", " ".join(kinds))] if kinds else [worker]

    return Live(gate, enter, look)

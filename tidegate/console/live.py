"""News for open pages: which kinds of things happened, never what. A page asks for its parts again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tidegate.api.door import Gate
from tidegate.base.refusals import Refusal
from tidegate.console import store
from tidegate.console.visit import COOKIE, dressed
from tidegate.parties import flow as parties

EVERY = 2.0
"""Seconds between two looks at the journal."""

LONGEST = 150
"""Looks of one connection; then the browser connects again, and its session is checked again."""


class Live:
    """The stream at /console/live. It counts as no activity: a page that is left open does not keep a session alive."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def stream(self, request: Request) -> Response:
        try:
            link = await self._gate.in_thread(lambda: self._begin(request))
        except Refusal as refusal:
            return dressed(request, Response(status_code=refusal.status))
        stream = StreamingResponse(self._news(request, link), media_type="text/event-stream")
        return dressed(request, stream)

    def _begin(self, request: Request) -> int:
        host = request.client.host if request.client else None
        with self._gate.pool.connection(timeout=5) as conn:
            parties.session(conn, request.cookies.get(COOKIE, ""), self._gate.clock(), host, seen=False)
            return store.newest_link(conn)

    async def _news(self, request: Request, link: int) -> AsyncIterator[str]:
        yield "retry: 3000\n\n"
        for _ in range(LONGEST):
            if await request.is_disconnected():
                return
            link, kinds, working = await self._gate.in_thread(partial(self._look, link))
            yield f"event: worker\ndata: {'ok' if working else 'late'}\n\n"
            if kinds:
                yield f"event: news\ndata: {' '.join(kinds)}\n\n"
            await asyncio.sleep(EVERY)

    def _look(self, since: int) -> tuple[int, list[str], bool]:
        with self._gate.pool.connection(timeout=5) as conn:
            newest, kinds = store.kinds_since(conn, since)
            return newest, kinds, store.worker_seen(conn, self._gate.clock())

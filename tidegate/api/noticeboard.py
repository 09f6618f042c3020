"""The public status, read once a minute however many people look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from tidegate.base.refusals import Unavailable
from tidegate.reports.status.published import Status

FRESH = timedelta(minutes=1)
"""How old what hangs on the board may be. It says itself from when it is."""

AGAIN = timedelta(seconds=10)
"""After a look that failed: until the next one. Readers get what hangs there meanwhile, and wait for nothing."""


class Noticeboard:
    """One per server. Whoever comes first when it is old reads anew; whoever comes meanwhile gets the same."""

    def __init__(self, read: Callable[[datetime], Awaitable[Status]]) -> None:
        self._read = read
        self._status: Status | None = None
        self._next_at: datetime | None = None
        self._one = asyncio.Lock()

    async def status(self, now: datetime) -> Status:
        """What hangs there. Raises Unavailable where nothing does, and the database does not answer."""
        async with self._one:
            if self._status is None or self._next_at is None or not now < self._next_at <= now + FRESH:
                await self._look(now)
            assert self._status is not None  # a first look that fails is a refusal
            return self._status

    async def _look(self, now: datetime) -> None:
        try:
            self._status, self._next_at = await self._read(now), now + FRESH
        except Unavailable:
            if self._status is None:
                raise
            self._next_at = now + AGAIN

"""Who calls: requests that arrive while keys are being looked up share the next look-up.

Nothing is remembered. Every request is looked up after it came in, so a key that was revoked is refused from the
next request on; a busy gate only asks for many at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tidegate.base.refusals import Unauthorised
from tidegate.parties.access import Identity

Look = Callable[[Sequence[tuple[str, str | None]]], Awaitable[Sequence[Identity | Unauthorised]]]
"""Secrets with the address each is used from; an answer for each, in their order."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    secret: str
    host: str | None
    future: asyncio.Future[Identity]


class Callers:
    """The look-ups of one event loop: one under way at a time, the others wait for the next."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None

    async def who(self, secret: str, host: str | None) -> Identity:
        """Whose key it is. Raises Unauthorised, and whatever keeps the database from being asked."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Identity] = loop.create_future()
        self._waiting.append(_Waiting(secret, host, future))
        if self._work is None:
            self._work = loop.create_task(self._answer())
        return await future

    async def _answer(self) -> None:
        batch: list[_Waiting] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    found = await self._look([(one.secret, one.host) for one in batch])
                except Exception as fault:  # each of them is told; none was let in
                    _tell(batch, [fault] * len(batch))
                else:
                    _tell(batch, found)
        finally:
            self._work = None
            for one in (*batch, *self._waiting):  # only where the loop itself is being closed
                one.future.cancel()


def _tell(batch: Sequence[_Waiting], found: Sequence[Identity | Exception]) -> None:
    for one, answer in zip(batch, found, strict=True):
        if one.future.done():  # the client has gone
            continue
        if isinstance(answer, Identity):
            one.future.set_result(answer)
        else:
            one.future.set_exception(answer)

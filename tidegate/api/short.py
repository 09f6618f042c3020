"""The short way in for the call that comes most often: the same gate without routing and dependencies.

It takes what is plainly right up to the decision: one header of each kind, JSON of the right shape. All else goes on
to the ordinary way as if nobody had looked, so that a "no" sounds the same whichever way a request came.
"""

from __future__ import annotations

import re

from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tidegate.api import problems, reading
from tidegate.api.door import Asking, Gate, Route, bearer, request_hash
from tidegate.base.refusals import Refusal

_READ = frozenset({b"authorization", b"content-type", b"content-length", b"idempotency-key"})
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class ShortWay:
    """ASGI: answers calls of `route` itself where it can, and hands all others on to `app`.

    `shape` is what the route's body must be, `listed` the route as the framework knows it.
    """

    def __init__(self, app: ASGIApp, gate: Gate, route: Route, shape: type[BaseModel], listed: BaseRoute) -> None:
        self._app, self._gate, self._route, self._shape, self._listed = app, gate, route, shape, listed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._route
        if scope["type"] == "http" and scope["path"] == route.path and scope["method"] == route.method:
            headers = _headers(scope)
            if headers is not None:
                scope["route"] = self._listed  # whoever counts calls counts it under its name
                await self._take(headers, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _take(self, headers: dict[bytes, str], scope: Scope, receive: Receive, send: Send) -> None:
        gate, route = self._gate, self._route
        try:
            client = scope.get("client")
            secret = bearer([headers[b"authorization"]])
            identity = await gate.known(secret, client[0] if client else None, route.scope)
            read, raw = await _body(receive)
            try:
                given = reading.parse(raw)
                body = self._shape.model_validate(given)
            except (Refusal, ValidationError):
                await self._app(scope, _again(read, receive), send)
                return
            key = headers.get(b"idempotency-key")
            asked = request_hash(route, identity, scope["path"], given) if key is not None else ""
            said = await route.does(Asking(gate, identity, key, asked), body=body)
            answer = said.response()
        except Refusal as refusal:
            answer = problems.response(problems.of(refusal))
        await answer(scope, receive, send)


def _headers(scope: Scope) -> dict[bytes, str] | None:
    """The headers that matter, by name; None where one of them, or a query, needs a closer look."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name == b"content-encoding":
            return None  # the ordinary way says what it thinks of it
        if name in _READ:
            if name in found:
                return None
            found[name] = value.decode("latin-1")
    length, key = found.get(b"content-length", ""), found.get(b"idempotency-key")
    plain = (
        not scope["query_string"]
        and b"authorization" in found
        and found.get(b"content-type") == "application/json"
        and length.isascii()
        and length.isdigit()
        and len(length) <= len(str(reading.MOST_BYTES))
        and int(length) <= reading.MOST_BYTES
        and (key is None or _KEY.fullmatch(key) is not None)
    )
    return found if plain else None


async def _body(receive: Receive) -> tuple[list[Message], bytes]:
    """What was received, and the body in it; short where it is too long or the client has gone: never JSON then."""
    read: list[Message] = []
    parts: list[bytes] = []
    left = reading.MOST_BYTES
    while True:
        message = await receive()
        read.append(message)
        if message["type"] != "http.request":
            return read, b""
        parts.append(message.get("body", b""))
        left -= len(parts[-1])
        if left < 0:
            return read, b""
        if not message.get("more_body", False):
            return read, b"".join(parts)


def _again(read: list[Message], receive: Receive) -> Receive:
    """What was received already, then what is still to come."""
    kept = iter(read)

    async def next_message() -> Message:
        message = next(kept, None)
        return message if message is not None else await receive()

    return next_message

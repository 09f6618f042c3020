"""A row of the table as the framework serves it: known, allowed, read and shaped, in that order, and only then done."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, get_type_hints

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from tidegate.api import problems, reading
from tidegate.api.door import SIGNED, Asking, Gate, IdempotencyKey, Route, Said, request_hash
from tidegate.base.refusals import FieldError


class Endpoint:
    """A route's function as FastAPI calls it: its signature without the call, run where it belongs."""

    def __init__(self, route: Route, gate: Gate) -> None:
        self.route, self.gate = route, gate
        hints = get_type_hints(route.does, include_extras=True)
        kept = [
            parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in list(inspect.signature(route.does).parameters.values())[1:]
        ]
        request = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
        if route.once:
            kept.append(
                inspect.Parameter(
                    "idempotency_key", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=IdempotencyKey
                )
            )
        if route.takes == "csv":
            kept = [parameter for parameter in kept if parameter.name != "text"]
        self.__signature__ = inspect.Signature([request, *kept])
        self.__name__, self.__doc__ = route.name, route.does.__doc__

    async def __call__(self, *, request: Request, idempotency_key: str | None = None, **given: Any) -> Response:
        route, identity, body = self.route, request.state.identity, request.state.body
        asked = request_hash(route, identity, request.url.path, body) if idempotency_key is not None else ""
        if route.takes == "csv":
            given["text"] = body
        if inspect.iscoroutinefunction(route.does):
            asking = Asking(self.gate, identity, idempotency_key, asked)
            said: Said = await route.does(asking, **given)
        else:
            said = await self.gate.in_thread(partial(self.gate.perform, route, identity, idempotency_key, asked, given))
        return said.response()


class Guarded(APIRoute):
    """A route that lets nobody's bytes be read before they are known and allowed."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        inner = super().get_route_handler()
        endpoint = self.endpoint
        assert isinstance(endpoint, Endpoint)
        route, gate = endpoint.route, endpoint.gate
        known = {str(parameter.alias) for parameter in self.dependant.query_params}

        async def handle(request: Request) -> Response:
            reading.check_text(request.url.path, "path")
            request.state.identity = await gate.admit(request, route.scope)
            _check_query(request, known)
            _check_key(request)
            request.state.body = await _body(request, route)
            if route.scope == SIGNED:
                gate.counterparties.check(request, await request.body())
            return await inner(request)

        return handle


def _check_query(request: Request, known: set[str]) -> None:
    """A misspelt filter would silently answer another question."""
    names = list(request.query_params.keys())
    for name, value in request.query_params.multi_items():
        reading.check_text(name + value, "query")
    wrong = [
        FieldError(name[:40], "parameter_unknown", f"{name[:40]} is no parameter of this call.")
        for name in names
        if name not in known
    ]
    if wrong:
        raise problems.Invalid(wrong)
    if len(request.query_params.multi_items()) != len(names):
        raise problems.Invalid([FieldError("query", "parameter_twice", "a parameter is given twice")])


def _check_key(request: Request) -> None:
    """Two keys are two different promises; whichever we took, somebody would count on the other one."""
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise problems.Invalid([FieldError("Idempotency-Key", "parameter_twice", "Idempotency-Key is given twice.")])


async def _body(request: Request, route: Route) -> Any:
    """The body, read the way the route takes it; FastAPI finds the JSON ready."""
    if route.takes == "csv":
        reading.media_type(request, "text/csv")
        return reading.text(await reading.read_bytes(request, CSV_BYTES))
    raw = await reading.read_bytes(request)
    request._body = raw
    if route.takes == "nothing":
        if raw and reading.parse(raw) != {}:
            raise problems.Invalid([FieldError("body", "field_unknown", "this call takes no body")])
        return None
    if not raw:
        raise problems.Invalid([FieldError("body", "field_missing", "this call needs a JSON body")])
    reading.media_type(request, "application/json")
    request._json = reading.parse(raw)
    return request._json


CSV_BYTES = 4 * 1024 * 1024
"""Lists are longer than orders; on their route alone."""

"""The application: the routes behind the door, errors in one shape, and what a supervisor asks."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import tidegate
from tidegate.api import problems, shapes, store
from tidegate.api.batching import Batching
from tidegate.api.counterparties import Counterparties
from tidegate.api.door import PUBLIC, SIGNED, Gate, Route
from tidegate.api.guarded import Endpoint, Guarded
from tidegate.api.head import HeadAsGet
from tidegate.api.metrics import Metrics
from tidegate.api.operation.shapes import Health, Ready
from tidegate.api.proxy import BehindProxy, Proxy
from tidegate.api.routes import ROUTES
from tidegate.api.short import ShortWay
from tidegate.api.withdrawals.routes import request_withdrawal
from tidegate.api.withdrawals.shapes import NewWithdrawal
from tidegate.base.canonical import canonical
from tidegate.base.network import Network
from tidegate.base.refusals import Refusal
from tidegate.db import pool
from tidegate.parties.passkey import Relying

log = structlog.get_logger("api")

CONNECTIONS = 16
WORKER_SILENT = timedelta(seconds=30)

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
SHORT = next(route for route in ROUTES if route.does is request_withdrawal)
"""The call that comes most often."""

_TITLES = {404: "route_unknown", 405: "method_not_allowed"}


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """What a server needs. `head` tells a network's newest block, or None while its node is away."""

    database_url: str
    data_key: bytes
    clock: Callable[[], datetime]
    head: Callable[[str], int | None]
    networks: tuple[str, ...] = ()
    relying: Relying = field(default_factory=Relying)
    shards: int = 1
    platform: str = "Tidegate"  # what customers call it
    demo: bool = False  # links that sign somebody in count here
    webhook_networks: tuple[Network, ...] = ()  # where webhooks may go beside public addresses
    counterparties: Mapping[str, bytes] = field(default_factory=dict)  # Ed25519 public keys by our name for them
    proxy: Proxy = field(default_factory=Proxy)  # who says where callers come from


def create_app(
    settings: ApiSettings,
    console: Callable[[Gate], ASGIApp] | None = None,
    links: Callable[[Gate], ASGIApp] | None = None,
    status_page: Callable[[Gate], Callable[[Request], Awaitable[Response]]] | None = None,
    portal: Callable[[Gate], ASGIApp] | None = None,
) -> FastAPI:
    """The API; with `console` also the pages for staff below /console, with `links` those of customers' mails, with
    `status_page` what everybody sees at /status, `portal` what customers see below /portal."""
    connections = pool(settings.database_url, CONNECTIONS + 1)  # one more for the keys
    batching = Batching(settings.database_url, settings.clock, settings.shards)
    gate = Gate(
        pool=connections,
        clock=settings.clock,
        data_key=settings.data_key,
        batching=batching,
        metrics=Metrics(),
        threads=CapacityLimiter(CONNECTIONS),
        head=settings.head,
        relying=settings.relying,
        platform=settings.platform,
        demo=settings.demo,
        webhook_networks=settings.webhook_networks,
        counterparties=Counterparties(settings.counterparties),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        batching.start()
        yield
        batching.stop()
        connections.close()

    app = FastAPI(
        title="Tidegate",
        version=tidegate.__version__,
        description="The gate through which coins leave: decided, held, paid exactly once, explained.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would name the host that the caller says we are
    )
    for route in ROUTES:
        app.router.add_api_route(
            route.path,
            Endpoint(route, gate),
            methods=[route.method],
            status_code=route.status,
            response_model=None,
            route_class_override=Guarded,
            operation_id=route.name,
            tags=[route.path.split("/")[2] if route.path.startswith("/v1/") else "operation"],
            responses=_responses(route.answer, route.status, route.scope, route.refuses),
            openapi_extra=_extra(route.scope, route.takes),
        )
    _health(app, gate, settings)
    _errors(app)
    app.add_middleware(ShortWay, gate=gate, route=SHORT, shape=NewWithdrawal, listed=_listed(app, SHORT))
    app.add_middleware(Around, metrics=gate.metrics)
    if console is not None:
        app.mount("/console", console(gate))
        app.add_route("/console", _to_console, include_in_schema=False)
    if links is not None:
        app.mount("/m", links(gate))
    if portal is not None:
        app.mount("/portal", portal(gate))
        app.add_route("/portal", _to_portal, include_in_schema=False)
    if status_page is not None:
        app.add_route("/status", status_page(gate), include_in_schema=False)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BehindProxy, proxy=settings.proxy)
    return app


def _listed(app: FastAPI, route: Route) -> BaseRoute:
    return next(r for r in app.routes if isinstance(r, APIRoute) and r.operation_id == route.name)


def _to_portal(_: Request) -> Response:
    return RedirectResponse("/portal/", 303)


def _to_console(_: Request) -> Response:
    return RedirectResponse("/console/", 303)


def _responses(answer: Any, status: int, scope: str, refuses: tuple[int, ...]) -> dict[int | str, dict[str, Any]]:
    usual = {422, 503} if scope == PUBLIC else {400, 401, 403, 413, 415, 422, 503}
    said: dict[int | str, dict[str, Any]] = {
        code: {
            "description": "A problem with a stable code.",
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for code in sorted(usual | set(refuses))
    }
    return {status: {"model": answer} if answer is not None else {"description": "Text."}, **said}


def _extra(scope: str, takes: str) -> dict[str, Any]:
    extra: dict[str, Any] = {"x-scope": scope}
    if scope not in (PUBLIC, SIGNED):
        extra["security"] = [{"key": []}]
    if takes == "csv":
        extra["requestBody"] = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
    return extra


def _health(app: FastAPI, gate: Gate, settings: ApiSettings) -> None:
    @app.get("/health", response_model=Health, openapi_extra={"x-scope": "public"}, tags=["operation"])
    async def health() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok", "version": tidegate.__version__}

    @app.get("/ready", response_model=Ready, openapi_extra={"x-scope": "public"}, tags=["operation"])
    async def ready() -> Response:
        """Database, worker and nodes are there: coins can move."""
        waiting = await gate.in_thread(partial(_waiting_for, gate, settings))
        body = {"status": "not_ready" if waiting else "ready", "waiting_for": waiting}
        return Response(canonical(body), 503 if waiting else 200, media_type="application/json")

    app.openapi_schema = None
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            said = made()
            parts = said.setdefault("components", {})
            parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            problem = shapes.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            parts["schemas"].update(problem.pop("$defs", {}))
            parts["schemas"]["Problem"] = problem
            for gone in ("HTTPValidationError", "ValidationError"):
                parts["schemas"].pop(gone, None)
            app.openapi_schema = said
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _waiting_for(gate: Gate, settings: ApiSettings) -> list[str]:
    """What is missing, in words; nothing = ready."""
    missing = [f"the node of {name}" for name in settings.networks if settings.head(name) is None]
    try:
        with gate.pool.connection(timeout=2) as conn:
            beat = store.last_beat(conn)
    except Exception as fault:  # whatever it is: the database cannot be used, and /ready says so
        log.warning("not ready", fault=f"{type(fault).__name__}: {fault}")
        return ["the database", *missing]
    if beat is None or settings.clock() - beat > WORKER_SILENT:
        missing.append("a worker")
    return missing


def _errors(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> Response:
        return problems.response(problems.of(refusal))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, fault: RequestValidationError) -> Response:
        errors = [problems.field_error(error) for error in fault.errors()]
        return problems.response(problems.of(problems.Invalid(errors)))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, fault: HTTPException) -> Response:
        code = _TITLES.get(fault.status_code, "request_refused")
        methods = sorted({m for r in app.routes if (m := _method_of(r, request)) is not None})
        said = {
            404: f"There is no {request.url.path[:200]} here; /openapi.json names every call.",
            405: f"{request.url.path[:200]} takes {', '.join(methods)}, not {request.method}.",
        }.get(fault.status_code, str(fault.detail))
        headers = {"Allow": ", ".join(methods)} if fault.status_code == 405 else fault.headers
        return problems.response(problems.body(fault.status_code, code, said), headers)


def _method_of(route: BaseRoute, request: Request) -> str | None:
    """The method of a route that has this path, whatever method was asked."""
    if not isinstance(route, APIRoute) or route.matches(request.scope)[0] is Match.NONE:
        return None
    return next(iter(route.methods or ()), None)


_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")
"""The part of a path that is a link's token: who reads the log must not be able to follow the link. Ids are shorter."""


def _holds_nul(scope: Scope) -> bool:
    """Whether path or query hold what no text of the database can: on no page it is anything but a fault."""
    return "\0" in scope["path"] or b"%00" in scope["query_string"]


class Around:
    """ASGI: count and time every call; a bug is answered with a number to find it by, and with nothing else."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in said)]
            await send(message)

        try:
            if _holds_nul(scope):
                wrong = "The address holds the character NUL, which nothing here can keep."
                await problems.response(problems.body(400, "character_refused", wrong))(scope, receive, sent)
            else:
                await self._app(scope, receive, sent)
        except Exception:
            number = secrets.token_hex(6)
            log.exception("bug", request=number, method=scope["method"], path=_SECRET.sub("…", scope["path"]))
            if status:  # the answer is on its way: only the connection can be broken off
                raise
            answer = problems.response(
                problems.body(500, "internal_error", f"Something broke on our side; tell us the number {number}.")
            )
            await answer(scope, receive, sent)
        if status:
            self._metrics.answered(getattr(scope.get("route"), "path", "none"), status, time.monotonic() - began)

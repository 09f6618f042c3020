"""The way in: who calls, may they, was this asked before; then one function on a thread with a connection.

The order is fixed: key (401), scope (403), body (400, 413, 415), shape (422), and only then the thing itself, so
that a stranger learns nothing about what a route takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

import psycopg
import structlog
from anyio import CapacityLimiter, to_thread
from fastapi import Header
from psycopg_pool import ConnectionPool, PoolTimeout
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from tidegate.api import problems, store
from tidegate.api.batching import Batching, Settings
from tidegate.api.callers import Callers
from tidegate.api.counterparties import Counterparties
from tidegate.api.metrics import Metrics
from tidegate.api.noticeboard import Noticeboard
from tidegate.base.canonical import digest, readable
from tidegate.base.network import Network
from tidegate.base.refusals import NotFound, Refusal, Unauthorised, Unavailable
from tidegate.custody import flow as custody
from tidegate.db import Conn, act, replay
from tidegate.parties import flow as parties
from tidegate.parties.access import Identity
from tidegate.parties.party import Party
from tidegate.parties.passkey import Relying
from tidegate.reports.status import flow as statuses
from tidegate.reports.status.published import Status
from tidegate.withdrawals.flow import Setting

log = structlog.get_logger("api")

PUBLIC = "public"
"""The scope of a route that needs no key."""

SIGNED = "signed"
"""The scope of a route that counterparties call: the body's signature says who they are, and there is no key."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="1 to 255 visible ASCII characters. The same key with the same request gets the first answer "
        "again, for as long as the thing exists; with another request it is refused (`idempotency_key_reused`).",
    ),
]


@dataclass(frozen=True, slots=True)
class Secret:
    """An answer that shows a secret. It is given once, never kept: the key again is told `secret_shown_once`."""

    body: Mapping[str, object]
    id: str  # the thing that was made


@dataclass(frozen=True, slots=True)
class Said:
    """An answer on its way out: bytes, so that a replay is the first answer to the letter."""

    status: int
    body: str
    media_type: str = "application/json"
    replayed: bool = False

    def response(self) -> Response:
        headers = {"Idempotency-Replayed": "true"} if self.replayed else {}
        media_type = problems.MEDIA_TYPE if self.status >= 400 else self.media_type
        return Response(self.body, self.status, headers, media_type)


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the API: the row of the table that the server, the reference and the tests are made from."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    scope: str  # of parties.access, or PUBLIC
    does: Callable[..., Any]  # (call, path parameters, query, body) -> answer
    answer: type[BaseModel] | None  # None: text for machines that do not read JSON
    status: int = 200
    once: bool = False  # takes an Idempotency-Key
    takes: Literal["nothing", "json", "csv"] = "nothing"
    refuses: tuple[int, ...] = ()  # statuses beyond those that every route can answer

    @property
    def name(self) -> str:
        return self.does.__name__


@dataclass(frozen=True, slots=True)
class Call:
    """One call in progress: who, when, and on which connection."""

    gate: Gate
    conn: Conn
    identity: Identity
    now: datetime

    @property
    def actor(self) -> str:
        return self.identity.actor

    @property
    def party_id(self) -> str | None:
        """The only customer this caller sees; None = everybody."""
        return self.identity.party_id

    def setting(self) -> Setting:
        """Assets, our wallets and the policy in force, read now."""
        return self.gate.settings.at(self.conn, self.now)

    def customer(self, id: str) -> str:
        """The id, where the caller may see that customer. Raises NotFound, as for one that does not exist."""
        if self.party_id not in (None, id):
            raise NotFound("customer_unknown", f"There is no customer {id}.")
        return id

    def whose(self, customer: str | None) -> str | None:
        """Whose things a list shows: a customer's credential sees its own, whatever it asks for."""
        if self.party_id is None:
            return customer
        if customer not in (None, self.party_id):
            raise NotFound("customer_unknown", f"There is no customer {customer}.", field="customer")
        return self.party_id

    def party(self, id: str) -> Party:
        """The customer, where the caller may see them. Raises NotFound."""
        return parties.get(self.conn, self.customer(id))


@dataclass(slots=True)
class Gate:
    """What the calls of one server share."""

    pool: ConnectionPool[Conn]
    clock: Callable[[], datetime]
    data_key: bytes
    batching: Batching
    metrics: Metrics
    threads: CapacityLimiter
    head: Callable[[str], int | None]  # newest block of a network, None while its node is unreachable
    relying: Relying = field(default_factory=Relying)  # who we are to authenticators
    settings: Settings = field(default_factory=Settings)
    platform: str = "Tidegate"  # what customers call it
    demo: bool = False  # links that sign somebody in count here
    webhook_networks: tuple[Network, ...] = ()  # where webhooks may go beside public addresses
    counterparties: Counterparties = field(default_factory=Counterparties)  # who may send travel-rule messages
    # Keys are looked up on a thread of their own: sixteen long reports must not keep anybody waiting at the door.
    lookups: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    callers: Callers = field(init=False)
    noticeboard: Noticeboard = field(init=False)

    def __post_init__(self) -> None:
        self.callers = Callers(lambda asked: self.in_thread(partial(self._who, asked), self.lookups))
        self.noticeboard = Noticeboard(lambda now: self.in_thread(partial(self._public, now)))

    async def admit(self, request: Request, scope: str) -> Identity:
        """Who calls. Raises Unauthorised without a valid key, Forbidden where it may not do this."""
        if scope == PUBLIC:
            return NOBODY
        if scope == SIGNED:
            return self.counterparties.who(request)
        host = request.client.host if request.client else None
        return await self.known(bearer(request.headers.getlist("authorization")), host, scope)

    async def known(self, secret: str, host: str | None, scope: str) -> Identity:
        """Whose key it is, allowed to do this. Raises Unauthorised, Forbidden."""
        identity = await self.callers.who(secret, host)
        identity.require(scope)
        return identity

    def _who(self, asked: Sequence[tuple[str, str | None]]) -> list[Identity | Unauthorised]:
        with self.pool.connection(timeout=5) as conn:
            return parties.whoami_many(conn, asked, self.clock())

    def _public(self, now: datetime) -> Status:
        with self.pool.connection(timeout=5) as conn:
            setting = self.settings.at(conn, now)
            heads = {network.id: self.head(network.id) for network in custody.networks(conn)}
            return statuses.read(conn, setting.assets, setting.regimes, heads, store.last_beat(conn), now)

    async def in_thread(self, work: Callable[[], Any], limiter: CapacityLimiter | None = None) -> Any:
        """Run on a thread. An unreachable or overloaded database is a refusal, never a bug of the request."""
        try:
            return await to_thread.run_sync(work, limiter=limiter or self.threads)
        except PoolTimeout as fault:
            raise Unavailable("busy", "No connection became free in time; nothing was done. Send it again.") from fault
        except psycopg.OperationalError as fault:
            log.error("database", fault=f"{type(fault).__name__}: {fault}")
            raise Unavailable(
                "fate_unknown",
                "The database went away before it said whether this was done. With an Idempotency-Key it is safe to "
                "send it again; without one, look first.",
            ) from fault

    def perform(self, route: Route, identity: Identity, key: str | None, asked: str, given: Mapping[str, Any]) -> Said:
        """Do it on a connection of its own; a deadlock took everything back, so it is simply done again."""
        for left in (2, 1, 0):
            try:
                with self.pool.connection(timeout=5) as conn:
                    call = Call(self, conn, identity, self.clock())
                    if key is None:
                        return self._said(route, route.does(call, **given))
                    return self._once(route, call, key, asked, given)
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                if not left:
                    raise
        raise AssertionError("the loop returns or raises")

    def _once(self, route: Route, call: Call, key: str, asked: str, given: Mapping[str, Any]) -> Said:
        """The first answer again, or the thing and its answer in one transaction.

        A refusal is not remembered. What its flow committed on purpose (a wrong code that was counted) stays; what
        the flow took back is back.
        """
        scope = replay_scope(call.identity)
        refused: Refusal | None = None
        said: Said | None = None
        with act(call.conn, call.actor, call.now):
            replay.claim(call.conn, scope, key)
            first = replay.find(call.conn, scope, key, asked)
            if first is not None:
                return Said(first.status, first.answer, replayed=True)
            try:
                answer = route.does(call, **given)
            except Refusal as refusal:
                refused = refusal
            else:
                said = self._said(route, answer)
                keep = _without_secret(answer) if isinstance(answer, Secret) else said
                first = replay.First(scope, key, asked, keep.status, keep.body)
                replay.keep_many(call.conn, [first], call.now)
        if refused is not None:
            raise refused
        assert said is not None
        return said

    @staticmethod
    def _said(route: Route, answer: Any) -> Said:
        if isinstance(answer, Said):
            return answer
        return Said(route.status, readable(answer.body if isinstance(answer, Secret) else answer))


NOBODY = Identity("nobody", PUBLIC, frozenset(), None, "nobody")


def replay_scope(identity: Identity) -> str:
    """Whose keys a key is compared with: the platform's and staff's among themselves, each customer's own."""
    return identity.party_id or "platform"


def request_hash(route: Route, identity: Identity, path: str, body: Any) -> str:
    """What makes two requests the same: route, path and body, however its JSON was spaced.

    For staff also who asks: two people who answer one case in the same words are two voices.
    """
    who = "" if identity.role in ("integrator", "customer") else identity.key_id
    return digest([route.method, path, who, _exact(body)])


def _exact(value: Any) -> Any:
    """The body with its numbers as text: a float has no canonical form, and will be refused anyway."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list) else value


def _without_secret(answer: Secret) -> Said:
    problem = problems.body(
        409,
        "secret_shown_once",
        f"{answer.id} was made by the first request with this Idempotency-Key, and its secret was shown once. "
        "If that answer was lost, make a new one.",
    )
    return Said(409, readable(problem))


def bearer(said: Sequence[str]) -> str:
    """The key in a request's Authorization headers. Raises Unauthorised."""
    if not said:
        raise Unauthorised("key_missing", "Send your key as `Authorization: Bearer <key>`.")
    kind, _, secret = said[0].partition(" ")
    if len(said) > 1 or kind.lower() != "bearer" or not secret.strip() or len(secret) > 512 or not secret.isascii():
        raise Unauthorised("key_malformed", "Send one header `Authorization: Bearer <key>`, with the key and no more.")
    return secret.strip()


@dataclass(frozen=True, slots=True)
class Asking:
    """A call that waits for the batch instead of having a connection."""

    gate: Gate
    identity: Identity
    key: str | None
    asked: str  # hash of the request, for its key

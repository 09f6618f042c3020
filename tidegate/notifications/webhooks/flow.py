"""Who is told, what is queued for whom, and what a person can do about it."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.base import sealing
from tidegate.base.ids import new_id
from tidegate.base.network import Network
from tidegate.base.refusals import Conflict, Malformed, NotFound
from tidegate.db import Conn, Tx, act
from tidegate.db.journal import News
from tidegate.notifications.webhooks import endpoint as rules
from tidegate.notifications.webhooks import events, store
from tidegate.notifications.webhooks.endpoint import Endpoint
from tidegate.notifications.webhooks.events import Told
from tidegate.notifications.webhooks.store import Delivery

READER = "webhooks"


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint and its new secret, which nobody is shown again."""

    endpoint: Endpoint
    secret: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What somebody asks of an endpoint. `private`: the networks beside the public ones that the settings name."""

    url: str
    label: str
    types: Sequence[str]
    private: Collection[Network] = ()

    def checked(self) -> list[str]:
        """The types in order. Raises Malformed as `endpoint.check_url`, `check_label` and `check_types` say."""
        rules.check_url(self.url, self.private)
        rules.check_label(self.label)
        return rules.check_types(self.types)


def register(conn: Conn, terms: Terms, data_key: bytes, actor: str, now: datetime) -> Made:
    """A new endpoint, told of everything from now on. Raises Malformed; Conflict `webhooks_too_many`."""
    types = terms.checked()
    with act(conn, actor, now) as tx:
        if len(store.lock_all(conn)) >= rules.MOST:
            raise Conflict("webhooks_too_many", f"There are {rules.MOST} endpoints; remove one that nobody needs.")
        id = new_id("whk")
        made = Endpoint(id, terms.url, terms.label, types, "active", actor, now, 0, None, 0, now, None, None)
        store.add(conn, made)
        secret = _new_secret(tx, id, data_key)
        tx.note("webhook.registered", id, {"url": made.url, "types": types})
    return Made(made, secret)


def edit(conn: Conn, id: str, terms: Terms, actor: str, now: datetime) -> Endpoint:
    """Another address, label or choice of events; what is queued goes there. Raises NotFound, Malformed."""
    types = terms.checked()
    with act(conn, actor, now) as tx:
        _locked(conn, id)
        store.edit(conn, id, terms.url, terms.label, types)
        tx.note("webhook.edited", id, {"url": terms.url, "types": types})
        return _locked(conn, id)


def rotate(conn: Conn, id: str, overlap_hours: int, data_key: bytes, actor: str, now: datetime) -> Made:
    """A new secret; the one before signs beside it for so long. Raises NotFound; Malformed `overlap_invalid`."""
    if overlap_hours not in rules.OVERLAP_HOURS:
        most = rules.OVERLAP_HOURS[-1]
        raise Malformed("overlap_invalid", f"overlap_hours is {overlap_hours}; use 0 to {most}.", field="overlap_hours")
    with act(conn, actor, now) as tx:
        found = _locked(conn, id)
        store.end_secrets(conn, id, now, now + timedelta(hours=overlap_hours))
        secret = _new_secret(tx, id, data_key)
        tx.note("webhook.rotated", id, {"overlap_hours": overlap_hours})
    return Made(found, secret)


def _new_secret(tx: Tx, endpoint_id: str, data_key: bytes) -> str:
    secret, id = os.urandom(rules.SECRET_BYTES), new_id("whs")
    sealed = sealing.seal(data_key, os.urandom(sealing.NONCE_BYTES), secret, about(id, endpoint_id))
    store.add_secret(tx.conn, id, endpoint_id, sealed, tx.now)
    return rules.as_text(secret)


def about(secret_id: str, endpoint_id: str) -> str:
    """What a sealed secret is bound to."""
    return f"{secret_id} of {endpoint_id}"


def remove(conn: Conn, id: str, actor: str, now: datetime) -> None:
    """Tell it nothing more. Its deliveries can be seen no more. Raises NotFound."""
    with act(conn, actor, now) as tx:
        _locked(conn, id)
        store.end(conn, id, "removed", None, now)
        tx.note("webhook.removed", id)


def enable(conn: Conn, id: str, actor: str, now: datetime) -> Endpoint:
    """Switch an endpoint on again: what was queued meanwhile goes out. Raises NotFound."""
    with act(conn, actor, now) as tx:
        _locked(conn, id)
        switch_on(tx, id)
        return _locked(conn, id)


def switch_on(tx: Tx, id: str) -> None:
    """The same with the caller's transaction. One that is on stays as it is, and one that is gone stays away."""
    found = store.lock(tx.conn, id)
    if found is not None and found.status == "disabled":
        store.enable(tx.conn, id, tx.now)
        tx.note("webhook.enabled", id)


def test(conn: Conn, id: str, actor: str, now: datetime) -> Delivery:
    """Queue a delivery that says nothing, to see whether it arrives. Raises NotFound; Conflict `webhook_disabled`."""
    with act(conn, actor, now) as tx:
        found = _locked(conn, id)
        if found.status != "active":
            raise Conflict("webhook_disabled", f"{id} is switched off: {found.why}. Switch it on first.")
        told = Told(new_id("msg"), events.TEST, now, None, {"endpoint": id})
        (sequence,) = _queue(tx, [(found, told)])
        tx.note("webhook.tested", id)
        return _delivery(conn, id, sequence)


def tell(tx: Tx, news: Sequence[News]) -> None:
    """Queue what happened for everybody who asked for it, each piece once: for `db.reader`.

    An endpoint that is switched off gets its deliveries too, for the day on which it is switched on again.
    """
    told = [(n, e) for n in news if (e := events.told((n.link, n.position), n.at, n.kind, n.subject, n.content))]
    if not told:
        return
    everybody = store.lock_all(tx.conn)
    wanted = [(to, e) for n, e in told for to in everybody if events.wants(to.types, e.type) and n.at >= to.created_at]
    _queue(tx, wanted)


def _queue(tx: Tx, wanted: Sequence[tuple[Endpoint, Told]]) -> list[int]:
    """The deliveries' sequence numbers, in their order. The caller has the endpoints locked."""
    newest: dict[str, int] = {}
    items = []
    for to, event in wanted:
        sequence = newest[to.id] = newest.get(to.id, to.last_sequence) + 1
        items.append((to.id, sequence, event.id, event.type, event.body(sequence)))
    if items:
        store.put(tx.conn, items, tx.now)
        store.count_on(tx.conn, list(newest), list(newest.values()))
    return [sequence for _, sequence, *_ in items]


def again(conn: Conn, id: str, sequence: int, actor: str, now: datetime) -> Delivery:
    """Deliver one again, the same bytes under the same id. Raises NotFound; Conflict `delivery_in_flight`."""
    with act(conn, actor, now) as tx:
        _locked(conn, id)
        _delivery(conn, id, sequence)
        if store.again(conn, id, sequence, now) != 1:
            raise Conflict("delivery_in_flight", f"Delivery {sequence} is being sent just now; ask again in a minute.")
        tx.note("webhook.redelivered", id, {"sequence": sequence})
        return _delivery(conn, id, sequence)


def dead_again(conn: Conn, id: str, since: datetime, actor: str, now: datetime) -> int:
    """Deliver again everything that is dead and was queued since; how many. Raises NotFound."""
    with act(conn, actor, now) as tx:
        _locked(conn, id)
        count = store.dead_again(conn, id, since, now)
        tx.note("webhook.redelivered", id, {"since": since, "count": count})
        return count


def endpoints(conn: Conn) -> list[Endpoint]:
    """Every endpoint, newest first."""
    return store.endpoints(conn)


def get(conn: Conn, id: str) -> Endpoint:
    """One endpoint. Raises NotFound `webhook_unknown`."""
    found = next((e for e in store.endpoints(conn) if e.id == id), None)
    if found is None:
        raise _unknown(id)
    return found


def deliveries(conn: Conn, id: str, status: str | None, before: int | None, limit: int) -> list[Delivery]:
    """What an endpoint was sent, newest first. Raises NotFound."""
    get(conn, id)
    return store.page(conn, id, status, before, limit)


def _locked(conn: Conn, id: str) -> Endpoint:
    found = store.lock(conn, id)
    if found is None:
        raise _unknown(id)
    return found


def _unknown(id: str) -> NotFound:
    return NotFound("webhook_unknown", f"There is no endpoint {id}.")


def _delivery(conn: Conn, id: str, sequence: int) -> Delivery:
    found = store.delivery(conn, id, sequence)
    if found is None:
        raise NotFound("delivery_unknown", f"{id} has no delivery {sequence}; each is kept {rules.KEPT.days} days.")
    return found

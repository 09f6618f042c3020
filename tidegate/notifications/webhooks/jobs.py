"""Delivering: claim in a transaction, post with nothing locked, record in a second one.

A delivery is made at least once. A sender who dies after posting leaves it to the next one, who posts the same bytes
under the same id, so that receivers can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import groupby

from tidegate.base import sealing
from tidegate.base.outside import Receiver, Silent
from tidegate.db import Conn, Tx, act, reader
from tidegate.notifications.webhooks import endpoint as rules
from tidegate.notifications.webhooks import flow, store
from tidegate.notifications.webhooks.endpoint import Endpoint
from tidegate.notifications.webhooks.store import Claimed

Clock = Callable[[], datetime]

LEASE = timedelta(minutes=1)
"""A sender has a delivery so long: longer than a receiver may take."""

TOGETHER = 16
EACH = 4
"""Deliveries under way at once, in all and to one endpoint: one that hangs must not keep the others waiting."""


def tell(conn: Conn, clock: Clock, limit: int = 500) -> int:
    """Queue what the journal says for whoever asked for it; how many entries were read."""
    return reader.read_all(conn, flow.READER, flow.tell, clock(), limit)


def deliver_due(conn: Conn, receiver: Receiver, data_key: bytes, clock: Clock) -> int:
    """Deliver what is due, the longest due first; how many were tried."""
    now = clock()
    with act(conn, "worker", now):
        claimed = store.claim(conn, now, now + LEASE, EACH, TOGETHER)
        secrets = _secrets(conn, [c.endpoint_id for c in claimed], data_key, now)

    def post(item: Claimed) -> int | Silent | None:
        if item.deaths > rules.MOST_DEATHS:
            return None  # its senders died, time after time: not once more
        headers = rules.signed(item.event_id, now, item.body, secrets[item.endpoint_id])
        try:
            return receiver.deliver(item.url, item.body, headers)
        except Silent as silent:
            return silent

    if claimed:
        with ThreadPoolExecutor(max_workers=len(claimed)) as pool:
            said = list(pool.map(post, claimed))
        for item, what in zip(claimed, said, strict=True):
            _record(conn, item, what, clock())
    return len(claimed)


def _secrets(conn: Conn, endpoint_ids: Sequence[str], data_key: bytes, now: datetime) -> dict[str, list[bytes]]:
    """What signs for each endpoint, the newest first."""
    found = store.secrets(conn, sorted(set(endpoint_ids)), now)
    return {
        id: [sealing.unseal(data_key, s.sealed, flow.about(s.id, id)) for s in own]
        for id, own in groupby(found, key=lambda s: s.endpoint_id)
    }


def _record(conn: Conn, item: Claimed, said: int | Silent | None, now: datetime) -> None:
    """What came of it. Where another sender has the delivery by now, that one records."""
    answer = said if isinstance(said, int) else None
    with act(conn, "worker", now) as tx:
        endpoint = store.lock(conn, item.endpoint_id)  # before the delivery, as everybody does; None = removed
        if answer is not None and rules.is_success(answer):
            if store.record(conn, item, "delivered", item.failures, now, answer, None, now) == 1:
                store.works(conn, item.endpoint_id)
            return
        failures = item.failures + 1 if said is not None else len(rules.RETRIES) + 1
        ended = rules.after(failures, now)
        error = f"HTTP status {answer}" if answer is not None else str(said or "no sender lived to tell")
        if store.record(conn, item, ended.status, failures, ended.next_at, answer, error[:500], None) != 1:
            return
        if ended.status == "dead":
            tx.note("webhook.dead", item.endpoint_id, {"sequence": item.sequence, "event": item.event_id})
        if endpoint is not None and endpoint.status == "active":
            _failed(tx, endpoint, answer)


def _failed(tx: Tx, endpoint: Endpoint, answer: int | None) -> None:
    """One more failure in a row of the endpoint itself: it rests, and after days of it it is switched off."""
    failures, since = endpoint.failures + 1, endpoint.failing_since or tx.now
    store.fails(tx.conn, endpoint.id, failures, since, tx.now + rules.rest(failures))
    why = rules.ends(answer, since, tx.now)
    if why is not None:
        store.end(tx.conn, endpoint.id, "disabled", why, tx.now)
        tx.note("webhook.disabled", endpoint.id, {"why": why, "label": endpoint.label})


def forget_old(conn: Conn, clock: Clock, limit: int = 1000) -> int:
    """Drop deliveries that nobody can ask for any more; how many."""
    now = clock()
    with act(conn, "worker", now):
        return store.forget(conn, now - rules.KEPT, limit)

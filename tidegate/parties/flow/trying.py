"""Tries to sign in, at either door: counted by the name that was typed, known or not, and by the network they came
from. Whoever waits is told until when; whether the name exists is told to nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from tidegate.base.refusals import TooMany
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx
from tidegate.parties import party, store, tries


def subjects(login: str | None, ip: str | None, door: str = "login") -> list[str]:
    """What tries are counted for: the name first, where one was typed; then the network. A `door` has names of its
    own, so that wrong tries at one of them keep nobody out at the other."""
    named = [] if login is None else [f"{door}:{hashlib.sha256(login.encode('utf-8', 'surrogatepass')).hexdigest()}"]
    return [*named, f"network:{party.network_of(ip)}"]


def check(conn: Conn, subjects: Sequence[str], now: datetime) -> None:
    """Raises TooMany `sign_in_paused` where the next try does not count yet."""
    _paused(store.tries(conn, subjects), now)


def lock(tx: Tx, subjects: Sequence[str]) -> None:
    """Whoever tries at the same time waits, and then finds what was counted. Raises TooMany `sign_in_paused`."""
    store.begin_tries(tx.conn, subjects, tx.now)
    _paused(store.tries(tx.conn, subjects, lock=True), tx.now)


def wrong(tx: Tx, subjects: Sequence[str]) -> None:
    """One more wrong try for each of them."""
    for found in store.tries(tx.conn, subjects).values():
        store.set_tries(tx.conn, found.subject, tries.after(found.wrong, found.newest_at, tx.now), tx.now)


def right(tx: Tx, subject: str) -> None:
    """The wrong ones before it are forgiven."""
    store.set_tries(tx.conn, subject, 0, tx.now)


def _paused(found: Mapping[str, store.Tries], now: datetime) -> None:
    waits = [tries.waits_until(t.wrong, t.newest_at, _bound(t.subject), now) for t in found.values()]
    until = max((wait for wait in waits if wait is not None), default=None)
    if until is not None:
        raise TooMany(
            "sign_in_paused", f"Too many wrong tries; the next one counts after {rfc3339(until)}.", until=until
        )


def _bound(subject: str) -> tries.Bound:
    return tries.NETWORK if subject.startswith("network:") else tries.ACCOUNT

"""One wallet's turn, kept by one worker at a time, and how it fares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from tidegate.base.money import Asset
from tidegate.custody import payouts as rules
from tidegate.custody import store
from tidegate.custody.chain import Chain, Signer
from tidegate.custody.store import Network, Payout, Wallet
from tidegate.db import Conn, Tx, lease

log = structlog.get_logger("custody")

Clock = Callable[[], datetime]

TURN_SECONDS = 20
"""How long a worker owns a lane without renewing: a killed one is replaced after this."""

REVERTS = 5
"""How often the node may say "this would revert", with growing pauses, before the payout is given back. As often the
signer may refuse a move of our own before it is given up."""


class LostTurn(Exception):
    """Another worker took the lane over while we were away: stop at once, it has gone on."""


@dataclass(slots=True)
class Lane:
    """One wallet's turn: fenced by a token, so that a worker that slept wakes up to nothing."""

    conn: Conn
    chain: Chain
    signer: Signer
    wallet: Wallet
    network: Network
    assets: Mapping[int, Asset]
    clock: Clock
    holder: str
    token: int = 0

    @property
    def name(self) -> str:
        return f"lane:{self.wallet.id}"

    def take(self) -> bool:
        token = lease.take(self.conn, self.name, self.holder, self.clock(), TURN_SECONDS)
        if token is None:
            return False
        self.token = token
        return True

    def renew(self) -> None:
        if lease.take(self.conn, self.name, self.holder, self.clock(), TURN_SECONDS) != self.token:
            raise LostTurn(self.name)

    def fence(self) -> None:
        """Inside an act: nobody else has the lane, and nobody gets it before this commits."""
        if not lease.holds(self.conn, self.name, self.token):
            raise LostTurn(self.name)


def wait(tx: Tx, payout: Payout, what: str, detail: str, seconds: int = 3, failed: int = 0) -> bool:
    if store.wait(tx.conn, payout.id, what, detail, tx.now + timedelta(seconds=seconds), failed):
        tx.note("payout.waits", payout.ref, {"for": what, "detail": detail})
    return True


def fails(tx: Tx, payout: Payout, what: str, detail: str) -> bool:
    """One more failure: the next try comes later each time, and in the end only after a person has looked."""
    failures = payout.failures + 1
    if failures < rules.FAILURES:
        return wait(tx, payout, what, detail, rules.pause(failures), failed=1)
    store.stop(tx.conn, payout.id, detail, tx.now)
    tx.note("payout.alarm", payout.ref, {"fate": "stopped", "failures": failures, "detail": detail})
    log.error("payout stopped", payout=payout.ref, failures=failures, detail=detail)
    return True


def lane_fails(lane: Lane, tx: Tx, payout_id: str | None, detail: str) -> None:
    """The signer refused, or gave no answer (`payout_id` None): then the whole lane waits a little longer each time.
    After ten in a row it claims nothing more until a person resumes it. The lane is fenced."""
    before = store.lane(lane.conn, lane.wallet.id)
    failures = rules.in_a_row(before.failures if before else 0, before.last_payout if before else None, payout_id)
    wait = rules.pause(failures) if payout_id is None else 0  # others may go on where one was refused
    stops = failures >= rules.FAILURES
    store.lane_failed(
        lane.conn,
        store.LaneRow(
            lane.wallet.id,
            failures,
            payout_id,
            detail,
            tx.now + timedelta(seconds=wait),
            tx.now if stops else None,
        ),
    )
    if stops and (before is None or before.stopped_at is None):
        tx.note("lane.stopped", lane.wallet.id, {"failures": failures, "detail": detail})
        log.error("lane stopped", wallet=lane.wallet.id, failures=failures, detail=detail)


def lapse(tx: Tx, payout: Payout) -> bool:
    """Ask for a newer authorisation, where this one ended or was given under another policy or other lists; the
    withdrawal is reviewed once more before it gets one."""
    if payout.waiting_for != "authorisation":
        tx.note("payout.lapsed", payout.ref)
    return wait(tx, payout, "authorisation", "its authorisation ended, or what it rests on changed", seconds=60)

"""Calls about what pays, what hangs, and the egress breaker."""

from __future__ import annotations

from typing import Any

from tidegate.api import store
from tidegate.api.door import Call, Route
from tidegate.api.params import UNFIT, UNKNOWN, Limit
from tidegate.api.say import Said
from tidegate.api.shapes import Lift
from tidegate.api.treasury import say, shapes
from tidegate.base.money import to_text
from tidegate.base.times import rfc3339
from tidegate.custody import flow as custody
from tidegate.policy import flow as policies
from tidegate.withdrawals import flow as withdrawals


def get_treasury(call: Call, limit: Limit = 100) -> Any:
    """The wallets that pay, every payment that has not ended, and whether ledger and chain agree."""
    assets = call.setting().assets
    wallets = [w for n in custody.networks(call.conn) for w in custody.wallets(call.conn, n.id) if w.kind == "hot"]
    return {
        "wallets": [{"network": w.network, "address": w.address, "next_nonce": w.next_nonce} for w in wallets],
        **_watched(call),
        "payouts": [
            {
                "id": p.id,
                "purpose": p.purpose,
                "ref": p.ref,
                "asset": assets[p.asset_id].symbol,
                "network": p.network,
                "amount": to_text(p.units, assets[p.asset_id].decimals),
                "status": p.status,
                "waiting_for": p.waiting_for,
                "detail": p.detail,
                "failures": p.failures,
                "nonce": p.nonce,
                "tx": p.hash,
                "created_at": rfc3339(p.created_at),
            }
            for p in store.open_payouts(call.conn, limit)
        ],
        "books": [say.book_check(b, assets[b.asset_id]) for b in custody.book_checks(call.conn)],
        "ledger": say.ledger_check(custody.ledger_check(call.conn)),
        "lanes": [say.lane(item) for item in custody.stopped_lanes(call.conn)],
        "egress": say.trip(policies.open_trip(call.conn)),
    }


def add_watched(call: Call, body: shapes.NewWatched) -> Any:
    """Look at a warm or cold wallet from now on. Nothing is paid from it; its address counts as the platform's own."""
    custody.watch_wallet(call.conn, body.network, body.address, body.kind, body.label, call.actor, call.now)
    return _watched(call)


def remove_watched(call: Call, id: str) -> Any:
    """Look at a warm or cold wallet no more."""
    custody.unwatch_wallet(call.conn, id, call.actor, call.now)
    return _watched(call)


def _watched(call: Call) -> Said:
    assets = call.setting().assets
    return {"watched": [say.watched(one, seen, assets) for one, seen in custody.watched_wallets(call.conn)]}


def resume_lane(call: Call, wallet: str, body: Lift) -> Any:
    """Let a wallet pay again that stopped after too many failures in a row."""
    custody.resume_lane(call.conn, wallet, body.reason, call.actor, call.now)
    return {"lanes": [say.lane(item) for item in custody.stopped_lanes(call.conn)]}


def resume_payout(call: Call, id: str, body: Lift) -> Any:
    """Try a payment again that stopped after too many failures."""
    found = custody.resume_payout(call.conn, id, body.reason, call.actor, call.now)
    return {"id": found.id, "status": found.status, "waiting_for": found.waiting_for, "failures": found.failures}


def get_egress(call: Call) -> Any:
    """The egress breaker: whether it holds, its line, and what was asked for in its window."""
    return _egress(call)


def reset_egress(call: Call, body: Lift) -> Any:
    """Ask that payments go on. Where the policy asks for two people, the second one's call brings it about."""
    policies.reset_breaker(call.conn, body.reason, call.actor, call.now)
    return _egress(call)


def _egress(call: Call) -> Any:
    numbers = call.setting().policy.behaviour
    line = None if numbers is None else numbers.egress
    haste = None if line is None else withdrawals.haste(call.conn, line, call.now)
    return say.egress(policies.breaker(call.conn), haste, call.now)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/treasury", "treasury:read", get_treasury, shapes.Treasury),
    Route(
        "POST",
        "/v1/treasury/lanes/{wallet}/resume",
        "treasury:write",
        resume_lane,
        shapes.Lanes,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST",
        "/v1/treasury/payouts/{id}/resume",
        "treasury:write",
        resume_payout,
        shapes.ResumedPayout,
        200,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "POST",
        "/v1/treasury/watched",
        "treasury:write",
        add_watched,
        shapes.WatchedWallets,
        201,
        True,
        "json",
        UNFIT,
    ),
    Route(
        "DELETE", "/v1/treasury/watched/{id}", "treasury:write", remove_watched, shapes.WatchedWallets, refuses=UNKNOWN
    ),
    Route("GET", "/v1/egress", "treasury:read", get_egress, shapes.Egress),
    Route("POST", "/v1/egress/reset", "egress:reset", reset_egress, shapes.Egress, 200, True, "json", (409,)),
)

"""How answers speak of what pays, what hangs, and the egress breaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from tidegate.api.say import Said, at, usd
from tidegate.base.money import Asset, to_text
from tidegate.base.times import rfc3339
from tidegate.custody.books import Checked
from tidegate.custody.flow import LaneRow, LedgerChecked, SeenBalance, Watched
from tidegate.policy.breaker import Breaker, Trip
from tidegate.withdrawals.haste import Haste


def book_check(b: Checked, asset: Asset) -> Said:
    return {
        "asset": asset.symbol,
        "network": asset.network,
        "block": b.block,
        "ledger": to_text(b.ledger_units, asset.decimals),
        "chain": to_text(b.chain_units, asset.decimals),
        "difference": ("-" if b.off < 0 else "") + to_text(abs(b.off), asset.decimals),
        "moving": to_text(b.moving_units, asset.decimals),
        "unexplained_rounds": b.rounds,
        "checked_at": rfc3339(b.checked_at),
    }


def watched(w: Watched, seen: Sequence[SeenBalance], assets: Mapping[int, Asset]) -> Said:
    """A warm or cold wallet, and what it was last seen to hold."""
    return {
        "id": w.id,
        "network": w.network,
        "address": w.address,
        "kind": w.kind,
        "label": w.label,
        "added_at": rfc3339(w.added_at),
        "balances": [
            {
                "asset": assets[s.asset_id].symbol,
                "amount": to_text(s.units, assets[s.asset_id].decimals),
                "as_of": rfc3339(s.as_of),
            }
            for s in seen
        ],
    }


def ledger_check(c: LedgerChecked | None) -> Said | None:
    if c is None:
        return None
    return {"accounts": c.accounts, "what": c.what, "checked_at": rfc3339(c.checked_at)}


def trip(t: Trip | None) -> Said | None:
    """A trip of the egress breaker; value in USD."""
    if t is None:
        return None
    seen, allowed = (usd(n) if t.line == "value" else str(n) for n in (t.seen, t.allowed))
    return {
        "number": t.number,
        "since": rfc3339(t.since),
        "line": t.line,
        "seen": seen,
        "allowed": allowed,
        "minutes": t.minutes,
    }


def egress(b: Breaker, haste: Haste | None, now: datetime) -> Said:
    """The egress breaker: how it stands, its line, and how near the line it is; None = the policy has none."""
    line = None if haste is None else haste.line
    return {
        "at": rfc3339(now),
        "tripped": trip(b.trip),
        "resets": [{"person": v.person, "reason": v.reason, "at": rfc3339(v.at)} for v in b.voices],
        "trips": b.trips,
        "reset_at": at(b.reset_at),
        "line": None
        if line is None
        else {
            "minutes": line.minutes,
            "accounts": line.accounts,
            "destinations": line.destinations,
            "value": usd(line.value),
            "reset_people": line.reset_people,
        },
        "now": None
        if haste is None
        else {
            "value": usd(haste.rush.value),
            "accounts": None if haste.others is None else haste.rush.accounts,
            "destinations": None if haste.others is None else haste.rush.destinations,
        },
    }


def lane(item: LaneRow) -> Said:
    """A wallet that stopped after too many failures."""
    assert item.stopped_at is not None  # only such are shown
    return {
        "wallet": item.wallet_id,
        "failures": item.failures,
        "detail": item.detail,
        "stopped_at": rfc3339(item.stopped_at),
    }

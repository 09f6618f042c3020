"""One page for the coins on hand, one for the payments that have not ended, and the buttons that are safe to press."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from tidegate.api.say import usd
from tidegate.base.money import Asset, to_text
from tidegate.base.refusals import Malformed
from tidegate.console.treasury import store
from tidegate.console.visit import Page, Visit
from tidegate.custody import flow as custody
from tidegate.custody import store as custody_store
from tidegate.custody.books import Checked
from tidegate.custody.outlook import LONGEST, lasts
from tidegate.ledger import store as ledger
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.policy.switch import Scope
from tidegate.withdrawals import flow as withdrawals

ROWS = 30
VIEWS = ("all", "stuck")
ABANDONABLE = ("unknown", "confirming")
HOME, QUEUE = "/console/treasury", "/console/payments"


@dataclass(frozen=True, slots=True)
class Outlook:
    """A paying wallet's coins of one asset, in coins, and when they are gone at today's outflow."""

    asset: str
    network: str
    units: str
    out_1h: str
    out_24h: str
    empty_at: datetime | None  # None = nothing leaves on balance, or it lasts for more than a year
    leaves: bool


def overview(visit: Visit) -> Response:
    """What the wallets hold and how long it lasts, switches, the breaker, stopped wallets, books."""
    conn, now = visit.conn, visit.now
    assets = {asset.id: asset for asset in ledger.assets(conn)}
    flows = custody_store.hot_flows(conn, now - custody.LOOK_FRESH)
    return visit.render(
        "treasury/overview.html",
        outlooks=[_outlook(flow, assets[flow.asset_id], now) for flow in flows],
        held=[(h, assets[h.asset_id].symbol, _coins(h.units, assets[h.asset_id])) for h in store.balances(conn)],
        watched=[
            (one, [(assets[s.asset_id].symbol, _coins(s.units, assets[s.asset_id]), s.as_of) for s in seen])
            for one, seen in custody.watched_wallets(conn)
        ],
        networks=[network.id for network in custody.networks(conn)],
        late=now - custody.LOOK_FRESH,
        waiting=store.waiting(conn),
        switches=policies.switches(conn),
        subjects=_subjects(assets.values()),
        breaker=policies.breaker(conn),
        egress=_egress(visit),
        lanes=custody.stopped_lanes(conn),
        books=[(b, assets[b.asset_id], _book(b, assets[b.asset_id])) for b in custody.book_checks(conn)],
        ledger=custody.ledger_check(conn),
        names={key.id: key.label for key in parties.keys(conn)},
        typed={"subject": visit.asked("subject") or ""},
    )


def _outlook(flow: custody_store.HotFlow, asset: Asset, now: datetime) -> Outlook:
    left = lasts(flow.hot_units, flow.net_24h_units)
    return Outlook(
        asset.symbol,
        asset.network,
        _coins(flow.hot_units, asset),
        _coins(flow.net_1h_units, asset),
        _coins(flow.net_24h_units, asset),
        None if left is None or left >= LONGEST else now + left,
        left is not None,
    )


def _coins(units: int, asset: Asset) -> str:
    return ("-" if units < 0 else "") + to_text(abs(units), asset.decimals)


def _book(check: Checked, asset: Asset) -> dict[str, str]:
    return {
        "ledger": _coins(check.ledger_units, asset),
        "chain": _coins(check.chain_units, asset),
        "off": _coins(check.off, asset),
        "moving": _coins(check.moving_units, asset),
    }


def _subjects(assets: Any) -> list[str]:
    """What a switch can stop, as `scope:subject`."""
    known = list(assets)
    networks = sorted({asset.network for asset in known})
    return [
        f"{Scope.PLATFORM}:platform",
        *(f"{Scope.NETWORK}:{network}" for network in networks),
        *sorted(f"{Scope.ASSET}:{asset.name}" for asset in known),
    ]


def _egress(visit: Visit) -> dict[str, Any] | None:
    """How near the breaker's line the platform is; None = the policy has no breaker."""
    policy = policies.active_or_none(visit.conn, visit.now)
    line = None if policy is None or policy.behaviour is None else policy.behaviour.egress
    if line is None:
        return None
    haste = withdrawals.haste(visit.conn, line, visit.now)
    few = haste.others is None  # so few requests that no line can be passed
    return {
        "minutes": line.minutes,
        "people": line.reset_people,
        "lines": [
            ("value", usd(haste.rush.value), usd(line.value)),
            ("accounts", None if few else haste.rush.accounts, line.accounts),
            ("destinations", None if few else haste.rush.destinations, line.destinations),
        ],
    }


def payments(visit: Visit) -> Response:
    """Payments that have not ended, oldest first, and what can be done about those that hang."""
    view = visit.asked("view") or "all"
    if view not in VIEWS:
        raise Malformed("view_unknown", f"{view[:40]!r} is none of {', '.join(VIEWS)}.")
    found = store.open_payments(visit.conn, view == "stuck", visit.after("before"), ROWS)
    assets = {asset.id: asset for asset in ledger.assets(visit.conn)}
    last = found[-1] if len(found) == ROWS else None
    return visit.render(
        "treasury/payments.html",
        payments=[(p, assets[p.asset_id].symbol, _coins(p.units, assets[p.asset_id])) for p in found],
        view=view,
        views=VIEWS,
        waiting=store.waiting(visit.conn),
        abandonable=ABANDONABLE,
        older=f"{last.created_at.isoformat()} {last.id}" if last else None,
    )


# What people do. Each is one flow; then the page again, which says what was done.


def resume_payment(visit: Visit) -> Response:
    custody.resume_payout(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(QUEUE, "payment_resumed")


def cancel_payment(visit: Visit) -> Response:
    """Ask for a cancellation on the payment's own nonce: whichever of the two is mined decides."""
    custody.abandon(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(QUEUE, "payment_cancelling")


def bump_payment(visit: Visit) -> Response:
    """Ask for a dearer payment on its own nonce, now: what the worker does by itself a while later."""
    custody.bump(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(QUEUE, "payment_bumped")


def resume_lane(visit: Visit) -> Response:
    custody.resume_lane(visit.conn, visit.id, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(HOME, "lane_resumed")


def watch_wallet(visit: Visit) -> Response:
    """A warm or cold wallet is looked at from now on."""
    network, address, kind, label = (visit.given(name).strip() for name in ("network", "address", "kind", "label"))
    custody.watch_wallet(visit.conn, network, address, kind, label, visit.actor, visit.now)
    return visit.back_to(HOME, "wallet_watched")


def unwatch_wallet(visit: Visit) -> Response:
    custody.unwatch_wallet(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(HOME, "wallet_unwatched")


def switch_on(visit: Visit) -> Response:
    scope, _, subject = visit.given("what").partition(":")
    policies.switch_on(visit.conn, scope, subject, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(HOME, "switched_on")


def switch_off(visit: Visit) -> Response:
    policies.switch_off(visit.conn, visit.id, visit.actor, visit.now)
    return visit.back_to(HOME, "switched_off")


def reset_egress(visit: Visit) -> Response:
    """Ask that payments go on; the last of as many people as the policy names brings it about."""
    after = policies.reset_breaker(visit.conn, visit.given("reason"), visit.actor, visit.now)
    return visit.back_to(HOME, "egress_reset" if after.trip is None else "egress_asked")


PAGES = (
    Page("/treasury", overview, "treasury:read"),
    Page("/payments", payments, "treasury:read"),
    Page("/payments/{id}/resume", resume_payment, "treasury:write", "POST", sensitive=True),
    Page("/payments/{id}/bump", bump_payment, "treasury:write", "POST"),
    Page("/payments/{id}/cancel", cancel_payment, "treasury:write", "POST", sensitive=True),
    Page("/treasury/wallets/{id}/resume", resume_lane, "treasury:write", "POST", sensitive=True),
    Page("/treasury/watched", watch_wallet, "treasury:write", "POST"),
    Page("/treasury/watched/{id}/remove", unwatch_wallet, "treasury:write", "POST"),
    Page("/treasury/switches", switch_on, "switches:write", "POST"),
    Page("/treasury/switches/{id}/off", switch_off, "switches:write", "POST", sensitive=True),
    Page("/treasury/egress/reset", reset_egress, "egress:reset", "POST", sensitive=True),
)

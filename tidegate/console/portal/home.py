"""The first page: what the customer has, what is held and why, what still fits into the limits."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from tidegate.api.customers.say import window
from tidegate.base.money import to_text
from tidegate.console.portal import store
from tidegate.console.portal.holds import explained
from tidegate.console.portal.visit import Page, Visit
from tidegate.ledger import flow as ledger
from tidegate.p2p.lots import flow as lots
from tidegate.parties import flow as parties
from tidegate.parties.party import RestrictionKind
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals import store as withdrawal_store

_FEW = 5
_LOTS = 100
STOPS = (RestrictionKind.FREEZE, RestrictionKind.WITHDRAWAL_BLOCK, RestrictionKind.BAN)
"""Under these nothing leaves, which the customer is told. Who is only watched must not read it."""


def home(visit: Visit) -> Response:
    """Balances explained, limits, the newest withdrawals."""
    party, setting = visit.party(), visit.setting()
    found = withdrawal_store.search(visit.conn, party.id, None, None, None, _FEW)
    orders = parties.restrictions(visit.conn, [party.id], visit.now)[party.id]
    return visit.render(
        "portal/home.html",
        balances=_balances(visit),
        windows=[window(h) for h in withdrawals.headroom(visit.conn, party, setting, visit.now)] if party.level else [],
        withdrawals=withdrawals.views(visit.conn, found, setting.assets),
        stops=[order for order in orders if order.kind in STOPS],
    )


def _balances(visit: Visit) -> list[dict[str, Any]]:
    """Each asset with its holds one by one, and the lots that stay, by their day."""
    assets = visit.setting().assets
    holds = store.holds(visit.conn, visit.party_id)
    bound = [lot for lot in lots.page(visit.conn, visit.party_id, None, _LOTS) if lot.binds(visit.now)]
    said = []
    for balance in ledger.balances(visit.conn, visit.party_id):
        asset = assets[balance.asset_id]
        said.append(
            {
                "asset": asset.symbol,
                "network": asset.network,
                "total": to_text(balance.total, asset.decimals),
                "free": to_text(balance.available, asset.decimals),
                "holds": [
                    {
                        "purpose": hold.purpose,
                        "amount": to_text(hold.units, asset.decimals),
                        **asdict(explained(hold)),
                    }
                    for hold in holds
                    if hold.asset_id == asset.id
                ],
                "lots": [
                    {"until": lot.matures_at, "amount": to_text(lot.left_units, asset.decimals)}
                    for lot in bound
                    if lot.asset_id == asset.id
                ],
            }
        )
    return said


PAGES = (Page("/", home),)

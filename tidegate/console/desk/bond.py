"""The merchant's bond: what is required, locked and owed, every movement, paying in and asking back."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from tidegate.api.merchants import say
from tidegate.base.money import Asset, BadAmount, to_text, to_units
from tidegate.base.refusals import Malformed, Refusal
from tidegate.console.desk.mine import HOME, asset_named, merchant_of
from tidegate.console.portal.visit import Page, Visit
from tidegate.ledger import flow as ledger
from tidegate.ledger import store as ledger_store
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.policy import flow as policies
from tidegate.policy.pack import Policy

OWN = f"{HOME}/bond"
_MOVES = 30


def bond(visit: Visit) -> Response:
    """How the bond stands."""
    return _bond(visit, None)


def _bond(visit: Visit, refusal: Refusal | None) -> Response:
    merchant, policy = merchant_of(visit), policies.active(visit.conn, visit.now)
    assets = {asset.id: asset for asset in ledger_store.assets(visit.conn)}
    own = bonds.of(visit.conn, merchant.id)
    available = {balance.asset_id: balance.available for balance in ledger.balances(visit.conn, visit.party_id)}
    shown = [
        {
            **say.bond(one, assets),
            "name": assets[one.asset_id].name,
            "short": one.demand > 0,
            "surplus": to_text(max(0, one.locked - one.required), assets[one.asset_id].decimals),
            "has_surplus": one.locked > one.required and not one.demand and one.release_at is None,
            "available": to_text(available.get(one.asset_id, 0), assets[one.asset_id].decimals),
        }
        for one in own
    ]
    moves = [say.movement(one, assets) for one in bonds.movements(visit.conn, merchant.id)]
    return visit.render(
        "desk/bond.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        bonds=shown,
        required={} if own else policy.merchants.bond,  # by asset, for whoever has locked nothing yet
        moves=sorted(moves, key=lambda one: (one["at"], one["number"]), reverse=True)[:_MOVES],
        matters=merchants.matters(visit.conn, [merchant.id]),
        days=policy.merchants.release_days,
        typed={name: visit.given(name) for name in ("asset", "amount", "do")},
    )


def pay_in(visit: Visit) -> Response:
    """Pay what is demanded, or lock."""
    lock = visit.given("do") == "lock"

    def do(merchant: Merchant, asset: Asset, units: int, policy: Policy) -> object:
        pay = bonds.lock if lock else bonds.top_up
        return pay(visit.conn, merchant.id, asset, units, policy, visit.actor, visit.now)

    return _moved(visit, do, "desk_bond_paid")


def ask_back(visit: Visit) -> Response:
    """Ask back what is locked beyond the required; it comes after the delay."""

    def do(merchant: Merchant, asset: Asset, units: int, policy: Policy) -> object:
        return bonds.ask_unlock(visit.conn, merchant.id, asset, units, policy, visit.actor, visit.now)

    return _moved(visit, do, "desk_bond_asked")


def _moved(visit: Visit, do: Callable[[Merchant, Asset, int, Policy], object], word: str) -> Response:
    merchant, policy = merchant_of(visit), policies.active(visit.conn, visit.now)
    assets = {asset.id: asset for asset in ledger_store.assets(visit.conn)}
    try:
        asset = asset_named(assets, visit.given("asset"))
        units = _units(visit.given("amount").strip(), asset)
        visit.once(lambda: do(merchant, asset, units, policy))
    except Refusal as refusal:
        return _bond(visit, refusal)
    return visit.back_to(OWN, word)


def _units(amount: str, asset: Asset) -> int:
    try:
        return to_units(amount, asset.decimals)
    except BadAmount as bad:
        raise Malformed(bad.code, str(bad), field="amount") from bad


PAGES = (
    Page("/desk/bond", bond),
    Page("/desk/bond/pay", pay_in, "POST"),
    Page("/desk/bond/back", ask_back, "POST"),
)

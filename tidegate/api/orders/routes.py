"""Calls about orders. A customer's credential is the taker or the merchant of an order, or sees none."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from tidegate.api.ads.routes import desk_of
from tidegate.api.door import Call, Route
from tidegate.api.orders import say, shapes
from tidegate.api.params import UNFIT, UNKNOWN, Before, Limit, Text
from tidegate.api.say import page
from tidegate.api.withdrawals.reading import confirmation
from tidegate.api.withdrawals.shapes import Challenge
from tidegate.base.refusals import Malformed, NotFound
from tidegate.p2p.disputes import flow as disputes
from tidegate.p2p.lots import flow as lots
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.flow import Code, Payer, Signature, Wanted
from tidegate.p2p.orders.order import Order, Role, Status


def create_order(call: Call, body: shapes.NewOrder) -> Any:
    """Take so much of an ad: its coins go into escrow, and the payer's time begins."""
    wanted = Wanted(
        body.ad,
        call.customer(body.taker),
        body.amount,
        body.method,
        body.price,
        body.payee_account,
        body.device_id,
        body.ip,
        body.agent,
    )
    return _said(call, orders.create(call.conn, wanted, call.actor, desk_of(call), call.now))


def list_orders(
    call: Call,
    customer: Text = None,
    merchant: Text = None,
    status: Annotated[Status | None, Query()] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Orders, newest first; of a customer on either side."""
    statuses = None if status is None else [status]
    found = orders.page(call.conn, call.whose(customer), merchant, statuses, before, limit)
    assets = call.setting().assets
    return page("orders", [say.order(o, assets) for o in found], limit)


def get_order(call: Call, id: str) -> Any:
    """One order."""
    return _said(call, _order(call, id))


def where_to_pay(call: Call, id: str) -> Any:
    """Which account to pay: told to the payer, while the order is open. The journal keeps that they were told."""
    order = _order(call, id)
    by = _by(call, order, None) or order.payer
    return say.payee(orders.where_to_pay(call.conn, id, by, call.gate.data_key, call.actor, call.now))


def pay_order(call: Call, id: str, body: shapes.OrderPaid) -> Any:
    """The payer says that the money is on its way. Money from somebody else's account is refused."""
    order = _order(call, id)
    by = _by(call, order, body.by) or order.payer
    payer = Payer(body.account, body.holder_name)
    return _said(call, orders.paid(call.conn, id, by, payer, call.actor, desk_of(call), call.now))


def release_order(call: Call, id: str, body: shapes.OrderReleased) -> Any:
    """The seller has the money, and confirms with a factor of theirs: the coins are the buyer's."""
    order = _order(call, id)
    by = _by(call, order, body.by) or order.seller
    code, credential = confirmation(body)
    factor = Code(code, call.gate.data_key) if credential is None else Signature(credential, call.gate.relying)
    done = orders.release(call.conn, id, by, body.holder_name, factor, call.actor, desk_of(call), call.now)
    return _said(call, done)


def challenge_order(call: Call, id: str) -> Any:
    """Ask for what the seller's passkey has to sign to release: bound to the order, good for one answer."""
    order = _order(call, id)
    by = _by(call, order, None) or order.seller
    return {"options": orders.challenge(call.conn, id, by, call.gate.relying, call.actor, desk_of(call), call.now)}


def cancel_order(call: Call, id: str, body: shapes.OrderCancelled) -> Any:
    """Give it up: either side before payment, the payer alone after it."""
    by = _spoken(_by(call, _order(call, id), body.by))
    return _said(call, orders.cancel(call.conn, id, by, call.actor, call.now))


def dispute_order(call: Call, id: str, body: shapes.OrderDisputed) -> Any:
    """Ask people to decide, for a typed reason."""
    by = _spoken(_by(call, _order(call, id), body.by))
    return _said(call, disputes.dispute(call.conn, id, by, body.reason, body.note, call.actor, desk_of(call), call.now))


def resolve_order(call: Call, id: str, body: shapes.OrderResolved) -> Any:
    """Decide a dispute. A large order is given to the payer by two people."""
    return _said(call, disputes.resolve(call.conn, id, body.outcome, body.reason, body.at_fault, call.actor, call.now))


def list_lots(call: Call, id: str, before: Before = None, limit: Limit = 50) -> Any:
    """Coins that the customer bought, newest first, and how much of what they own may leave."""
    party, setting = call.party(id), call.setting()
    found = lots.page(call.conn, party.id, before, limit)
    kept = lots.retained(call.conn, [party.id], setting.assets, setting.policy, call.now).get(party.id)
    free = [] if kept is None else say.withdrawable(kept, setting.assets, call.now)
    return {**page("lots", [say.lot(one, setting.assets) for one in found], limit), "withdrawable": free}


def _said(call: Call, order: Order) -> Any:
    return say.order(order, call.setting().assets)


def _order(call: Call, id: str) -> Order:
    """The order, where the caller may see it. Raises NotFound, as for one that does not exist."""
    found = orders.get(call.conn, id)
    if call.party_id is not None:
        orders.role_of(found, call.party_id)
    return found


def _by(call: Call, order: Order, said: str | None) -> Role | None:
    """Who does it: a customer's own side, whatever they say; None = the platform has not said."""
    if call.party_id is None:
        return None if said is None else Role(said)
    own = orders.role_of(order, call.party_id)
    if said not in (None, own):
        raise NotFound("order_unknown", f"There is no order {order.id} of which you are the {said}.", field="by")
    return own


def _spoken(by: Role | None) -> Role:
    if by is None:
        raise Malformed("by_missing", "Say who does it: taker or merchant.", field="by")
    return by


_O = "/v1/orders"

ROUTES: tuple[Route, ...] = (
    Route("GET", _O, "orders:read", list_orders, shapes.Orders, refuses=UNKNOWN),
    Route("POST", _O, "orders:write", create_order, shapes.Order, 201, True, "json", UNFIT),
    Route("GET", _O + "/{id}", "orders:read", get_order, shapes.Order, refuses=UNKNOWN),
    Route("POST", _O + "/{id}/payee", "orders:write", where_to_pay, shapes.Payee, refuses=UNFIT),
    Route("POST", _O + "/{id}/paid", "orders:write", pay_order, shapes.Order, 200, True, "json", UNFIT),
    Route("POST", _O + "/{id}/release", "orders:write", release_order, shapes.Order, 200, True, "json", UNFIT),
    Route("POST", _O + "/{id}/challenge", "orders:write", challenge_order, Challenge, refuses=UNFIT),
    Route("POST", _O + "/{id}/cancel", "orders:write", cancel_order, shapes.Order, 200, True, "json", UNFIT),
    Route("POST", _O + "/{id}/dispute", "orders:write", dispute_order, shapes.Order, 200, True, "json", UNFIT),
    Route("POST", _O + "/{id}/resolve", "orders:resolve", resolve_order, shapes.Order, 200, True, "json", UNFIT),
    Route("GET", "/v1/customers/{id}/retention-lots", "orders:read", list_lots, shapes.Lots, refuses=UNKNOWN),
)

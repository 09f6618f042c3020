"""Orders of whoever is signed in, on either side: what waits for them first, and each step that is theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from tidegate.api.orders import say
from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal
from tidegate.console.browser import asking
from tidegate.console.desk import store
from tidegate.console.desk.mine import HOME
from tidegate.console.portal.visit import Page, Visit
from tidegate.ledger import store as ledger
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.disputes import flow as disputes
from tidegate.p2p.disputes.dispute import PAYER, REASONS, SELLER
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders import order as rules
from tidegate.p2p.orders.flow import Code, Payee, Payer, Signature
from tidegate.p2p.orders.order import FINAL, OPEN, Order, Role, Status
from tidegate.parties import flow as parties

ROWS = 30
_MOST_OPEN = 100
OWN = f"{HOME}/orders"


def step(order: Order, own: Role) -> str:
    """What an order waits for, as one of its sides sees it."""
    match order.status:
        case Status.CREATED:
            return "pay" if own is order.payer else "await_payment"
        case Status.PAID:
            return "release" if own is order.seller else "await_release"
        case Status.DISPUTED:
            return "await_people"
        case _:
            return "over"


def waiting(visit: Visit) -> list[tuple[str, str, datetime | None, str]]:
    """(step, what it is about, until, where) of the orders that wait for whoever is signed in."""
    found = _open(visit)
    return [
        (
            said["step"],
            f"{said['amount']} {said['asset']} · {said['fiat_amount']} {said['fiat']}",
            order.expires_at if said["step"] == "pay" else None,
            f"{OWN}/{order.id}",
        )
        for order, said in zip(found, _said(visit, found), strict=True)
        if said["step"] in ("pay", "release")
    ]


def listed(visit: Visit) -> Response:
    """Open orders first, those that wait for them on top; then what has ended, newest first."""
    running = _open(visit)
    ended = orders.page(visit.conn, visit.party_id, None, FINAL, visit.asked("before"), ROWS)
    shown = sorted(_said(visit, running), key=lambda one: (one["step"] not in ("pay", "release"), one["expires_at"]))
    return visit.render(
        "desk/orders.html",
        running=shown,
        ended=_said(visit, ended),
        older=ended[-1].id if len(ended) == ROWS else None,
    )


def one(visit: Visit) -> Response:
    """One order, and what its reader can do about it."""
    return _one(visit, None)


def _one(visit: Visit, refusal: Refusal | None) -> Response:
    order, own = _own(visit)
    side = PAYER if own is order.payer else SELLER
    mine = accounts.of_party(visit.conn, visit.party_id) if own is order.payer else []
    return visit.render(
        "desk/order.html",
        200 if refusal is None else refusal.status,
        refusal=refusal,
        order=_said(visit, [order])[0],
        accounts=[one for one in mine if one.method == order.method and one.retired_at is None],
        reasons=[reason for reason, sides in REASONS.items() if side in sides],
        payee=_payee(visit, order, own),
        may={"cancel": _allowed(lambda: rules.check_cancel(order, own))},
        factors={factor.kind for factor in parties.factors(visit.conn, visit.party_id)},
        typed={name: visit.given(name) for name in ("account", "holder_name", "reason", "note")},
    )


def _payee(visit: Visit, order: Order, own: Role) -> Payee | None:
    """Where to pay, for whoever still has to; None = the seller has not said."""
    if step(order, own) != "pay":
        return None
    try:
        return orders.where_to_pay(visit.conn, order.id, own, visit.gate.data_key, visit.actor, visit.now)
    except (NotFound, Conflict):  # nobody said where, or it has ended this very moment
        return None


def paid(visit: Visit) -> Response:
    """The payer says that the money is on its way."""
    payer = Payer(visit.given("account") or None)
    return _done(
        visit,
        "desk_order_paid",
        lambda order, own: orders.paid(
            visit.conn, order.id, own, payer, visit.actor, ads.desk(visit.conn, visit.now), visit.now
        ),
    )


def release(visit: Visit) -> Response:
    """The seller has the money, and confirms with a factor of theirs: the coins are the buyer's."""
    holder = visit.given("holder_name").strip() or None
    return _done(
        visit,
        "desk_order_released",
        lambda order, own: orders.release(
            visit.conn, order.id, own, holder, _factor(visit), visit.actor, ads.desk(visit.conn, visit.now), visit.now
        ),
    )


def challenge(visit: Visit) -> Response:
    """What the seller's passkey signs to release, for the script of the page."""
    order, own = _own(visit)
    desk, relying = ads.desk(visit.conn, visit.now), visit.gate.relying
    return asking(visit.say, lambda: orders.challenge(visit.conn, order.id, own, relying, visit.actor, desk, visit.now))


def _factor(visit: Visit) -> Code | Signature:
    """What the form carries: a passkey's answer, or the code of an app. Raises Malformed `credential_malformed`."""
    text = visit.given("credential")
    if not text:
        return Code(visit.given("code").strip(), visit.gate.data_key)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as bad:
        raise Malformed("credential_malformed", "This is no passkey's answer.", field="credential") from bad
    if not isinstance(said, dict):
        raise Malformed("credential_malformed", "This is no passkey's answer.", field="credential")
    return Signature(said, visit.gate.relying)


def cancel(visit: Visit) -> Response:
    """Give it up: the coins go back."""
    return _done(
        visit,
        "desk_order_cancelled",
        lambda order, own: orders.cancel(visit.conn, order.id, own, visit.actor, visit.now),
    )


def dispute(visit: Visit) -> Response:
    """Ask people to decide."""
    reason, note = visit.given("reason"), visit.given("note")
    return _done(
        visit,
        "desk_order_disputed",
        lambda order, own: disputes.dispute(
            visit.conn, order.id, own, reason, note, visit.actor, ads.desk(visit.conn, visit.now), visit.now
        ),
    )


def _done(visit: Visit, word: str, do: Callable[[Order, Role], object]) -> Response:
    """One step of one order; a refusal shows the order as it is now, with what was typed."""
    order, own = _own(visit)
    try:
        visit.once(lambda: do(order, own))
    except Refusal as refusal:
        return _one(visit, refusal)
    return visit.back_to(f"{OWN}/{order.id}", word)


def _open(visit: Visit) -> list[Order]:
    return orders.page(visit.conn, visit.party_id, None, OPEN, None, _MOST_OPEN)


def _own(visit: Visit) -> tuple[Order, Role]:
    """The order and which side they are. Raises NotFound `order_unknown`, also for an order of others."""
    order = orders.get(visit.conn, visit.id)
    return order, orders.role_of(order, visit.party_id)


def _said(visit: Visit, found: Sequence[Order]) -> list[dict[str, Any]]:
    """The orders as pages show them: in whose name the money comes, and what it waits for."""
    assets = {asset.id: asset for asset in ledger.assets(visit.conn)}
    names = store.names(visit.conn, {order.payer_party for order in found})
    shown = []
    for order in found:
        own = orders.role_of(order, visit.party_id)
        shown.append(
            {
                **say.order(order, assets),
                "own": own,
                "gets_coins": own is order.payer,
                "payer_name": names.get(order.payer_party),
                "step": step(order, own),
            }
        )
    return shown


def _allowed(check: Callable[[], None]) -> bool:
    """Whether the flow would let them: a button that is always refused is not shown."""
    try:
        check()
    except Refusal:
        return False
    return True


PAGES = (
    Page("/desk/orders", listed),
    Page("/desk/orders/{id}", one),
    Page("/desk/orders/{id}/paid", paid, "POST"),
    Page("/desk/orders/{id}/challenge", challenge, "POST"),
    Page("/desk/orders/{id}/release", release, "POST"),
    Page("/desk/orders/{id}/cancel", cancel, "POST"),
    Page("/desk/orders/{id}/dispute", dispute, "POST"),
)

"""Paid, given up; and time, when nobody paid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.base.refusals import Conflict, Malformed, NotFound, Refusal
from tidegate.db import Conn, Tx, act
from tidegate.p2p.accounts import account as account_rules
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.accounts.account import Account
from tidegate.p2p.ads.flow import Desk
from tidegate.p2p.orders import order as rules
from tidegate.p2p.orders import store
from tidegate.p2p.orders.flow.moving import give_back, locked, move, said
from tidegate.p2p.orders.order import Order, Role, Status
from tidegate.parties import flow as parties


@dataclass(frozen=True, slots=True)
class Payer:
    """Where money comes from: one of the payer's accounts here, or the holder's name alone; None = not said."""

    account: str | None = None  # "pac_…"
    holder_name: str | None = None


def paid(conn: Conn, id: str, by: Role, payer: Payer, actor: str, desk: Desk, now: datetime) -> Order:
    """The payer says that the money is on its way.

    Raises as `order.check_paid`; NotFound `account_unknown`; Conflict `payer_name_mismatch` for an account of somebody
    else: nobody has to take it.
    """
    with act(conn, actor, now) as tx:
        order = locked(tx, id)
        rules.check_paid(order, by, now)
        order, strange = compared(tx, order, payer, desk)
        if strange is None:
            return move(tx, replace(order, status=Status.PAID, paid_at=now), order.status, "order.paid")
    raise strange


def cancel(conn: Conn, id: str, by: Role, actor: str, now: datetime) -> Order:
    """One of the two gives it up: the coins go back. Raises as `order.check_cancel`."""
    with act(conn, actor, now) as tx:
        order = locked(tx, id)
        rules.check_cancel(order, by)
        return give_back(tx, replace(order, cancelled_by=by), Status.CANCELLED, "order.cancelled")


def expire(conn: Conn, id: str, now: datetime) -> bool:
    """The time to pay is over: the coins go back. Whether it still was for time to say."""
    with act(conn, "worker", now) as tx:
        order = locked(tx, id)
        if order.status is not Status.CREATED or order.expires_at > now:
            return False
        give_back(tx, replace(order, cancelled_by=Role.TIME), Status.EXPIRED, "order.expired")
        return True


def compared(tx: Tx, order: Order, payer: Payer, desk: Desk) -> tuple[Order, Refusal | None]:
    """The order with how far the account's holder is the payer, and the refusal where it is somebody else.

    What was found stays on record although the step is refused.
    """
    percent = None
    if payer.account is not None:
        account = own_account(tx.conn, payer.account, order.payer_party, order.method)
        order, percent = replace(order, payer_hash=account.hash), account.name_score
    elif payer.holder_name is not None:
        account_rules.check_holder(payer.holder_name)
        owner = parties.get(tx.conn, order.payer_party)
        percent = account_rules.name_score(payer.holder_name, owner.verified_name)
    if percent is None:  # nobody has verified a name: the seller looks
        return order, None
    order = replace(order, payer_similarity=percent)
    if percent >= desk.policy.merchants.name_score:
        return order, None
    store.compared(tx.conn, order.id, percent, tx.now)
    tx.note("order.payer_mismatch", order.id, {**said(order), "percent": percent})
    return order, Conflict(
        "payer_name_mismatch",
        "The account is not in the payer's verified name. Money of others is not taken: pay from your own account; "
        "whoever received it sends it back or opens a dispute.",
        field="holder_name",
    )


def own_account(conn: Conn, id: str, party_id: str, method: str) -> Account:
    """A party's own payment account. Raises NotFound `account_unknown`; Conflict `account_retired`; Malformed
    `account_other_method`."""
    account = accounts.get(conn, id)
    if account.party_id != party_id:
        raise NotFound("account_unknown", f"There is no payment account {id} of this customer.", field="account")
    account_rules.check_open(account)
    if account.method != method:
        raise Malformed(
            "account_other_method", f"{id} is for {account.method}; this order is paid by {method}.", field="account"
        )
    return account

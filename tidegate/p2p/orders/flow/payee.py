"""Where to pay: told to the payer while the order is open, to nobody else, and gone with its end.

What is kept is a copy, as the account was when the order was made: the seller may name another one meanwhile, and money
on its way must not change its direction. Its number stays sealed until it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.base.refusals import NotFound
from tidegate.db import Conn, Tx, act
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.accounts.account import Account
from tidegate.p2p.orders import order as rules
from tidegate.p2p.orders import store
from tidegate.p2p.orders.flow.moving import locked
from tidegate.p2p.orders.order import Order, Role


@dataclass(frozen=True, slots=True)
class Payee:
    """The account to pay, readable."""

    institution: str
    number: str | None  # None = cash: the place is the institution
    holder_name: str


def keep(tx: Tx, order: Order, account: Account | None) -> None:
    """An order begins: its payer can be told. None = the seller has named no account of the method."""
    if account is not None:
        store.keep_payee(
            tx.conn,
            store.PayeeRow(order.id, account.id, account.party_id, account.institution, account.holder_name,
                           account.sealed, None),
        )  # fmt: skip


def where_to_pay(conn: Conn, id: str, by: Role, data_key: bytes, actor: str, now: datetime) -> Payee:
    """Tell the payer which account to pay. The journal says that they were told, the first time, and never what.

    Raises as `order.check_payee`; NotFound `order_unknown`, `payee_missing`.
    """
    with act(conn, actor, now) as tx:
        order = locked(tx, id)
        rules.check_payee(order, by)
        kept = store.payee(conn, id)
        if kept is None:
            raise NotFound(
                "payee_missing",
                f"The {order.seller} of {id} has named no {order.method} account; do not pay before they have told you "
                "where, and cancel if they do not.",
            )
        if store.payee_shown(conn, id, now):
            tx.note("order.payee_shown", id, {"to": order.payer_party, "account": kept.account_id})
        number = (
            None if kept.sealed is None else accounts.number_of(kept.account_id, kept.party_id, kept.sealed, data_key)
        )
        return Payee(kept.institution, number, kept.holder_name)

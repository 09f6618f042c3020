"""The queue of those whose trading is over and whose own coins leave through people: who waits, for what, until when.

A person lets the coins go by lifting the measure (`measures.flow.lift`); otherwise only an upheld appeal
ends the wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.base.times import hours
from tidegate.cases import flow as cases
from tidegate.db import Conn
from tidegate.p2p.merchants import flow as merchants
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.order import OPEN
from tidegate.parties.access import ROLES
from tidegate.policy import flow as policies
from tidegate.rating.measures import store as measures
from tidegate.rating.measures.store import MeasureRow
from tidegate.rating.subjects import flow as subjects

ACTS = tuple(sorted(role for role, scopes in ROLES.items() if "rating:decide" in scopes))
"""Whose act lets the coins go."""

_MOST_ORDERS = 100


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody whose own coins wait to leave."""

    measure: MeasureRow  # since when, and why
    merchants: tuple[str, ...]  # every account of the person
    orders: tuple[str, ...]  # that are open, on either side
    bonds: tuple[str, ...]  # merchant accounts with something locked or owed
    matters: tuple[tuple[str, str], ...]  # (kind, what) that are open: a dispute, an appeal, a deduction
    cases: tuple[str, ...]  # that wait for an answer
    due_at: datetime  # somebody has acted by then

    @property
    def clear(self) -> bool:
        """Nothing is open any more but the coins themselves."""
        return not (self.orders or self.bonds or self.matters or self.cases)


def queue(conn: Conn, after: str, limit: int, now: datetime) -> list[Waiting]:
    """Who waits, the longest first."""
    sla = policies.active(conn, now).review_sla_hours
    return [_waiting(conn, found, sla) for found in measures.off_boarding(conn, after, limit)]


def _waiting(conn: Conn, measure: MeasureRow, sla: int) -> Waiting:
    accounts = subjects.accounts(conn, measure.subject_id)
    ids = [account.merchant_id for account in accounts]
    people = sorted({account.party_id for account in accounts})
    open_orders = {order.id for who in people for order in orders.page(conn, who, None, OPEN, None, _MOST_ORDERS)}
    return Waiting(
        measure=measure,
        merchants=tuple(ids),
        orders=tuple(sorted(open_orders)),
        bonds=tuple(sorted({b.merchant_id for b in subjects.bonds(conn, measure.subject_id) if b.locked or b.owed})),
        matters=tuple((matter.kind, matter.ref) for matter in merchants.matters(conn, ids)),
        cases=tuple(case.id for id in ids for case in cases.about(conn, id) if case.status == "open"),
        due_at=measure.starts_at + hours(sla),
    )

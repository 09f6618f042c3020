"""Lawful orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, run


@dataclass(frozen=True, slots=True)
class SeizureOrder:
    """A lawful order on one withdrawal, as laid before a second person."""

    case_id: str
    withdrawal_id: str
    order_reference: str
    document_sha256: str
    proposed_by: str
    proposed_at: datetime


def add_seizure_order(conn: Conn, order: SeizureOrder) -> None:
    """Keep an order; it is never changed."""
    run(
        conn,
        """
        INSERT INTO seizure_order (case_id, withdrawal_id, order_reference, document_sha256, proposed_by, proposed_at)
        VALUES (%(case)s, %(withdrawal)s, %(reference)s, %(document)s, %(by)s, %(at)s)
        """,
        {
            "case": order.case_id,
            "withdrawal": order.withdrawal_id,
            "reference": order.order_reference,
            "document": order.document_sha256,
            "by": order.proposed_by,
            "at": order.proposed_at,
        },
    )


def seizure_order(conn: Conn, case_id: str) -> SeizureOrder | None:
    """The order that a case is about."""
    return row(
        conn,
        SeizureOrder,
        """
        SELECT case_id, withdrawal_id, order_reference, document_sha256, proposed_by, proposed_at
          FROM seizure_order WHERE case_id = %(case)s
        """,
        {"case": case_id},
    )

"""Proposed deductions: the statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.db import Conn, row, run


@dataclass(frozen=True, slots=True)
class Proposal:
    """A deduction that staff propose; the case decides."""

    case_id: str
    merchant_id: str
    asset_id: int
    units: int
    people: int  # others that must agree, as it stood when it was proposed
    victim_id: str | None
    reference: str
    reason: str
    proposed_by: str
    proposed_at: datetime


def add_proposal(conn: Conn, proposal: Proposal) -> None:
    """What somebody proposes to take; never changed."""
    run(
        conn,
        """
        INSERT INTO p2p_deduction (case_id, merchant_id, asset_id, units, people, victim_id, reference, reason,
                                   proposed_by, proposed_at)
        VALUES (%(case)s, %(merchant)s, %(asset)s, %(units)s, %(people)s, %(victim)s, %(reference)s, %(reason)s,
                %(by)s, %(at)s)
        """,
        {
            "case": proposal.case_id,
            "merchant": proposal.merchant_id,
            "asset": proposal.asset_id,
            "units": proposal.units,
            "people": proposal.people,
            "victim": proposal.victim_id,
            "reference": proposal.reference,
            "reason": proposal.reason,
            "by": proposal.proposed_by,
            "at": proposal.proposed_at,
        },
    )


def proposal(conn: Conn, case_id: str) -> Proposal | None:
    """What a case decides on."""
    return row(
        conn,
        Proposal,
        """
        SELECT case_id, merchant_id, asset_id, units, people, victim_id, reference, reason, proposed_by, proposed_at
          FROM p2p_deduction WHERE case_id = %(case)s
        """,
        {"case": case_id},
    )

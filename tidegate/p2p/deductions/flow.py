"""Taking from a bond on the word of staff: one proposes, others agree, then it is taken.

The rating's measures do not come this way: their people are counted where the measure is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tidegate.base.money import Asset, to_text
from tidegate.cases import flow as cases
from tidegate.db import Conn, Tx, act
from tidegate.p2p.bond import bond as rules
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.bond import store as bond_store
from tidegate.p2p.deductions import store
from tidegate.p2p.deductions.store import Proposal
from tidegate.p2p.merchants import flow as merchants
from tidegate.parties.party import check_reason
from tidegate.policy.pack import Policy


def propose(
    conn: Conn,
    merchant_id: str,
    asset: Asset,
    units: int,
    *,
    reference: str,
    reason: str,
    victim_id: str | None,
    policy: Policy,
    actor: str,
    now: datetime,
) -> str:
    """Lay a deduction before others; the case. Nothing is taken yet, and no bond goes back meanwhile.

    One other person must agree, two where it takes all; who proposes is not one of them. Raises NotFound
    `merchant_unknown`, `bond_unknown`, `customer_unknown`; Malformed `amount_zero`, `reason_invalid`,
    `reference_invalid`; Conflict `case_open`, `victim_is_merchant`.
    """
    rules.check_amount(units)
    check_reason(reason)
    check_reason(reference, "reference")
    with act(conn, actor, now) as tx:
        bond = bonds.check_taking(tx, merchant_id, asset, victim_id)
        people = rules.people_needed(units, bond.locked)
        case_id = cases.open_case(
            tx,
            kind="bond_deduction",
            subject=merchant_id,
            party_id=merchants.get(conn, merchant_id).party_id,
            requester=actor,
            reasons=["bond_deduction"],
            quorum=people,
            sla_hours=policy.review_sla_hours,
        )
        store.add_proposal(
            conn, Proposal(case_id, merchant_id, asset.id, units, people, victim_id, reference, reason, actor, now)
        )
        amount = f"{to_text(units, asset.decimals)} {asset.symbol}"
        for_whom = "the platform" if victim_id is None else victim_id
        cases.tell(tx, merchant_id, "bond_deduction", f"{amount} for {for_whom}: {reason} ({reference})")
        merchants.open_matter(tx, merchant_id, "deduction", case_id)
    return case_id


def answered(tx: Tx, case_id: str, answer: str, assets: Mapping[int, Asset], policy: Policy) -> None:
    """The others have answered (news from `cases`). Approved, it is taken: unless it would now take all, and it was
    agreed to as a part by too few. Then it has to be proposed anew."""
    proposal = store.proposal(tx.conn, case_id)
    assert proposal is not None  # written with the case
    merchants.close_matter(tx, proposal.merchant_id, case_id)
    if answer != "approved":
        tx.note("bond.deduction_declined", proposal.merchant_id, {"case": case_id})
        return
    asset = assets[proposal.asset_id]
    locked = next(b.locked for b in bond_store.lock(tx.conn, proposal.merchant_id) if b.asset_id == asset.id)
    if rules.people_needed(proposal.units, locked) > proposal.people:
        said = {"case": case_id, "units": proposal.units, "locked": locked, "people": proposal.people}
        tx.note("bond.deduction_void", proposal.merchant_id, said)
        return
    bonds.deduct(
        tx,
        proposal.merchant_id,
        asset,
        proposal.units,
        decision=case_id,
        reason=proposal.reason,
        policy=policy,
        victim_id=proposal.victim_id,
    )


def get(conn: Conn, case_id: str) -> Proposal | None:
    """What a case of this kind decides on."""
    return store.proposal(conn, case_id)

"""What the chain says of a payment."""

from __future__ import annotations

from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import Tx
from tidegate.ledger import accounts
from tidegate.ledger import flow as ledger
from tidegate.screening import flow as screening
from tidegate.withdrawals import appeals, store
from tidegate.withdrawals.flow.following import end, move
from tidegate.withdrawals.flow.looking import locked_in_order
from tidegate.withdrawals.withdrawal import Status


def paying(tx: Tx, id: str) -> None:
    """A payout attempt owns it now (news from `custody`): cancelling is over."""
    withdrawal = store.lock(tx.conn, id)
    if withdrawal is not None and withdrawal.status is Status.APPROVED:
        move(tx, withdrawal, Status.PAYING)


def settled(tx: Tx, id: str, chain_tx: str) -> None:
    """Final on chain, and what arrived is what was asked for: the hold is spent, the limit consumed."""
    withdrawal = locked_in_order(tx, id)
    if withdrawal.status is not Status.PAYING:
        return
    move(tx, withdrawal, Status.SETTLED, chain_tx=chain_tx)
    ledger.spend(
        tx,
        "withdrawal",
        id,
        "settlement",
        {accounts.CHAIN: withdrawal.net_units, accounts.FEES: withdrawal.fee_units},
    )
    cases.moot(tx, id, "the withdrawal is settled", appeals.ended_by(Status.SETTLED))
    screening.mark_paid(tx, withdrawal.saved_address_id)


def returned(tx: Tx, id: str, why: str) -> None:
    """Proven that it can never be paid: the funds and the limit are free again."""
    withdrawal = locked_in_order(tx, id)
    if withdrawal.status is Status.PAYING:
        end(tx, withdrawal, Status.RETURNED, why=why)


def authorisation_lapsed(tx: Tx, id: str) -> None:
    """The payout could not start before its authorisation ended: review again, then authorise anew.

    News travels late: the payout may have been authorised anew meanwhile, and started. Its row says what is so now.
    """
    withdrawal = locked_in_order(tx, id)
    if withdrawal.status is Status.APPROVED and withdrawal.authorised_at is not None and custody.has_lapsed(tx, id):
        store.unauthorised(tx.conn, id)
        tx.note("withdrawal.unauthorised", id, {"why": "the authorisation ended before a payout started"})

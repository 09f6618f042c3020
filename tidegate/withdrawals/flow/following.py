"""Move to where a verdict leads; every change of a status goes through `move`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict
from tidegate.base.times import hours
from tidegate.cases import flow as cases
from tidegate.custody import flow as custody
from tidegate.db import Tx
from tidegate.ledger import flow as ledger
from tidegate.policy.pack import Policy
from tidegate.withdrawals import appeals, factors, limits, store
from tidegate.withdrawals.facts import TRAVEL_RULE
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import Looked
from tidegate.withdrawals.review import Verdict, required_of, to_ask
from tidegate.withdrawals.withdrawal import FINAL, Status, Withdrawal, sources


def follow(tx: Tx, looked: Looked, decision_id: str, verdict: Verdict, setting: Setting) -> Status:
    """Move to where the verdict says: approved, delayed, in review, or declined; screening while a check is open."""
    withdrawal, policy = looked.withdrawal, setting.policy
    if verdict.outcome.severity >= Outcome.DECLINE.severity:
        end(tx, withdrawal, Status.DECLINED, decision_id=decision_id, why=", ".join(hard(verdict)))
        return Status.DECLINED
    if to_ask(verdict.findings, looked.facts.cleared):
        return _ask_customer(tx, withdrawal, decision_id, policy)
    if verdict.pending:
        return move(tx, withdrawal, Status.SCREENING, decision_id=decision_id)
    if verdict.outcome is Outcome.REVIEW:
        moved = move(tx, withdrawal, Status.IN_REVIEW, decision_id=decision_id)
        cases.open_case(
            tx,
            kind="withdrawal_review",
            subject=withdrawal.id,
            party_id=withdrawal.party_id,
            requester=withdrawal.requester,
            reasons=verdict.codes(Outcome.REVIEW),
            quorum=policy.quorum(withdrawal.value),
            sla_hours=policy.review_sla_hours,
            policy_version=policy.version,
        )
        return moved
    if verdict.outcome is Outcome.DELAY:
        assert verdict.release_at is not None  # every delay says when it ends; a test holds the checks to it
        return move(tx, withdrawal, Status.DELAYED, decision_id=decision_id, release_at=verdict.release_at)
    lacks = looked.lacks(verdict, policy)
    if lacks:
        return ask_again(tx, looked, decision_id, lacks, policy)
    assert verdict.complete(required_of(looked.facts))  # nothing is approved that somebody was to look at
    return move(tx, withdrawal, Status.APPROVED, decision_id=decision_id)


def _ask_customer(tx: Tx, withdrawal: Withdrawal, decision_id: str, policy: Policy) -> Status:
    """What only the customer can give is awaited before anybody else is troubled."""
    if withdrawal.status is Status.AWAITING_INFORMATION:  # they gave a part of it: the deadline stays
        store.clear(tx.conn, withdrawal.id, withdrawal.cleared, decision_id)
        return withdrawal.status
    moved = move(tx, withdrawal, Status.AWAITING_INFORMATION, decision_id=decision_id)
    wait = hours(policy.travel_rule_wait_hours)
    store.wait_until(tx.conn, withdrawal.id, tx.now + wait)
    store.postpone_outside(tx.conn, withdrawal.id, TRAVEL_RULE, tx.now + 2 * wait)
    return moved


def ask_again(
    tx: Tx,
    looked: Looked,
    decision_id: str,
    needed: Sequence[str],
    policy: Policy,
    cleared: Sequence[str] | None = None,
) -> Status:
    """Back to the customer: since they confirmed, more is asked for. What they used already counts."""
    return move(
        tx,
        looked.withdrawal,
        Status.AWAITING_CONFIRMATION,
        decision_id=decision_id,
        cleared=cleared,
        asked=needed,
        expires_at=factors.until(needed, policy, tx.now),
    )


def hard(verdict: Verdict) -> list[str]:
    return verdict.codes(Outcome.DECLINE) + verdict.codes(Outcome.FREEZE)


def move(
    tx: Tx,
    withdrawal: Withdrawal,
    target: Status,
    *,
    decision_id: str | None = None,
    release_at: datetime | None = None,
    cleared: Sequence[str] | None = None,
    chain_tx: str | None = None,
    why: str | None = None,
    asked: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> Status:
    """Apply one move of the table, with its journal entry (I6). Raises Conflict where the table has no such move."""
    done = store.move(
        tx.conn,
        withdrawal.id,
        [status.value for status in sources(target)],
        target.value,
        decision_id=decision_id,
        release_at=release_at,
        cleared=cleared,
        tx=chain_tx,
        ended_at=tx.now if target in FINAL else None,
        now=tx.now,
        required=asked,
        expires_at=expires_at,
    )
    if done != 1:
        raise Conflict("withdrawal_not_movable", f"{withdrawal.id} is {withdrawal.status}; it cannot become {target}.")
    body: dict[str, object] = {"status": target, "from": withdrawal.status, "party": withdrawal.party_id}
    said = {"decision": decision_id, "release_at": release_at, "tx": chain_tx, "why": why, "factors": asked}
    body |= {name: value for name, value in said.items() if value is not None}
    tx.note(f"withdrawal.{target}", withdrawal.id, body)
    return target


def end(tx: Tx, withdrawal: Withdrawal, target: Status, *, decision_id: str | None = None, why: str) -> None:
    """End without payment: the status, the hold and the limit go together (I5)."""
    if target is not Status.RETURNED and not custody.recall(tx, withdrawal.id):
        raise Conflict("withdrawal_not_movable", f"{withdrawal.id} is being paid; it cannot become {target}.")
    move(tx, withdrawal, target, decision_id=decision_id, why=why)
    ledger.release(tx, "withdrawal", withdrawal.id)
    give_back(tx, withdrawal.id)
    cases.moot(tx, withdrawal.id, f"the withdrawal is {target}", appeals.ended_by(target))


def give_back(tx: Tx, ref: str) -> None:
    """Return the room of a withdrawal, once and in every scope. The caller holds its party's lock."""
    use = store.use_of(tx.conn, ref)
    if use is not None and use.released_at is None:
        store.lock_counters(tx.conn, limits.in_order(zip(use.scopes, use.subjects, strict=True)), tx.now)
        store.give_back(tx.conn, ref, tx.now)

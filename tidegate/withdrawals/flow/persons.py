"""A person decides, or asks the customer something first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict
from tidegate.base.times import rfc3339
from tidegate.cases import flow as cases
from tidegate.db import Conn, Tx, act
from tidegate.withdrawals import store
from tidegate.withdrawals.flow.deciding import decide
from tidegate.withdrawals.flow.following import ask_again, end, hard, move
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import locked_in_order, look
from tidegate.withdrawals.flow.reading import findings_of, got
from tidegate.withdrawals.review import Verdict, named, standing
from tidegate.withdrawals.withdrawal import Status, Withdrawal


def answered(tx: Tx, id: str, answer_: str, case_id: str, setting: Setting) -> None:
    """A case about this withdrawal was answered (news from `cases`).

    An approval clears the findings that asked for a person, and nothing else: it is reviewed once more, so a
    freeze, a list or a delay that came since still counts. Where the policy asks for more people by now, it clears
    nothing: as many are asked anew. A withdrawal that has ended meanwhile stays ended.
    """
    looked = look(tx, id, setting)
    withdrawal = looked.withdrawal
    # Who asked the customer something may still answer without them: the case is one and the same.
    if withdrawal.status not in (Status.IN_REVIEW, Status.AWAITING_INFORMATION):
        return
    if answer_ == "declined":
        end(tx, withdrawal, Status.DECLINED, why=f"by a reviewer in {case_id}")
        return
    latest = store.decision(tx.conn, withdrawal.decision_id)
    assert latest is not None  # the column says so
    asked = {named(finding) for finding in findings_of(latest) if finding.outcome is Outcome.REVIEW}
    enough = cases.get(tx.conn, case_id).quorum >= setting.policy.quorum(withdrawal.value)
    cleared = sorted({*withdrawal.cleared, *(asked if enough else ())})
    looked = replace(looked, facts=replace(looked.facts, cleared=tuple(cleared)))
    decision_id, verdict = decide(tx, looked, "person", setting)
    if verdict.outcome is Outcome.REVIEW:
        # Something new asks for a person: the old case is closed, so a new one is opened from here.
        if withdrawal.status is not Status.IN_REVIEW:
            move(tx, withdrawal, Status.IN_REVIEW)
        _reopen(tx, withdrawal, decision_id, verdict, cleared, setting)
        return
    if verdict.outcome.severity >= Outcome.DECLINE.severity:
        end(tx, withdrawal, Status.DECLINED, decision_id=decision_id, why=", ".join(hard(verdict)))
        return
    delayed = verdict.outcome is Outcome.DELAY
    lacks = () if delayed else looked.lacks(verdict, setting.policy)
    if lacks:
        ask_again(tx, looked, decision_id, lacks, setting.policy, cleared)
        return
    move(
        tx,
        withdrawal,
        Status.DELAYED if delayed else Status.APPROVED,
        decision_id=decision_id,
        release_at=verdict.release_at if delayed else None,
        cleared=cleared,
    )


def _reopen(
    tx: Tx, withdrawal: Withdrawal, decision_id: str, verdict: Verdict, cleared: Sequence[str], setting: Setting
) -> None:
    store.clear(tx.conn, withdrawal.id, cleared, decision_id)
    cases.open_case(
        tx,
        kind="withdrawal_review",
        subject=withdrawal.id,
        party_id=withdrawal.party_id,
        requester=withdrawal.requester,
        reasons=[f.code for f in standing(verdict.findings, cleared) if f.outcome is Outcome.REVIEW],
        quorum=setting.policy.quorum(withdrawal.value),
        sla_hours=setting.policy.review_sla_hours,
        policy_version=setting.policy.version,
    )


def ask(conn: Conn, case_id: str, what: str, deadline_hours: int, actor: str, now: datetime) -> Withdrawal:
    """A reviewer asks the customer something; the withdrawal waits for the answer, until a deadline.

    Raises NotFound `case_unknown`; Conflict `case_asks_nobody`, `withdrawal_not_in_review`; and what `cases.ask` says.
    """
    case = cases.get(conn, case_id)
    if case.kind != "withdrawal_review":
        raise Conflict("case_asks_nobody", f"{case_id} is a {case.kind}; only reviews ask the customer.")
    id = case.subject
    with act(conn, actor, now) as tx:
        withdrawal = locked_in_order(tx, id)
        question = cases.ask(tx, case_id, what, deadline_hours)
        if withdrawal.status is not Status.IN_REVIEW:
            raise Conflict("withdrawal_not_in_review", f"{id} is {withdrawal.status}; questions are asked in review.")
        move(tx, withdrawal, Status.AWAITING_INFORMATION)
        store.wait_until(conn, id, question.due_at)
    return got(conn, id)


def inform(conn: Conn, id: str, kind: str, text: str, actor: str, now: datetime) -> Withdrawal:
    """The customer, or the platform for them, answers; the same case goes on.

    Raises NotFound; Conflict `information_not_asked`, `information_too_late`; Malformed `kind_unknown`, `text_invalid`.
    """
    with act(conn, actor, now) as tx:
        withdrawal = locked_in_order(tx, id)
        if withdrawal.status is not Status.AWAITING_INFORMATION:
            raise Conflict("information_not_asked", f"{id} is {withdrawal.status}; it waits for no information.")
        if withdrawal.expires_at is not None and withdrawal.expires_at <= now:
            raise Conflict("information_too_late", f"The time to answer ended at {rfc3339(withdrawal.expires_at)}.")
        cases.inform(tx, id, kind, text)
        move(tx, withdrawal, Status.IN_REVIEW)
    return got(conn, id)

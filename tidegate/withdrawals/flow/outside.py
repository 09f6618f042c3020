"""Outside checks answer, or do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tidegate.base.findings import Outcome
from tidegate.base.outside import Opinion, Silent
from tidegate.base.refusals import Malformed, NotFound
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.policy.pack import Policy
from tidegate.withdrawals import replaying, store, vendors
from tidegate.withdrawals.checks.place import travel_rule_asked
from tidegate.withdrawals.facts import TRAVEL_RULE, Facts, State
from tidegate.withdrawals.flow.deciding import decide
from tidegate.withdrawals.flow.following import end, follow
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import look
from tidegate.withdrawals.withdrawal import Status


def outside_answered(
    tx: Tx,
    id: str,
    check: str,
    outcome: Outcome | None,
    detail: str,
    setting: Setting,
    ends_at: datetime | None = None,
) -> bool:
    """An outside check has answered (`outcome` None: it failed). True where this was its first answer, in time.

    The answer is kept once. When it was the last one that a withdrawal in screening waited for, it is reviewed
    again. An answer that comes too late is noted for people and changes nothing. Raises NotFound where the
    withdrawal is not pinned to this check, Malformed for an outcome that has no end.
    """
    if outcome is Outcome.DELAY and (ends_at is None or not tx.now < ends_at <= tx.now + LONGEST_DELAY):
        raise Malformed("outcome_without_end", f"{check} asks for a delay but cannot say when it ends; use review.")
    looked = look(tx, id, setting)
    if check not in looked.facts.required:
        raise NotFound("check_unknown", f"{id} waits for no check {check!r}.", field="check")
    state = State.ERROR if outcome is None else State.ANSWERED
    kept = store.answer_outside(tx.conn, id, check, state, outcome, detail, ends_at, tx.now) == 1
    said = {"check": check, "state": state, "outcome": outcome, "detail": detail}
    if ends_at is not None:
        said["ends_at"] = rfc3339(ends_at)
    tx.note("withdrawal.outside_answered" if kept else "withdrawal.outside_late", id, said)
    _go_on(tx, id, setting)
    return kept


def take_vendor_asks(
    conn: Conn, checks: Sequence[str], ids: Sequence[str], now: datetime, again_at: datetime
) -> list[tuple[store.VendorAsk, str]]:
    """Questions to vendors that nobody else asks until `again_at`, with their text; made of the facts of the request,
    so that they are the same however often they are asked."""
    with act(conn, "worker", now):
        taken = store.take_vendor_asks(conn, checks, ids, now, again_at)
        found = []
        for asked in taken:
            first = store.decisions_of(conn, asked.ref)[0]
            facts = replaying.read(first.facts)
            found.append((asked, vendors.question(asked.id, asked.check_id, asked.ref, facts)))
        return found


def vendor_answered(conn: Conn, id: str, check: str, said: Opinion | Silent, setting: Setting, now: datetime) -> bool:
    """A vendor gave its opinion, or nothing usable, which asks for a person. True where this was the first answer,
    in time. A delay that could never end is none."""
    with act(conn, "worker", now) as tx:
        if isinstance(said, Silent):
            return outside_answered(tx, id, check, None, str(said), setting)
        ends_at = said.ends_at
        if ends_at is not None and not now < ends_at <= now + LONGEST_DELAY:
            detail = f"a delay until {rfc3339(ends_at)} is past or longer than {LONGEST_DELAY.days} days"
            return outside_answered(tx, id, check, None, detail, setting)
        return outside_answered(tx, id, check, said.outcome, said.detail, setting, ends_at)


LONGEST_DELAY = timedelta(days=30)
"""How long somebody outside may let a customer's funds wait."""


def outside_overdue(conn: Conn, id: str, setting: Setting, now: datetime) -> Status:
    """What did not answer in time has timed out; a withdrawal that only waited for it goes on, to a person."""
    with act(conn, "worker", now) as tx:
        return _go_on(tx, id, setting)


def _go_on(tx: Tx, id: str, setting: Setting) -> Status:
    """Review a withdrawal in screening again, once nothing is awaited any more."""
    looked = look(tx, id, setting)
    awaited = any(answer_.state is State.PENDING for answer_ in looked.facts.outside)
    if looked.withdrawal.status is not Status.SCREENING or awaited:
        return looked.withdrawal.status
    decision_id, verdict = decide(tx, looked, "outside", setting)
    if _unanswered(looked.facts, setting.policy) and verdict.outcome.severity < Outcome.DECLINE.severity:
        end(tx, looked.withdrawal, Status.EXPIRED, decision_id=decision_id, why="the counterparty did not answer")
        return Status.EXPIRED
    return follow(tx, looked, decision_id, verdict, setting)


def _unanswered(facts: Facts, policy: Policy) -> bool:
    """Section 10, travel-rule wait: where a place wants an answer and none came, no person can give it instead. A
    policy that says what follows is obeyed."""
    silent = any(a.check == TRAVEL_RULE and a.state is State.TIMEOUT for a in facts.outside)
    asked = travel_rule_asked(facts, policy) is not None and policy.failing(TRAVEL_RULE, facts.now) is None
    return silent and asked

"""What only the customer can give: who receives, and that an address is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tidegate.base.canonical import canonical
from tidegate.base.findings import Outcome
from tidegate.base.refusals import Conflict
from tidegate.base.times import rfc3339
from tidegate.db import Conn, Tx, act
from tidegate.policy.pack import Policy
from tidegate.screening import flow as screening
from tidegate.screening import travel_rule
from tidegate.screening.travel_rule import Statement
from tidegate.withdrawals import store
from tidegate.withdrawals.checks.place import OWNERSHIP_PROOF, awaited, travel_rule_asked
from tidegate.withdrawals.facts import TRAVEL_RULE, State
from tidegate.withdrawals.flow.deciding import decide
from tidegate.withdrawals.flow.following import follow
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import Looked, look
from tidegate.withdrawals.flow.reading import findings_of, got
from tidegate.withdrawals.names import opinion
from tidegate.withdrawals.review import blocked, to_ask
from tidegate.withdrawals.withdrawal import Status, Withdrawal


def state_receiver(
    conn: Conn, id: str, more: Mapping[str, Any], self_hosted: bool, actor: str, setting: Setting, now: datetime
) -> Withdrawal:
    """The customer says who receives and where, or that the address is their own; then it is reviewed again.

    Raises NotFound; Conflict `information_not_asked`, `information_too_late`, `address_kept_by_provider`,
    `receiver_screened`; Malformed as `travel_rule.read` says.
    """
    stated = travel_rule.read(more)
    with act(conn, actor, now) as tx:
        looked = look(tx, id, setting)
        _awaits(looked, "travel_rule_pending")
        withdrawal = looked.withdrawal
        if self_hosted and looked.facts.ownership == "vasp":
            raise Conflict(
                "address_kept_by_provider",
                "You said that a provider keeps this address; prove that it is yours instead (ownership_proof).",
            )
        if self_hosted:
            screening.declare(tx, withdrawal.saved_address_id, "self_hosted")
        elif stated.counterparty is not None and looked.facts.ownership == "unknown":
            screening.declare(tx, withdrawal.saved_address_id, "vasp")
        whole = looked.stated.with_more(stated)
        _ask_about(tx, looked, whole, setting.policy)
        store.put_statements(conn, [(id, canonical(travel_rule.as_json(whole)))], now)
        tx.note("withdrawal.informed", id, {"given": sorted(more), "self_hosted": self_hosted})
        _go_on_informed(tx, id, setting)
    return got(conn, id)


def _ask_about(tx: Tx, looked: Looked, stated: Statement, policy: Policy) -> None:
    """A receiver named only now is looked up like one who was named at the request, or naming nobody at first would
    be the way around it. Named once: who was looked up is who receives."""
    id, answers = looked.withdrawal.id, looked.facts.outside
    question = opinion.open_to(stated.receiver, looked.stated.receiver, answers)
    state = next((answer.state for answer in answers if answer.check == question), None)
    if state not in (None, State.PENDING):
        raise Conflict(
            "receiver_screened",
            "The receiver you named was checked already; cancel this withdrawal and ask for another one.",
        )
    if question is not None and state is None:
        due = tx.now + timedelta(seconds=policy.outside_seconds)
        store.ask_outside(tx.conn, [store.Question(id, question, State.PENDING, None, "", tx.now, due)])


def prove_address(conn: Conn, id: str, signature: str, actor: str, setting: Setting, now: datetime) -> Withdrawal:
    """The customer proves that the address is theirs; then it is reviewed again.

    Raises NotFound; Conflict `information_not_asked`, `information_too_late`; and what `screening.prove` says.
    """
    with act(conn, actor, now) as tx:
        looked = look(tx, id, setting)
        _awaits(looked, *ASKED_OF_OWNERS)
        screening.prove(conn, looked.withdrawal.saved_address_id, None, signature, actor, now)
        tx.note("withdrawal.informed", id, {"given": [OWNERSHIP_PROOF]})
        _go_on_informed(tx, id, setting)
    return got(conn, id)


ASKED_OF_OWNERS = ("ownership_unproven", "travel_rule_pending")
"""Findings that a proof of ownership answers: whoever has the key needs no provider."""


def address_proven(tx: Tx, address_id: str, setting: Setting) -> None:
    """An address was proven (news from `screening`): whatever waited for that goes on."""
    for id in store.waiting_for_address(tx.conn, address_id):
        looked = look(tx, id, setting)
        if _asked_now(looked) & set(ASKED_OF_OWNERS):
            _go_on_informed(tx, id, setting)


def _asked_now(looked: Looked) -> set[str]:
    """What the customer is asked for; empty where a reviewer asked, who waits for another answer."""
    if looked.withdrawal.status is not Status.AWAITING_INFORMATION or looked.latest is None:
        return set()
    return {finding.code for finding in to_ask(findings_of(looked.latest), looked.facts.cleared)}


def _awaits(looked: Looked, *codes: str) -> None:
    withdrawal = looked.withdrawal
    if not _asked_now(looked) & set(codes):
        raise Conflict("information_not_asked", f"{withdrawal.id} is {withdrawal.status}; it does not wait for this.")
    if withdrawal.expires_at is not None and withdrawal.expires_at <= looked.facts.now:
        raise Conflict("information_too_late", f"The time to answer ended at {rfc3339(withdrawal.expires_at)}.")


def _go_on_informed(tx: Tx, id: str, setting: Setting) -> None:
    looked = look(tx, id, setting)
    if not blocked(looked.facts) and _settled_by_ownership(tx, looked, setting.policy):
        looked = look(tx, id, setting)
    decision_id, verdict = decide(tx, looked, "outside", setting)
    follow(tx, looked, decision_id, verdict, setting)


def _settled_by_ownership(tx: Tx, looked: Looked, policy: Policy) -> bool:
    """Nobody keeps the account of an address that is the customer's own, so nobody has to be asked."""
    facts = looked.facts
    needed = travel_rule_asked(facts, policy) is not None or TRAVEL_RULE in policy.outside_required(facts.value)
    if needed or not awaited(facts):
        return False
    detail = "The address is the customer's own: there is no provider to tell."
    id = looked.withdrawal.id
    store.answer_outside(tx.conn, id, TRAVEL_RULE, State.ANSWERED, Outcome.ALLOW, detail, None, tx.now)
    said = {"check": TRAVEL_RULE, "state": State.ANSWERED, "outcome": Outcome.ALLOW, "detail": detail}
    tx.note("withdrawal.outside_answered", id, said)
    return True

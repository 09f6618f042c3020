"""Decide again about one withdrawal, and keep what was decided."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import structlog

import tidegate
from tidegate.base.canonical import canonical
from tidegate.base.findings import Outcome
from tidegate.base.ids import new_id
from tidegate.db import Tx
from tidegate.policy.pack import Policy
from tidegate.withdrawals import store
from tidegate.withdrawals.facts import Facts, State
from tidegate.withdrawals.flow.gathering.people import freeze
from tidegate.withdrawals.flow.given import Setting
from tidegate.withdrawals.flow.looking import Looked
from tidegate.withdrawals.review import Answered, Verdict, review

log = structlog.get_logger("withdrawals")


def decide(tx: Tx, looked: Looked, stage: str, setting: Setting) -> tuple[str, Verdict]:
    """Review again and keep the decision."""
    verdict = review(looked.facts, setting.policy)
    return keep_decision(tx, looked, stage, verdict, setting), verdict


def keep_decision(tx: Tx, looked: Looked, stage: str, verdict: Verdict, setting: Setting) -> str:
    """Keep a decision; its id."""
    decision_id = new_id("dec")
    store.insert_decisions(
        tx.conn, [decision_row(decision_id, looked.withdrawal.id, stage, looked.facts, verdict, setting.policy)]
    )
    if verdict.outcome is Outcome.FREEZE:
        freeze(tx, looked.withdrawal.party_id, decision_id, verdict)
    return decision_id


def decision_row(
    id: str, withdrawal_id: str | None, stage: str, facts: Facts, verdict: Verdict, policy: Policy
) -> store.DecisionRow:
    seen = canonical(facts)
    for answer_ in verdict.answers:
        if answer_.state is State.ERROR:
            log.error("check failed", check=answer_.check, decision=id, fault=answer_.fault)
    return store.DecisionRow(
        id=id,
        withdrawal_id=withdrawal_id,
        stage=stage,
        at=facts.now,
        outcome=verdict.outcome.value,
        findings=canonical(verdict.findings),
        checks=_checks_text(verdict.answers),
        facts=seen,
        facts_hash=hashlib.sha256(seen.encode()).hexdigest(),
        policy_version=policy.version,
        engine=tidegate.__version__,
        shadow=canonical(verdict.shadow),
    )


@lru_cache(maxsize=256)
def _checks_text(answers: tuple[Answered, ...]) -> str:
    """What the checks did, as it is kept. Nearly every decision says the same, so it is spelt once."""
    return canonical([{"check": said.check, "state": said.state} for said in answers])

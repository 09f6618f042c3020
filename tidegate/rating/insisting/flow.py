"""I-04: a merchant insists on a listed address. The first time is a high alert; executed, or again, it is a violation.

Who was not shown the warning did not ignore it, and an address that was listed only afterwards does not count.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from tidegate.db import Tx
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.facts import store as fact_store
from tidegate.rating.facts.telling import Telling
from tidegate.rating.insisting import store
from tidegate.rating.subjects import flow as subjects

INDICATOR = "I-04"
SOURCE = "screening"
VERSION = "1"


def insisted(tx: Tx, withdrawal_id: str, warning_id: str, party_id: str) -> None:
    """A customer insists (news from `screening`). Who is no merchant is no matter of the rating."""
    own = [account for account in subjects.of_party(tx.conn, party_id) if account.certification != "closed"]
    seen = store.insisted(tx.conn, warning_id, withdrawal_id)
    alert_id = f"{INDICATOR}:{withdrawal_id}"
    if not own or seen is None or fact_store.by_source(tx.conn, SOURCE, alert_id) is not None:
        return
    merchant = own[-1]
    evidence = {
        "warning": seen.warning_id,
        "withdrawal": withdrawal_id,
        "list": seen.list,
        "category": seen.category,
        "entry": seen.entry,
        "listed_since": seen.listed_since,
        "network": seen.network,
        "address": seen.address,
        "text_version": seen.text_version,
        "language": seen.language,
        "shown_at": seen.shown_at,
        "acknowledged_at": seen.acknowledged_at,
        "insisted_at": seen.insisted_at,
    }
    alert = Telling(
        merchant_id=merchant.merchant_id,
        source=SOURCE,
        source_id=alert_id,
        fact=Kind.ALERT,
        at=seen.insisted_at,
        known_at=seen.insisted_at,
        article="5.2c",
        severity="high",
        indicator=INDICATOR,
        rule=INDICATOR,
        rule_version=VERSION,
        evidence=evidence,
    )
    facts.put(tx, alert)
    if store.told_before(tx.conn, merchant.subject_id, INDICATOR, alert_id):
        _violation(tx, merchant.merchant_id, withdrawal_id, "insisted again", seen.insisted_at, evidence)


def executed(tx: Tx, withdrawal_id: str, at: datetime) -> None:
    """A withdrawal has left (news from `withdrawals`): was it one that was insisted on?"""
    told = fact_store.by_source(tx.conn, SOURCE, f"{INDICATOR}:{withdrawal_id}")
    if told is not None:
        _violation(tx, told.merchant_id, withdrawal_id, "executed", at, json.loads(told.evidence))


def _violation(
    tx: Tx, merchant_id: str, withdrawal_id: str, why: str, at: datetime, evidence: Mapping[str, object]
) -> None:
    """For people to judge; one withdrawal is one violation, however it became one."""
    source_id = f"{INDICATOR}:violation:{withdrawal_id}"
    if fact_store.by_source(tx.conn, SOURCE, source_id) is not None:
        return
    told = Telling(
        merchant_id=merchant_id,
        source=SOURCE,
        source_id=source_id,
        fact=Kind.VIOLATION,
        at=at,
        known_at=at,
        article="5.2c",
        serious=True,
        indicator=INDICATOR,
        rule=INDICATOR,
        rule_version=VERSION,
        evidence={**evidence, "why": why},
    )
    facts.put(tx, told)

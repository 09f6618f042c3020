"""What an indicator saw, and which fact it becomes until a person has judged it. None sets a tier by itself."""

from __future__ import annotations

from datetime import timedelta

from tidegate.rating.fact import Kind
from tidegate.rating.facts.telling import Telling
from tidegate.rating.indicators.catalogue import BY_ID, Raises
from tidegate.rating.indicators.reading import Reading
from tidegate.rating.window import Window

SOURCE = "indicator"
KINDS = {
    Raises.ALERT: Kind.ALERT,
    Raises.FACTOR: Kind.REFERENCE_FACTOR,
    Raises.VIOLATION: Kind.VIOLATION,
}
"""A task and a figure are shown, and are no facts about conduct."""

ELSEWHERE = frozenset({"I-04", "I-06"})
"""Told as they happen, with their evidence: who insists by `insisting`, a frozen counterparty as a fact of its own. A
month's count of the same things would count them twice."""


def telling(seen: Reading, window: Window) -> Telling | None:
    """The fact, once per person, indicator and window; None where there is none to tell.

    It happened when the window ended and counts in it, whenever the run is made (R22).
    """
    indicator = BY_ID[seen.indicator]
    if not seen.fired or indicator.raises not in KINDS or seen.indicator in ELSEWHERE:
        return None
    at = window.as_of - timedelta(microseconds=1)
    kind = KINDS[indicator.raises]
    return Telling(
        merchant_id=seen.subject_id,
        source=SOURCE,
        source_id=f"{seen.indicator}:{seen.subject_id}:{window.month}",
        fact=kind,
        at=at,
        known_at=at,
        article=indicator.article,
        severity=indicator.severity if kind is Kind.ALERT else None,
        indicator=seen.indicator,
        rule=seen.indicator,
        rule_version=seen.rule_version,
        evidence={
            "value": None if seen.value is None else str(seen.value),
            "threshold": None if seen.threshold is None else str(seen.threshold),
            "grade": seen.grade,
            "figures": dict(seen.figures),
            "inputs_hash": seen.inputs_hash,
            "evidence": list(seen.evidence),
        },
    )

"""What an indicator says about a person and a month, and which fact it becomes. None sets a tier alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tidegate.rating.fact import Kind
from tidegate.rating.facts.telling import Telling
from tidegate.rating.window import Window


class Signal(Protocol):
    """One indicator about one person in one month."""

    @property
    def subject_id(self) -> str: ...
    @property
    def indicator(self) -> str: ...  # "I-01"
    @property
    def value(self) -> str | None: ...  # exact; None = nothing to look at
    @property
    def threshold(self) -> str | None: ...
    @property
    def fired(self) -> bool: ...
    @property
    def inputs_hash(self) -> str: ...
    @property
    def evidence_ids(self) -> Sequence[str]: ...
    @property
    def rule_version(self) -> str: ...


class Detector(Protocol):
    """Looks at a month with every indicator, on some engine."""

    def evaluate(self, window: Window) -> Iterable[Signal]: ...


@dataclass(frozen=True, slots=True)
class Becomes:
    """The fact that a signal is, until a person has judged it."""

    kind: Kind
    article: str
    severity: str | None = None


BECOMES: Mapping[str, Becomes] = {
    "I-01": Becomes(Kind.REFERENCE_FACTOR, "5.3b"),
    "I-02": Becomes(Kind.REFERENCE_FACTOR, "5.3a"),
    "I-03": Becomes(Kind.ALERT, "5.2d", "warn"),
    "I-04": Becomes(Kind.ALERT, "5.2c", "high"),
    "I-05": Becomes(Kind.REFERENCE_FACTOR, "5.3c"),
    "I-06": Becomes(Kind.ALERT, "5.2e", "warn"),
    "I-07": Becomes(Kind.ALERT, "5.1", "high"),
    "I-08": Becomes(Kind.ALERT, "5.1", "warn"),
    "I-09": Becomes(Kind.ALERT, "5.1", "high"),
    "I-10": Becomes(Kind.ALERT, "5.1", "warn"),
    "I-11": Becomes(Kind.ALERT, "5.1", "high"),
    "I-12": Becomes(Kind.ALERT, "5.1", "warn"),
    "I-13": Becomes(Kind.ALERT, "5.1", "warn"),
    "I-14": Becomes(Kind.ALERT, "5.1", "warn"),
    "I-15": Becomes(Kind.ALERT, "5.1", "warn"),
    "I-17": Becomes(Kind.ALERT, "5.1", "critical"),
    "I-18": Becomes(Kind.ALERT, "5.2f", "warn"),
    "I-20": Becomes(Kind.ALERT, "5.1", "high"),
}
"""I-21 (service quality) weighs nothing and I-22 (bond cover) is a task: neither is a fact about conduct."""

ELSEWHERE = frozenset({"I-04"})
"""Told by its own events as they happen, with their evidence: a month's count would tell the same thing twice."""


def telling(signal: Signal, window: Window) -> Telling | None:
    """The fact, once per person, indicator and window; None where there is none to tell.

    It happened when the window ended and counts in it, whenever the run is made (R22).
    """
    becomes = BECOMES.get(signal.indicator)
    if not signal.fired or becomes is None or signal.indicator in ELSEWHERE:
        return None
    at = window.as_of - timedelta(microseconds=1)
    return Telling(
        merchant_id=signal.subject_id,
        source="indicator",
        source_id=f"{signal.indicator}:{signal.subject_id}:{window.month}",
        fact=becomes.kind,
        at=at,
        known_at=at,
        article=becomes.article,
        severity=becomes.severity,
        indicator=signal.indicator,
        rule=signal.indicator,
        rule_version=signal.rule_version,
        evidence={
            "value": signal.value,
            "threshold": signal.threshold,
            "inputs_hash": signal.inputs_hash,
            "evidence": list(signal.evidence_ids),
        },
    )

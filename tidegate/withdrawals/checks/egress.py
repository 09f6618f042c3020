"""Whether everybody leaves at once: the platform's own breaker."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts


def egress_tripped(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, egress: while the breaker holds, everything needs a person. It never allows and never rejects."""
    seen = f.behaviour.rushing
    if seen is not None and seen.trip is not None:
        yield Finding(
            "egress_tripped",
            Outcome.REVIEW,
            "W4 egress",
            f"Trip {seen.trip}: {seen.seen} {seen.line} in {seen.minutes} minutes, {seen.allowed} are allowed.",
            data={"trip": str(seen.trip), "line": seen.line},
        )

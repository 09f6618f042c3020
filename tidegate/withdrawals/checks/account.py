"""Who asks, and what they have: country, funds, size, restrictions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.check import usd
from tidegate.withdrawals.facts import Facts


def country_banned(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, jurisdiction: nothing leaves for a banned place; a restricted one needs a person."""
    standing = p.jurisdiction(f.country)
    if standing == "banned":
        yield Finding("country_banned", Outcome.DECLINE, "W4 jurisdiction", f"{f.country} is banned by this policy.")
    if standing == "restricted":
        yield Finding("country_restricted", Outcome.REVIEW, "W4 jurisdiction", f"{f.country} is restricted.")


def funds_short(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, funds: settled only, minus holds."""
    if f.available_units is not None and f.units > f.available_units:
        yield Finding(
            "funds_short",
            Outcome.DECLINE,
            "W4 funds",
            f"{f.units} units asked, {f.available_units} available.",
            data={"units": str(f.units), "available": str(f.available_units)},
        )


def large_amount(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 1, in_review: above a size a person looks, and above another one more than one."""
    if f.value >= p.review_from:
        yield Finding(
            "large_amount",
            Outcome.REVIEW,
            "W1 quorum by amount",
            f"{usd(f.value)} reaches the review line of {usd(p.review_from)}.",
        )


def restricted(f: Facts, _: Policy) -> Iterator[Finding]:
    """Sections 1 and 4, restrictions: a merchant's measures and an officer's orders arrive here."""
    for r in f.restrictions:
        if r.kind == "step_up":
            yield Finding("step_up_required", Outcome.STEP_UP, "W4 restrictions", "A restriction asks for step-up.")
        if r.kind == "withdrawal_delay":
            wait = timedelta(hours=int(r.value or 24))
            ends = f.requested_at + wait
            if f.now < ends:
                yield Finding(
                    "withdrawals_delayed",
                    Outcome.DELAY,
                    "W4 restrictions",
                    f"A restriction delays every withdrawal by {wait}.",
                    ends_at=rfc3339(ends),
                )

"""Who asks, and what they have: country, funds, size, restrictions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import rfc3339
from tidegate.policy.jurisdictions import law
from tidegate.policy.pack import Policy
from tidegate.policy.reading import STANDINGS
from tidegate.withdrawals.check import usd
from tidegate.withdrawals.facts import Facts, PlaceFacts


def country_banned(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, jurisdiction: nothing leaves for a banned place; a restricted one needs a person."""
    standing = p.jurisdiction(f.country)
    if f.place is not None:
        yield from _standing(f, p, f.place, standing)
        return
    if standing == "banned":
        yield Finding("country_banned", Outcome.DECLINE, "W4 jurisdiction", f"{f.country} is banned by this policy.")
    if standing == "restricted":
        yield Finding("country_restricted", Outcome.REVIEW, "W4 jurisdiction", f"{f.country} is restricted.")


def _standing(f: Facts, p: Policy, seen: PlaceFacts, of_policy: str) -> Iterator[Finding]:
    """The policy's own list and every dated place that the withdrawal touches: the worst of them counts."""
    places = law(p.places, (f.country, p.operator, seen.counterparty), f.now.date()).places
    worst = max([of_policy, *(place.standing for place in places)], key=STANDINGS.index)
    where = [f"{f.country} by this policy"] if of_policy == worst else []
    where += [f"{place.code} since {place.standing_since}" for place in places if place.standing == worst]
    if worst == "banned":
        yield Finding("country_banned", Outcome.DECLINE, "W4 jurisdiction", f"Banned: {', '.join(where)}.")
    if worst == "restricted":
        yield Finding("country_restricted", Outcome.REVIEW, "W4 jurisdiction", f"Restricted: {', '.join(where)}.")


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

"""Where to: how long the address has been known, and what lists say of it."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import hours, rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.check import usd
from tidegate.withdrawals.facts import Facts


def address_new(f: Facts, p: Policy) -> Iterator[Finding]:
    """Sections 4 and 10, new address: 24 hours to notice a theft, 48 above a size."""
    wait = p.new_address_hours(f.value)
    if wait is None:
        return
    ends = f.address_saved_at + hours(wait)
    if f.now < ends:
        yield Finding(
            "address_new",
            Outcome.DELAY,
            "W4 new address",
            f"First named at {rfc3339(f.address_saved_at)}; {wait} hours must pass for {usd(f.value)}.",
            ends_at=rfc3339(ends),
        )


def address_listed(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, lists: an exact match on a sanctions list ends it; any other list needs a person."""
    for hit in f.hits:
        yield Finding(
            "address_sanctioned" if hit.category == "sanctions" else "address_listed",
            Outcome.DECLINE if hit.category == "sanctions" else Outcome.REVIEW,
            "W4 lists",
            f"On list {hit.list} as {hit.entry!r} ({hit.category}) since {rfc3339(hit.as_of)}.",
            data={"list": hit.list, "entry": hit.entry, "category": hit.category},
        )


def list_stale(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 4, lists: freshness is a gate; what an old list does not say is not evidence."""
    for name in f.stale_lists:
        yield Finding(
            "list_stale",
            Outcome.REVIEW,
            "W4 lists",
            f"List {name} is older than it may be.",
            data={"list": name} if f.facts_version > 1 else {},  # as it was said then: a replay gives the same bytes
        )

"""Coins that were bought from other customers stay for a while, and so does what they became."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import rfc3339
from tidegate.policy.pack import Policy
from tidegate.withdrawals.facts import Facts


def coins_retained(f: Facts, _: Policy) -> Iterator[Finding]:
    """Section 8 of the merchants' rulebook: withdrawable = balance - open lots. It waits until enough has matured."""
    if f.bound is None or f.bound.free_at is None:
        return
    until = rfc3339(f.bound.free_at)
    yield Finding(
        "coins_retained",
        Outcome.DELAY,
        "W4 retention",
        f"{f.units} units asked, {f.bound.free_units} are free of retention lots; the rest is at {until}.",
        ends_at=until,
        data={"units": str(f.units), "free": str(f.bound.free_units)},
    )

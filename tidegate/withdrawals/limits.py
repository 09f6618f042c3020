"""Rolling limits: whose value is counted, in which windows, and what still fits (section 4, invariant I9).

A reservation is recorded in every scope, whether the policy limits it or not: a limit that is introduced later counts
what was before. Only limited scopes are locked before they are counted, so that others cost no queue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tidegate.base.times import hours as span
from tidegate.policy.pack import SCOPES, Policy
from tidegate.screening import address as addresses

PLATFORM = "platform"
PARTY_HOURS: tuple[int | None, ...] = (1, 4, 24, 7 * 24, 30 * 24, None)
"""The party's windows that are looked at for every withdrawal: the catalogue of facts names them."""

Subject = tuple[str, str]
"""A scope and whom it counts: ("party", "cus_…")."""


@dataclass(slots=True)
class Window:
    """One window of one subject while a batch is judged: it grows by what the batch takes."""

    scope: str
    subject: str
    hours: int | None  # None = lifetime
    used: int  # micro-USD reserved and consumed
    count: int


@dataclass(frozen=True, slots=True)
class Own:
    """The room that a withdrawal under review has itself: it never counts against it. `at` by scope."""

    value: int
    at: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Headroom:
    """One window of one scope, micro-USD."""

    scope: str  # "party"
    hours: int | None  # None = lifetime
    limit: int
    used: int  # reserved and consumed inside the window
    subject: str | None = None  # which address or key; None = the customer

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def subjects(party_id: str, network: str, address: str, key: str, asset: str) -> tuple[Subject, ...]:
    """Whom a withdrawal counts for, one per scope, in the order of `in_order`."""
    return (
        ("party", party_id),
        ("address", address_subject(network, address)),
        ("key", key),
        ("asset", asset),
        ("network", network),
        (PLATFORM, PLATFORM),
    )


def address_subject(network: str, address: str) -> str:
    """An address as limits count it: one EVM address is one destination on every EVM network."""
    family = addresses.family(network)
    return f"{family}:{address.lower() if family == 'evm' else address}"


def in_order(found: Iterable[Subject]) -> list[Subject]:
    """The one order in which counters are ever locked: narrow scopes first, then by subject."""
    return sorted(set(found), key=lambda s: (SCOPES.index(s[0]), s[1]))


def locked_scopes(policy: Policy) -> Collection[str]:
    """The scopes whose counters are locked before they are counted: up to the widest one that the policy limits.

    Up to, and not just those: whatever the policy says, counters are then locked in one order, and two
    transactions under two policies cannot each wait for the other.
    """
    widest = max([0, *(SCOPES.index(limit.scope) for limit in policy.limits)])
    return SCOPES[: widest + 1]


def windows_of(policy: Policy) -> dict[str, tuple[int | None, ...]]:
    """The windows to count, by scope: the party's own for the facts, and what the policy limits."""
    wanted: dict[str, list[int | None]] = {"party": list(PARTY_HOURS)}
    for limit in policy.limits:
        if limit.hours not in wanted.setdefault(limit.scope, []):
            wanted[limit.scope].append(limit.hours)
    return {scope: tuple(found) for scope, found in wanted.items()}


def opens(now: datetime, hours: int | None) -> datetime | None:
    """When the window that ends now began; what is reserved at that very moment has left it."""
    return None if hours is None else now - span(hours)


def used_in_window(total: int, total_before: int, released_inside: int) -> int:
    """Use inside a window: everything ever reserved, minus what was reserved before the window opened,
    minus what was reserved inside it and given back."""
    return total - total_before - released_inside


def without(window: Window, own: Own | None, now: datetime) -> Window:
    """The window as others fill it."""
    if own is None or window.scope not in own.at or not _inside(own.at[window.scope], now, window.hours):
        return window
    return Window(window.scope, window.subject, window.hours, window.used - own.value, window.count - 1)


def weighs(reserved_at: datetime | None, now: datetime, hours: int | None) -> bool:
    """Whether the withdrawal under review stands in the window that ends now.

    One that has waited longer than the window took its room in an earlier one, where it fitted. Those who came
    since were let in beside it; it does not push anybody out a second time.
    """
    return reserved_at is None or _inside(reserved_at, now, hours)


def _inside(at: datetime, now: datetime, hours: int | None) -> bool:
    start = opens(now, hours)
    return start is None or at > start


def tightened(limit: int, percent: int) -> int:
    """What the market leaves of a limit, rounded down (section 5). It never leaves more than there was."""
    return limit * min(percent, 100) // 100

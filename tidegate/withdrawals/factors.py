"""Which factors a withdrawal asks for, and whether they were given. What was asked once stays asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from tidegate.base.findings import Outcome
from tidegate.base.times import hours
from tidegate.policy.factor_numbers import MAIL, OWN
from tidegate.policy.pack import Policy

STANDING = "standing"
"""What the journal names where the terms of a standing withdrawal, confirmed once, stand for the customer's factors."""


def needed(enrolled: Collection[str], step_up: bool, policy: Policy) -> tuple[str, ...]:
    """Section 3, step_up: the strongest factor the customer has, with the mail's link where the policy says so.

    Otherwise the weakest of their factors does, and every stronger one. `enrolled` is not empty: a customer without a
    factor cannot ask at all.
    """
    own = [factor for factor in OWN if factor in enrolled]
    return policy.factors.step_up[own[0]] if step_up else (own[-1],)


def together(before: Sequence[str], now: Sequence[str]) -> tuple[str, ...]:
    """What was asked and what is asked now, without what the rest of it covers: a stronger factor in place of a weaker.

    In the order in which people are asked: their own factor, then the mail.
    """
    asked = {*before, *now}
    own = next((factor for factor in OWN if factor in asked), None)
    return tuple(factor for factor in (own, MAIL) if factor is not None and factor in asked)


def covers(given: str, asked: str) -> bool:
    """Whether one factor does where another is asked: itself, or one of the customer's own that is as strong.

    Terms do for all of them, as long as `counting` lets them count.
    """
    if given == STANDING:
        return True
    if given in OWN and asked in OWN:
        return OWN.index(given) <= OWN.index(asked)
    return given == asked


def counting(used: Sequence[str], outcome: Outcome) -> list[str]:
    """What was used and still counts: terms do while nothing is found, and everything else for good."""
    return [factor for factor in used if factor != STANDING or outcome is Outcome.ALLOW]


def met(required: Collection[str], used: Collection[str]) -> bool:
    """Whether every factor that is asked for was given. Nothing asked is never met: no payment without a factor."""
    return bool(required) and not missing(required, used)


def missing(required: Collection[str], used: Collection[str]) -> list[str]:
    """What is still asked for, in its order."""
    return [asked for asked in required if not any(covers(given, asked) for given in used)]


def helps(given: str, required: Collection[str], used: Collection[str]) -> bool:
    """Whether this factor is one that the withdrawal still waits for."""
    return any(covers(given, asked) for asked in missing(required, used))


def until(required: Collection[str], policy: Policy, now: datetime) -> datetime:
    """Section 10, confirmation: minutes for a code or a passkey; where a link is asked, as long as that counts."""
    if MAIL in required:
        return now + hours(policy.factors.link_hours)
    return now + timedelta(minutes=policy.confirmation_minutes)

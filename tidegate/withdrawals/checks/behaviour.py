"""Whether it is like them: how fast, how much, against their own past and against what exists at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tidegate.base.findings import Finding, Outcome
from tidegate.base.times import rfc3339
from tidegate.policy.behaviour import BehaviourNumbers
from tidegate.policy.pack import Policy
from tidegate.withdrawals.check import usd
from tidegate.withdrawals.facts import Facts
from tidegate.withdrawals.habits import Asking

_NONE = BehaviourNumbers()


def many_withdrawals(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, velocity: more withdrawals in an hour, or in 24, than are ordinary."""
    seen, numbers = f.behaviour.asking, _numbers(p).velocity
    if seen is None or numbers is None:
        return
    for length, others, line in ((1, seen.count_1h, numbers.count_1h), (24, seen.count_24h, numbers.count_24h)):
        if others + 1 > line.most:
            yield Finding(
                "many_withdrawals",
                line.outcome,
                "W4 velocity",
                f"It is number {others + 1} in {length} hours; {line.most} are ordinary.",
                data={"hours": str(length), "count": str(others + 1), "most": str(line.most)},
            )


def many_new_addresses(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, velocity: more new destinations in 24 hours than are ordinary."""
    seen, numbers = f.behaviour.asking, _numbers(p).velocity
    if seen is None or numbers is None or seen.new_addresses_24h <= numbers.new_addresses_24h.most:
        return
    line = numbers.new_addresses_24h
    yield Finding(
        "many_new_addresses",
        line.outcome,
        "W4 velocity",
        f"{seen.new_addresses_24h} addresses were first named in 24 hours; {line.most} are ordinary.",
        data={"count": str(seen.new_addresses_24h), "most": str(line.most)},
    )


def account_drained(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, velocity: together with what left in 24 hours, nearly all that was there 24 hours ago."""
    seen, numbers = f.behaviour.asking, _numbers(p).velocity
    if seen is None or numbers is None or not seen.balance_24h_units or f.value < numbers.drain.from_value:
        return
    gone, before, line = f.units + seen.left_24h_units, seen.balance_24h_units, numbers.drain
    if gone * 100 >= before * line.percent:
        yield Finding(
            "account_drained",
            line.outcome,
            "W4 velocity",
            f"{gone} units leave in 24 hours, {gone * 100 // before} % of the {before} that were there before.",
            data={"units": str(gone), "before": str(before), "percent": str(line.percent)},
        )


def passed_through(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, velocity: what has just been credited leaves again."""
    seen, numbers = f.behaviour.asking, _numbers(p).velocity
    if seen is None or numbers is None or not seen.arrived_units or f.value < numbers.pass_through.from_value:
        return
    line = numbers.pass_through
    if f.units * 100 >= seen.arrived_units * line.percent:
        yield Finding(
            "passed_through",
            line.outcome,
            "W4 velocity",
            f"{f.units} units are asked, {seen.arrived_units} were credited in {seen.arrived_minutes} minutes before.",
            data={"units": str(f.units), "arrived": str(seen.arrived_units), "minutes": str(seen.arrived_minutes)},
        )


def dormant_account(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, velocity: an account from which nothing has left for long asks for much."""
    seen, numbers = f.behaviour.asking, _numbers(p).velocity
    if seen is None or numbers is None or f.value < numbers.dormant.from_value:
        return
    since = seen.sent_at or f.party_since
    if since is None or f.requested_at - since < timedelta(days=numbers.dormant.days):
        return
    yield Finding(
        "dormant_account",
        numbers.dormant.outcome,
        "W4 velocity",
        f"Nothing has left since {rfc3339(since)}, and now {usd(f.value)}.",
        data={"since": rfc3339(since), "days": str(numbers.dormant.days)},
    )


def unusual_amount(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, behaviour: many times the customer's own largest, or median, of the last 90 days."""
    seen, line = f.behaviour.asking, _numbers(p).history
    if seen is None or line is None or f.value < line.from_value:
        return
    for against, own, factor in (
        ("largest", seen.largest_90d, line.largest_factor),
        ("median", seen.median_90d, line.median_factor),
    ):
        if own is not None and f.value > own * factor:
            yield Finding(
                "unusual_amount",
                line.outcome,
                "W4 behaviour",
                f"{usd(f.value)} is over {factor} times {usd(own)}, their {against} of {seen.sent_90d} in 90 days.",
                data={"against": against, "own": str(own), "factor": str(factor)},
            )


def amount_implausible(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, unit sanity: more than was ever theirs, than the hot wallet holds, or than a share of what exists.

    Bithumb 2026: 620,000 BTC were booked where won were meant.
    """
    seen, numbers = f.behaviour.asking, _numbers(p).units
    if seen is None or numbers is None:
        return
    largest = seen.largest_units if f.value >= numbers.largest.from_value else None
    hot = seen.hot_units if not hot_unknown(f, numbers.hot.stale_minutes) else None
    for against, own, most, outcome in (
        ("largest", largest, None if largest is None else largest * numbers.largest.factor, numbers.largest.outcome),
        ("hot_wallet", hot, None if hot is None else hot * numbers.hot.percent // 100, numbers.hot.outcome),
        (
            "supply",
            seen.supply_units,
            None if seen.supply_units is None else seen.supply_units * numbers.supply.ppm // 1_000_000,
            numbers.supply.outcome,
        ),
    ):
        if most is not None and f.units > most:
            yield Finding(
                "amount_implausible",
                outcome,
                "W4 unit sanity",
                f"{f.units} units are more than {most}, which is the most against their {against} of {own}.",
                data={"against": against, "units": str(f.units), "most": str(most)},
            )


def hot_balance_unknown(f: Facts, p: Policy) -> Iterator[Finding]:
    """Section 4, unit sanity: where the policy requires it, nobody having seen the hot wallet lately needs a person."""
    seen, numbers = f.behaviour.asking, _numbers(p).units
    if seen is None or numbers is None or not numbers.hot.required:
        return
    if hot_unknown(f, numbers.hot.stale_minutes):
        when = "never seen" if seen.hot_as_of is None else f"last seen at {rfc3339(seen.hot_as_of)}"
        yield Finding(
            "hot_balance_unknown",
            Outcome.REVIEW,
            "W4 unit sanity",
            f"The hot wallet was {when}; {numbers.hot.stale_minutes} minutes are the most.",
        )


def hot_unknown(f: Facts, stale_minutes: int) -> bool:
    """Whether the hot wallet's balance was too old, or never seen, when the withdrawal was asked for."""
    seen: Asking | None = f.behaviour.asking
    if seen is None or seen.hot_units is None or seen.hot_as_of is None:
        return True
    return f.requested_at - seen.hot_as_of > timedelta(minutes=stale_minutes)


def _numbers(p: Policy) -> BehaviourNumbers:
    return p.behaviour or _NONE

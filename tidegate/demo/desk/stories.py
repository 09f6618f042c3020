"""What particular merchants do beside ordinary trading: one function per story, each for one merchant.

A story returns orders (and leaves flows, logins and warnings in the `Tale`); the oracle knows only whose story it was.
Rates are absolute, so that a small desk shows the same conduct as a large one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tidegate.demo.desk.people import DAY, HOUR, MINUTE, Ints, Table, Takers

STRUCTURING_LIMIT = 10_000 * 1_000_000
"""Micro-USD: what payers who split their money stay just under."""


@dataclass(slots=True)
class Tale:
    """What stories leave behind beside orders: rows of (merchant, …), in the order in which they were told."""

    flows: list[tuple[int, bool, int, int, str]] = field(default_factory=list)  # merchant, out, value, at, counterpart
    logins: list[tuple[int, str, int, bool]] = field(default_factory=list)  # merchant, type, at, on a new device
    warnings: list[tuple[int, int, int]] = field(default_factory=list)  # merchant, shown at, insisted at
    counterfeits: list[tuple[int, int, int]] = field(default_factory=list)  # merchant, at, value claimed


@dataclass(frozen=True, slots=True)
class Stage:
    """One merchant's time on the desk."""

    rng: np.random.Generator
    takers: Takers
    tale: Tale
    merchant: int
    size: int
    start: int
    end: int

    def instants(self, many: int) -> Ints:
        return np.sort(self.rng.integers(self.start, self.end, many))

    def sizes(self, many: int) -> Ints:
        return np.clip(np.exp(self.rng.normal(np.log(self.size), 0.5, many)), 10e6, 20_000e6).astype(np.int64)


def orders(stage: Stage, at: Ints, taker: Ints, value: Ints, sells: bool) -> Table:
    """Orders of one merchant that were all completed."""
    many = len(at)
    return {
        "merchant": np.full(many, stage.merchant),
        "taker": taker,
        "sells": np.full(many, sells),
        "value": value,
        "at": at,
        "dirty": np.zeros(many, dtype=bool),
        "stranger": np.zeros(many, dtype=bool),
        "off_bp": np.zeros(many, dtype=np.int64),
        "done": np.ones(many, dtype=bool),
    }


def ring(stage: Stage) -> list[Table]:
    """Mules on a few devices buy coins for traced money, which is paid on to strangers within hours."""
    rng = stage.rng
    many = int(4.5 * (stage.end - stage.start) / DAY)
    mules = int(rng.integers(8, 25))
    device = 10_000_000 + stage.merchant * 100 + rng.integers(0, max(2, mules // 4), mules)
    numbers = stage.takers.add(rng, stage.start - rng.integers(0, 40 * DAY, mules), device)
    inflow = stage.instants(many)
    value = stage.sizes(many)
    sold = orders(stage, inflow, rng.choice(numbers, many), value, True)
    sold["dirty"] = rng.random(many) < 0.3
    onward = np.minimum(inflow + rng.integers(20 * MINUTE, 9 * HOUR, many), stage.end - 1)
    bought = orders(stage, onward, rng.integers(0, numbers[0], many), value * rng.integers(92, 100, many) // 100, False)
    return [sold, bought]


def structurer(stage: Stage) -> list[Table]:
    """One payer, or a few on one device, splits a large sum into orders just below the limit, on many days."""
    rng = stage.rng
    told = []
    for day in range(stage.start, stage.end - DAY, 30 * DAY):
        device = np.full(3, 20_000_000 + stage.merchant * 100 + day // DAY % 100)
        payers = stage.takers.add(rng, day - rng.integers(20 * DAY, 200 * DAY, 3), device)
        one = rng.random() < 0.5
        for begins in day + rng.choice(np.arange(29), int(rng.integers(2, 8)), replace=False) * DAY:
            many = int(rng.integers(3, 6))
            at = begins + np.sort(rng.integers(8 * HOUR, 22 * HOUR, many))
            who = np.full(many, payers[0]) if one else rng.choice(payers, many)
            told.append(orders(stage, at, who, STRUCTURING_LIMIT * rng.integers(86, 100, many) // 100, True))
    return told


def wash(stage: Stage) -> list[Table]:
    """Coins go round: sold to a friend, bought back from the friend within hours."""
    rng = stage.rng
    friends = stage.takers.add(rng, stage.start - rng.integers(10 * DAY, 90 * DAY, 2))
    many = int(1.6 * (stage.end - stage.start) / DAY)
    at = stage.instants(many)
    value = stage.sizes(many) * 2
    who = rng.choice(friends, many, p=[0.75, 0.25])
    back = np.minimum(at + rng.integers(30 * MINUTE, 15 * HOUR, many), stage.end - 1)
    return [orders(stage, at, who, value, True), orders(stage, back, who, value, False)]


def surging(stage: Stage) -> list[Table]:
    """One day in a month brings many times the usual: a sale somewhere, nothing wrong."""
    rng = stage.rng
    told = []
    for day in range(stage.start, stage.end - DAY, 30 * DAY):
        at = day + int(rng.integers(3, 28)) * DAY + np.sort(rng.integers(0, 20 * HOUR, 60))
        told.append(
            orders(stage, at, rng.integers(0, stage.takers.count, 60), stage.sizes(60) * 3, bool(rng.random() < 0.5))
        )
    return told


def gouger(stage: Stage) -> list[Table]:
    """Some orders far from the market's price."""
    rng = stage.rng
    many = int(0.5 * (stage.end - stage.start) / DAY)
    told = orders(stage, stage.instants(many), rng.integers(0, stage.takers.count, many), stage.sizes(many), True)
    told["off_bp"] = rng.integers(150, 700, many)
    return [told]


def arbitrageur(stage: Stage) -> list[Table]:
    """What was bought here is sent on to another exchange, most evenings."""
    rng = stage.rng
    for day in range(stage.start, stage.end, DAY):
        if rng.random() < 0.7:
            value = int(stage.size * rng.integers(2, 9))
            stage.tale.flows.append((stage.merchant, True, value, day + int(rng.integers(19, 24)) * HOUR, "exchange"))
    return []


def hasty(stage: Stage) -> list[Table]:
    """A deposit leaves again before two hours are over, several times in a week."""
    rng = stage.rng
    for week in range(stage.start, stage.end - 7 * DAY, 7 * DAY):
        for _ in range(int(rng.integers(1, 6))):
            at = week + int(rng.integers(0, 7 * 24 - 3)) * HOUR
            value = int(rng.integers(800, 6000)) * 1_000_000
            left = value * int(rng.integers(75, 100)) // 100
            stage.tale.flows.append((stage.merchant, False, value, at, "other"))
            stage.tale.flows.append((stage.merchant, True, left, at + int(rng.integers(10, 130)) * MINUTE, "other"))
    return []


def insister(stage: Stage) -> list[Table]:
    """Warned that the address is listed, acknowledged, and asked again; a few let it rest for more than a day."""
    rng = stage.rng
    for shown in stage.instants(int(rng.integers(1, 4))):
        again = int(shown) + int(rng.integers(5, 30 * 60)) * MINUTE
        stage.tale.warnings.append((stage.merchant, int(shown), again))
    return []


def taken_over(stage: Stage) -> list[Table]:
    """A stranger's device, a changed password, a new address, all within hours."""
    at = int(stage.rng.integers(stage.start + DAY, stage.end - 2 * DAY))
    tale, who = stage.tale, stage.merchant
    tale.logins.append((who, "login", at, True))
    tale.logins.append((who, "password_changed", at + int(stage.rng.integers(3, 120)) * MINUTE, True))
    tale.flows.append((who, True, stage.size * 6, at + int(stage.rng.integers(3, 26)) * HOUR, "other"))
    return []


def counterfeited(stage: Stage) -> list[Table]:
    """A deposit event of a token that only looks like the real one."""
    for at in stage.instants(2):
        stage.tale.counterfeits.append((stage.merchant, int(at), stage.size * 3))
    return []


STORIES: dict[str, Callable[[Stage], list[Table]]] = {
    story.__name__: story
    for story in (ring, structurer, wash, surging, gouger, arbitrageur, hasty, insister, taken_over, counterfeited)
}

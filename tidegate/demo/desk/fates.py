"""What banks and authorities find out, days later, and about whom: sometimes the innocent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tidegate.demo.desk.kinds import KINDS
from tidegate.demo.desk.people import DAY, HOUR, Table

LEVELS = ("E0", "E1", "E2", "E3")


@dataclass(frozen=True, slots=True)
class Freeze:
    """A counterparty's account was frozen; `traced` is the sale that brought the money, None when nobody knows why."""

    merchant: int
    counterparty: int
    order: int
    at: int
    known: int
    level: str
    traced: int | None
    told_twice: bool


@dataclass(frozen=True, slots=True)
class Act:
    """An authority acted. The same case number again is the same case prolonged."""

    merchant: int
    kind: str
    case: str
    names_merchant: bool
    at: int
    known: int


@dataclass(frozen=True, slots=True)
class Fates:
    freezes: list[Freeze]
    acts: list[Act]


def banks_find_out(rng: np.random.Generator, end: int, merchants: Table, orders: Table) -> Fates:
    """Traced money that was paid on within seven days freezes some of those who received it; a few others by mistake.

    What becomes known after `end` is left out: nobody on the desk has heard of it.
    """
    freezes: list[Freeze] = []
    completed = np.isin(orders["status"], (0, 4))
    for merchant in np.unique(orders["merchant"][completed & orders["dirty"].astype(bool)]):
        mine = completed & (orders["merchant"] == merchant)
        sold = np.flatnonzero(mine & orders["sells"].astype(bool) & orders["dirty"].astype(bool))
        bought = np.flatnonzero(mine & ~orders["sells"].astype(bool))
        after = np.searchsorted(orders["at"][bought], orders["ended"][sold])
        for sale, place in zip(sold, after, strict=True):
            if (
                place < len(bought)
                and orders["at"][bought[place]] < orders["ended"][sale] + 7 * DAY
                and rng.random() < 0.3
            ):
                freezes.append(_freeze(rng, orders, int(bought[place]), int(sale), (0.3, 0.2, 0.3, 0.2)))
    by_mistake = np.flatnonzero(completed & (rng.random(len(completed)) < 0.0004))
    freezes += [_freeze(rng, orders, int(order), None, (0.6, 0.3, 0.08, 0.02)) for order in by_mistake]
    known = sorted(
        (freeze for freeze in freezes if freeze.known < end), key=lambda freeze: (freeze.known, freeze.order)
    )
    return Fates(known, _acts(rng, end, merchants, known))


def _freeze(rng: np.random.Generator, orders: Table, order: int, traced: int | None, odds: tuple[float, ...]) -> Freeze:
    at = int(orders["ended"][order]) + int(rng.gamma(4, 2) * DAY)
    return Freeze(
        merchant=int(orders["merchant"][order]),
        counterparty=int(orders["taker"][order]),
        order=order,
        at=at,
        known=at + int(rng.integers(HOUR, 9 * DAY)),
        level=LEVELS[int(rng.choice(4, p=odds))],
        traced=traced,
        told_twice=bool(rng.random() < 0.05),
    )


def _acts(rng: np.random.Generator, end: int, merchants: Table, freezes: list[Freeze]) -> list[Act]:
    """Where several were frozen somebody may ask; rings are named more often than others."""
    acts: list[Act] = []
    for merchant in range(len(merchants["kind"])):
        mine = [freeze for freeze in freezes if freeze.merchant == merchant]
        wrong = KINDS[int(merchants["kind"][merchant])].wrong
        if len(mine) < 2 or rng.random() > 0.5:
            continue
        at = mine[1].known + int(rng.integers(DAY, 8 * DAY))
        case = f"A{merchant:04d}-1"
        acts.append(Act(merchant, "evidence_request", case, bool(wrong and rng.random() < 0.6), at, at + DAY))
        if rng.random() < 0.4:
            acts.append(Act(merchant, "evidence_request", case, False, at + 6 * DAY, at + 7 * DAY))
    return [act for act in acts if act.known < end]

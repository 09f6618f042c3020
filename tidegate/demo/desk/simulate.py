"""One desk from one seed: draw the merchants, let each trade, tell the stories, let the banks find out later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from tidegate.base.refusals import Malformed
from tidegate.demo.desk.fates import Fates, banks_find_out
from tidegate.demo.desk.kinds import KINDS
from tidegate.demo.desk.people import DAY, FIATS, HOUR, MINUTE, REGULARS, Ints, Table, Takers, draw_merchants
from tidegate.demo.desk.stories import STORIES, Stage, Tale

STATUSES = ("released", "cancelled", "expired", "resolved_refund", "resolved_release")
METHODS = ("bank", "wallet", "cash")
_AT_START = {"CNY": 7.15, "USD": 1.0, "HKD": 7.8}


@dataclass(frozen=True, slots=True)
class Asked:
    """What to simulate. `orders` is a mean: the seed decides how many it becomes."""

    seed: int
    merchants: int
    days: int
    orders: int
    begins: date

    @property
    def start(self) -> int:
        begins = datetime(self.begins.year, self.begins.month, self.begins.day, tzinfo=UTC)
        return int(begins.timestamp()) * 1_000_000

    @property
    def end(self) -> int:
        return self.start + self.days * DAY


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that happened, as columns, and the truth about it."""

    asked: Asked
    merchants: Table
    takers: Table
    orders: Table  # in the order of time
    tale: Tale
    fates: Fates


def check(asked: Asked) -> None:
    """Whether such a desk can be told. Raises Malformed `desk_impossible` naming the field."""
    for field, value, least, most in (
        ("seed", asked.seed, 0, 999_999),  # ids have six digits for it
        ("merchants", asked.merchants, len(KINDS), 100_000),
        ("days", asked.days, 7, 3_660),
        ("orders", asked.orders, 0, 20_000_000),
    ):
        if not least <= value <= most:
            raise Malformed("desk_impossible", f"{field} is {value}; it must be from {least} to {most}", field=field)
    if not 2010 <= asked.begins.year <= 2090:
        raise Malformed(
            "desk_impossible", f"A desk cannot begin on {asked.begins}; choose a day from 2010 to 2090", field="begins"
        )


def simulate(asked: Asked) -> Desk:
    """The same question gives the same desk, on every machine with the same numpy.

    Raises Malformed as `check`.
    """
    check(asked)
    rng = np.random.default_rng(asked.seed)
    merchants = draw_merchants(rng, asked.merchants, asked.start, asked.end)
    takers, tale = Takers(), Tale()
    crowd = max(500, asked.orders // 8)
    takers.add(rng, asked.start - np.minimum(rng.exponential(300 * DAY, crowd), 2000 * DAY).astype(np.int64) - 8 * DAY)
    blocks = [_ordinary(rng, asked, merchants, takers)]
    _fund(rng, asked, merchants, tale)
    for number in range(asked.merchants):
        story = STORIES.get(KINDS[int(merchants["kind"][number])].name)
        if story is not None:
            size = int(merchants["size"][number])
            blocks += story(Stage(rng, takers, tale, number, size, asked.start, asked.end))
    orders = _finish(rng, asked, merchants, takers.table(), blocks)
    return Desk(asked, merchants, takers.table(), orders, tale, banks_find_out(rng, asked.end, merchants, orders))


def _ordinary(rng: np.random.Generator, asked: Asked, merchants: Table, takers: Takers) -> Table:
    """Day after day, as many as each merchant's pace says, more on some weekdays, more in the evening."""
    pace = merchants["pace"].astype(float)
    week = np.array([1.0, 1.0, 1.05, 1.05, 1.15, 0.95, 0.8])[np.arange(asked.days) % 7]
    mean = pace[:, None] * week[None, :]
    counts = rng.poisson(mean * (asked.orders / max(mean.sum(), 1.0)))
    day_of = np.tile(np.arange(asked.days), (asked.merchants, 1))
    merchant = np.repeat(np.repeat(np.arange(asked.merchants), asked.days), counts.ravel())
    at = asked.start + np.repeat(day_of.ravel(), counts.ravel()) * DAY
    many = len(merchant)
    at += (rng.beta(2.6, 1.7, many) * (DAY - MINUTE)).astype(np.int64)
    left = merchants["leaving"][merchant]
    stays = (left == 0) | (at < left)
    merchant, at = merchant[stays], at[stays]
    many = len(merchant)

    crowd = takers.count
    taker = (crowd * rng.random(many) ** 1.6).astype(np.int64)  # some come far more often than others
    regulars = rng.integers(0, crowd, (asked.merchants, REGULARS))
    comes_back = rng.random(many) < 0.35
    taker[comes_back] = regulars[merchant[comes_back], rng.integers(0, REGULARS, int(comes_back.sum()))]
    kind = merchants["kind"][merchant]
    fresh = rng.random(many) < np.array([k.newcomers for k in KINDS])[kind]
    taker[fresh] = takers.add(rng, at[fresh] - rng.integers(MINUTE, 7 * DAY, int(fresh.sum())))

    value = np.exp(rng.normal(0, 0.7, many)) * merchants["size"][merchant]
    return {
        "merchant": merchant,
        "taker": taker,
        "sells": rng.random(many) < merchants["sells"][merchant],
        "value": np.clip(value, 10e6, 20_000e6).astype(np.int64),
        "at": at,
        "dirty": rng.random(many) < np.array([k.dirty for k in KINDS])[kind],
        "stranger": rng.random(many) < np.array([k.strangers for k in KINDS])[kind],
        "off_bp": np.zeros(many, dtype=np.int64),
        "done": rng.random(many) < 0.93,
    }


def _fund(rng: np.random.Generator, asked: Asked, merchants: Table, tale: Tale) -> None:
    """What merchants bring before their first order, bond and funds, and what they top up or take home now and then."""
    for number in range(asked.merchants):
        if merchants["certified"][number] == 0:
            continue
        brought = int(merchants["funds"][number] + merchants["locked"][number])
        tale.flows.append((number, False, brought, asked.start - 2 * DAY, "other"))
        for at in rng.integers(asked.start, asked.end, rng.poisson(asked.days / 9)):
            value = int(merchants["size"][number] * rng.integers(3, 30))
            tale.flows.append((number, bool(rng.random() < 0.5), value, int(at), "other"))


def _finish(rng: np.random.Generator, asked: Asked, merchants: Table, takers: Table, blocks: list[Table]) -> Table:
    """Everything an order has beside who, when and how much."""
    told: Table = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    order = np.lexsort((told["merchant"], told["at"]))
    order = order[told["at"][order] < asked.end]  # stories are told by the month, and a desk may end within one
    told = {name: column[order] for name, column in told.items()}
    at, merchant, sells, many = told["at"].astype(np.int64), told["merchant"], told["sells"], len(order)

    kind = merchants["kind"][merchant]
    loses = np.array([0.06 if k.name == "quarreller" else 0.002 for k in KINDS])[kind]
    status = np.where(told["done"], 0, rng.choice(np.array([1, 2, 3]), size=many, p=[0.6, 0.38, 0.02]))
    disputed = told["done"].astype(bool) & (rng.random(many) < loses + 0.003)
    status[disputed] = np.where(rng.random(int(disputed.sum())) < loses[disputed] / (loses[disputed] + 0.003), 3, 4)
    lost = np.zeros(many, dtype=np.int64)  # 1 = the merchant lost, 2 = the taker did
    lost[disputed] = np.where((status[disputed] == 3) == sells[disputed], 2, 1)
    told_against = disputed & (rng.random(many) < loses / (loses + 0.003))
    lost[told_against] = 1
    status[told_against] = np.where(sells[told_against], 4, 3)

    pays = at + (np.exp(rng.normal(np.log(4), 0.5, many)) * MINUTE).astype(np.int64)
    slow = merchants["release_minutes"][merchant]
    ends = pays + (slow * np.exp(rng.normal(0, 0.5, many)) * MINUTE).astype(np.int64)
    ends[disputed] += rng.integers(2 * HOUR, 50 * HOUR, int(disputed.sum()))
    unpaid = (status == 1) | (status == 2)
    late = rng.random(many) < 0.004  # the news of it came hours later
    known = np.where(late, ends + rng.integers(HOUR, 30 * HOUR, many), ends)

    fiat = merchants["country"][merchant]
    reference = _reference(rng, asked)[fiat, np.clip((at - asked.start) // HOUR, 0, asked.days * 24 - 1)]
    off = np.where(told["off_bp"] > 0, told["off_bp"], merchants["spread_bp"][merchant] + rng.normal(0, 12, many))
    price = reference * (1 + np.where(sells, off, -off) / 10_000)
    return told | {
        "number": np.arange(many),
        "status": status,
        "lost": lost,
        "paid": np.where(unpaid, 0, pays),
        "ended": np.where(unpaid, at + 15 * MINUTE, ends),
        "known": np.where(unpaid, at + 15 * MINUTE, known),
        "fiat": fiat,
        "reference": np.rint(reference * 1e8).astype(np.int64),
        "price": np.rint(price * 1e8).astype(np.int64),
        "method": rng.choice(np.arange(len(METHODS)), size=many, p=[0.5, 0.47, 0.03]),
        "similarity": np.where(told["stranger"], rng.integers(10, 70, many), rng.integers(92, 101, many)),
        "guarded": merchants["guarded"][merchant] | ~sells,
        "before": _earlier(told["taker"], status),
        "taker_since": takers["since"][told["taker"]],
        "device": takers["device"][told["taker"]],
    }


def _reference(rng: np.random.Generator, asked: Asked) -> NDArray[np.float64]:
    """The market's price per fiat and hour: a slow random walk; the dollar hardly moves against a coin pegged to it."""
    hours = asked.days * 24
    steps = rng.normal(0, 1, (len(FIATS), hours)) * np.array([[0.0005], [0.0001], [0.0004]])
    paths: NDArray[np.float64] = np.array([[_AT_START[fiat]] for fiat in FIATS]) * np.exp(np.cumsum(steps, axis=1))
    return paths


def _earlier(taker: Ints, status: Ints) -> Ints:
    """How many orders each taker had completed before this one; rows are in the order of time."""
    by_taker = np.argsort(taker, kind="stable")
    completed = np.isin(status[by_taker], (0, 4)).astype(np.int64)
    running: Ints = np.cumsum(completed) - completed
    first = np.r_[True, taker[by_taker][1:] != taker[by_taker][:-1]]
    base = np.maximum.accumulate(np.where(first, running, 0))
    earlier: Ints = np.zeros(len(taker), dtype=np.int64)
    earlier[by_taker] = running - base
    return earlier

"""Each threshold of each indicator on both sides, by the default pack's numbers.

On DuckDB, which needs no server; tests/flows hold PostgreSQL to the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from indicator_kit import (
    END,
    SPAN,
    START,
    USD,
    Row,
    Rows,
    after,
    desk,
    flow,
    freeze,
    merchant,
    numbers,
    on_duckdb,
    order,
)

from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.reading import Reading

US = timedelta(microseconds=1)
BEFORE = START - timedelta(days=60)
NUMBERS = numbers()


def read(indicator: str, rows: Rows, subject: str = "mer_a") -> Reading:
    with on_duckdb(rows) as engine:
        return next(r for r in evaluate(engine, SPAN, NUMBERS, [indicator]) if r.subject_id == subject)


def many(
    count: int, side: str = "sell", value: int = 100, start: datetime | None = None, apart: float = 1, **more: Any
) -> list[Row]:
    """Orders of mer_a with a taker each, so many hours apart."""
    begins = start or after(days=2)
    return [
        order(
            f"ord_{side}_{n:03}", "mer_a", f"cus_{n:03}", side, value * USD, begins + timedelta(hours=n * apart), **more
        )
        for n in range(count)
    ]


def one_sided(n: int = 20, sold: int = 0, sent: int = 600, **more: Any) -> Rows:
    """`n` purchases of 100, sales of `sold`, and `sent` on to an exchange."""
    orders = many(n, "buy") + ([order("ord_sold", "mer_a", "cus_x", "sell", sold * USD, after(days=4))] if sold else [])
    return desk(
        merchant("mer_a"),
        p2p_orders=orders,
        coin_flows=[flow("wd_1", "mer_a", "out", sent * USD, after(days=9), "exchange") | more],
    )


def funded(largest: int, brought: int = 1000, at: datetime = BEFORE, counterpart: str = "other", **more: Any) -> Rows:
    first = order("ord_first", "mer_a", "cus_1", "buy", 1 * USD, START - timedelta(days=50))
    return desk(
        merchant("mer_a"),
        p2p_orders=[first, order("ord_big", "mer_a", "cus_2", "sell", largest, after(days=3))],
        coin_flows=[flow("dep_1", "mer_a", "in", brought * USD, at, counterpart, **more)],
    )


def bonded(*moved: int, kind: str = "lock", at: datetime = BEFORE, **more: Any) -> list[Row]:
    """What moved in mer_a's bond, micro-USD."""
    row = {"merchant_id": "mer_a", "asset_id": 1, "kind": kind, "at": at, "known_at": at}
    return [row | {"movement_id": f"bmv_{n}", "units": units, "value": units} | more for n, units in enumerate(moved)]


def beside(rows: Rows, movements: Sequence[Row]) -> Rows:
    return {**rows, "p2p_bond_movements": movements}


def account(party: str, hash: str = "h", **more: Any) -> Row:
    said = {"account_hash": hash, "party_id": party, "method": "bank", "verified": True, "attested_elsewhere": False}
    return said | {"first_at": BEFORE, "last_at": after(days=5)} | more


def accounts(*rows: Row) -> Rows:
    return desk(merchant("mer_a"), merchant("mer_a2", "cus_other", "mer_a"), p2p_accounts=rows)


def warned(again: timedelta = timedelta(hours=24), times: int = 1, executed: bool = False, **more: Any) -> Rows:
    shown = after(days=4)
    rows = [
        {
            "id": "lwn_1",
            "party_id": "cus_mer_a",
            "listed_since": BEFORE,
            "shown_at": shown,
            "acknowledged_at": shown + US,
            "insisted_withdrawal_id": f"wd_{n}",
            "insisted_at": shown + again,
        }
        | more
        for n in range(times)
    ]
    sent = [flow("wd_0", "mer_a", "out", USD, after(days=6), "listed")] if executed else []
    return desk(merchant("mer_a"), listed_warnings=rows, coin_flows=sent)


def frozen(
    gap: timedelta = timedelta(days=7), level: str = "E2", sale: dict[str, Any] | None = None, **more: Any
) -> Rows:
    """An unrestricted sale's fiat that was paid on so much later to somebody who was frozen."""
    sold = order("ord_in", "mer_a", "cus_1", "sell", USD, after(days=2), **{"has_conditions": False, **(sale or {})})
    paid = order("ord_out", "mer_a", "cus_2", "buy", USD, after(days=2) + gap)
    fact = freeze("fct_1", "mer_a", "cus_2", "ord_out", after(days=20), level, **more)
    return desk(merchant("mer_a"), p2p_orders=[sold, paid], rating_facts=[fact])


def freezes(people: int, counterparties: int = 200, **more: Any) -> Rows:
    facts = [freeze(f"fct_{n}", "mer_a", f"cus_f{n}", "ord_x", after(days=9), **more) for n in range(people)]
    return desk(merchant("mer_a"), p2p_orders=many(counterparties, apart=0.5), rating_facts=facts)


def passed_on(quick: int, n: int = 50, dwell: timedelta = timedelta(hours=24) - US, value: int = 100) -> Rows:
    """`n` sales of 100, of which `quick` are paid on just in time and the rest never: one by one, a day apart or less.
    Purchases of another day make the sides even."""
    rows: list[Row] = []
    for number in range(n):
        at = after(hours=number * 0.01, days=2)
        rows.append(order(f"ord_in_{number:03}", "mer_a", "cus_1", "sell", 100 * USD, at))
    last = after(hours=0, days=2)
    for number in range(quick):
        rows.append(
            order(
                f"ord_out_{number:03}",
                "mer_a",
                "cus_2",
                "buy",
                value * USD,
                last + timedelta(hours=number * 0.01) + dwell,
            )
        )
    for number in range(n - quick):
        at = after(days=9, hours=number * 0.01)
        rows.append(order(f"ord_late_{number:03}", "mer_a", "cus_2", "buy", value * USD, at))
    return desk(merchant("mer_a"), p2p_orders=rows)


def in_and_out(*gaps: timedelta, percent: int = 80, soon: timedelta = timedelta(hours=2), **more: Any) -> Rows:
    """Deposits so long after the first, each followed by a withdrawal."""
    rows = []
    for number, gap in enumerate((timedelta(0), *gaps)):
        at = after(days=2) + gap
        rows.append(flow(f"dep_{number}", "mer_a", "in", 100, at))
        rows.append(flow(f"wd_{number}", "mer_a", "out", percent, at + soon, **more))
    return desk(merchant("mer_a"), coin_flows=rows)


def coins(*moves: tuple[float, int]) -> Rows:
    """Deposits, and withdrawals where the units are negative, so many hours after the first."""
    rows = [
        flow(f"mov_{n}", "mer_a", "in" if units > 0 else "out", abs(units), after(days=2, hours=at))
        for n, (at, units) in enumerate(moves)
    ]
    return desk(merchant("mer_a"), coin_flows=rows)


def _passing(*starts: float, hours: float = 1) -> list[tuple[float, int]]:
    """A hundred come, and eighty go so many hours later."""
    return [move for at in starts for move in ((at, 100), (at + hours, -80))]


def split(value: int = 8500, days: int = 3, runs: int = 3, apart: float = 12, **more: Any) -> Rows:
    """So many orders of one payer, `apart` hours from each other, on several days far apart."""
    rows = [
        order(f"ord_{day}_{n}", "mer_a", "cus_1", "sell", value * USD, after(days=2 + 5 * day, hours=n * apart), **more)
        for day in range(days)
        for n in range(runs)
    ]
    return desk(merchant("mer_a"), p2p_orders=rows)


def newcomers(young: int, n: int = 40, age: timedelta = timedelta(days=7) - US, apart: float = 10) -> Rows:
    """`n` takers, `young` of them just registered, and ten merchants whose takers are all old."""
    rows = many(n, apart=apart)
    rows = [row | ({"taker_since": row["created_at"] - age} if k < young else {}) for k, row in enumerate(rows)]
    peers = [
        order(f"ord_{who}_{n}", who, f"cus_{n}", "sell", 5 * USD, after(hours=n))
        for who in (f"mer_p{k}" for k in range(10))
        for n in range(30)
    ]
    return desk(merchant("mer_a"), *(merchant(f"mer_p{k}") for k in range(10)), p2p_orders=rows + peers)


def ring(*who: tuple[str | None, str | None, str | None]) -> Rows:
    """One order for each (device, network, program), each with a taker of its own."""
    rows = [
        order(f"ord_{n}", "mer_a", f"cus_{n}", "sell", USD, after(hours=n), device_id=device, ip_net=net, agent=agent)
        for n, (device, net, agent) in enumerate(who)
    ]
    return desk(merchant("mer_a"), p2p_orders=rows)


def priced(*prices: str | None, others: int = 30) -> Rows:
    rows = [
        order(
            f"ord_{n}",
            "mer_a",
            f"cus_{n}",
            "sell",
            USD,
            after(hours=n),
            price=Decimal(price),
            reference_price=Decimal(7),
        )
        if price is not None
        else order(f"ord_{n}", "mer_a", f"cus_{n}", "sell", USD, after(hours=n), price=9, reference_price=None)
        for n, price in enumerate(prices)
    ]
    peers = [
        row | {"subject_id": "mer_b", "merchant_id": "mer_b", "order_id": f"b{n}"} for n, row in enumerate(many(others))
    ]
    return desk(merchant("mer_a"), merchant("mer_b"), p2p_orders=rows + peers)


def volumes(peak: int, usual: int = 0, days: int = 16, hours: float = 24) -> Rows:
    """`peak` USD in two halves `hours` apart, after so many days (of the last 30) of `usual`."""
    at = after(days=20, hours=0)
    rows = [order(f"ord_u{n}", "mer_a", "cus_u", "sell", usual * USD, at - timedelta(days=n + 1)) for n in range(days)]
    rows += [order("ord_p1", "mer_a", "cus_1", "sell", (peak // 2) * USD, at + timedelta(hours=6))]
    rows += [order("ord_p2", "mer_a", "cus_2", "sell", (peak - peak // 2) * USD, at + timedelta(hours=6 + hours))]
    return desk(merchant("mer_a"), p2p_orders=rows if usual else rows[-2:])


def concentrated(top: int, n: int = 30, value: int = 100) -> Rows:
    rows = many(n - 1, value=value, apart=3)
    return desk(
        merchant("mer_a"), p2p_orders=[*rows, order("ord_top", "mer_a", "cus_top", "sell", top * USD, after(days=1))]
    )


def circles(times: int = 3, back: timedelta = timedelta(hours=24), returned: int = 90, through: str = "mer_a") -> Rows:
    """Sold for 100 and bought back from the same taker; or bought by another merchant, who closes the circle."""
    rows = []
    for n in range(times):
        at = after(days=2 + 2 * n)
        rows.append(order(f"ord_{n}_sale", "mer_a", f"cus_{n}", "sell", 100 * USD, at))
        if through == "mer_a":
            rows.append(order(f"ord_{n}_back", "mer_a", f"cus_{n}", "buy", returned * USD, at + back))
            continue
        rows.append(order(f"ord_{n}_1", through, f"cus_{n}", "buy", 100 * USD, at + timedelta(hours=1)))
        rows.append(order(f"ord_{n}_2", through, f"cus_{n}b", "sell", 100 * USD, at + timedelta(hours=2)))
        rows.append(order(f"ord_{n}_3", "mer_a", f"cus_{n}b", "buy", returned * USD, at + back))
    return desk(merchant("mer_a"), merchant("mer_b"), p2p_orders=rows)


def signs(last: timedelta = timedelta(hours=24), third: str = "address") -> Rows:
    at = after(days=3)
    rows = [("device", at), ("credential", at + timedelta(hours=1)), (third, at + last)]
    return desk(
        merchant("mer_a"),
        account_signs=[
            {"party_id": "cus_mer_a", "sign": sign, "ref": f"{sign}_{n}", "at": when, "known_at": when}
            for n, (sign, when) in enumerate(rows)
        ],
    )


def lost(times: int, n: int) -> Rows:
    gone = [
        order(
            f"ord_l{k}",
            "mer_a",
            f"cus_l{k}",
            "buy",
            USD,
            after(days=3),
            status="resolved_refund",
            dispute_lost_by="merchant",
        )
        for k in range(times)
    ]
    return desk(merchant("mer_a"), p2p_orders=many(n, apart=2) + gone)


def bond(locked: int, required: int = 1000) -> Rows:
    row = {"merchant_id": "mer_a", "asset_id": 1, "required": required, "locked": locked, "owed": 0}
    return desk(merchant("mer_a"), p2p_bonds=[row])


def counterfeit(known: datetime) -> Rows:
    row = {"deposit_id": "dep_1", "party_id": "cus_mer_a", "asset_id": 1, "claimed": 1, "at": START, "known_at": known}
    return desk(merchant("mer_a"), counterfeits=[row])


CASES: Sequence[tuple[str, str, Rows, int]] = [
    ("I-01", "20 purchases, all of them, and 30 % sent to an exchange", one_sided(), 1),
    ("I-01", "19 purchases", one_sided(19), 0),
    ("I-01", "just 90 % one-sided: 1900 bought, 100 sold", one_sided(19, 100, 570), 1),
    ("I-01", "less than 90 % one-sided", one_sided(19, 101, 570), 0),
    ("I-01", "a little less than 30 % sent", one_sided(sent=599), 0),
    ("I-01", "sent to somebody else", one_sided(counterpart="other"), 0),
    ("I-01", "coins of buyers come in: no counter-flow", one_sided(direction="in"), 0),
    ("I-02", "as much as was brought", funded(1000 * USD), 0),
    ("I-02", "a millionth of a dollar more", funded(1000 * USD + 1), 1),
    ("I-02", "brought after the first order", funded(999 * USD, at=START - timedelta(days=49)), 1),
    ("I-02", "moved here from another account of this platform", funded(999 * USD, counterpart="own"), 1),
    ("I-02", "nobody knows what it was worth", funded(1001 * USD, value=None), 0),
    ("I-02", "the bond is no initial fund", beside(funded(800 * USD), bonded(200 * USD)), 0),
    ("I-02", "a millionth above what is left of it", beside(funded(800 * USD + 1), bonded(200 * USD)), 1),
    ("I-02", "a bond above all that was brought", beside(funded(1), bonded(2000 * USD)), 1),
    ("I-02", "some of it came back before", beside(funded(900 * USD), bonded(200 * USD, -100 * USD)), 0),
    ("I-02", "locked after the first order", beside(funded(1000 * USD), bonded(200 * USD, at=START)), 0),
    ("I-02", "taken, not locked", beside(funded(1000 * USD), bonded(-5 * USD, kind="deduct")), 0),
    ("I-02", "nobody knows what the bond was worth", beside(funded(2000 * USD), bonded(1, value=None)), 0),
    ("I-03", "alone", accounts(account("cus_mer_a")), 0),
    ("I-03", "another verified person's too", accounts(account("cus_mer_a"), account("cus_9")), 1),
    ("I-03", "somebody's whom nobody verified", accounts(account("cus_mer_a"), account("cus_9", verified=False)), 0),
    ("I-03", "the same person's other account", accounts(account("cus_mer_a"), account("cus_other")), 0),
    ("I-03", "attested for another platform", accounts(account("cus_mer_a", attested_elsewhere=True)), 1),
    ("I-03", "not used any more", accounts(account("cus_mer_a", last_at=START - US), account("cus_9")), 0),
    ("I-04", "asked again after 24 hours", warned(), 1),
    ("I-04", "asked again later", warned(timedelta(hours=24) + US), 0),
    ("I-04", "never acknowledged", warned(acknowledged_at=None), 0),
    ("I-04", "listed after the warning", warned(listed_since=after(days=4) + US), 0),
    ("I-04", "twice", warned(times=2), 2),
    ("I-04", "once, and it was paid", warned(executed=True), 2),
    ("I-05", "paid on after seven days", frozen(), 1),
    ("I-05", "paid on later", frozen(timedelta(days=7) + US), 0),
    ("I-05", "paid before it came in", frozen(-US), 0),
    ("I-05", "a bank's notice alone", frozen(level="E1"), 0),
    ("I-05", "the sale had conditions", frozen(sale={"has_conditions": True}), 0),
    ("I-05", "a mistake", frozen(disposition="false_positive"), 0),
    ("I-06", "nobody", freezes(0), 0),
    ("I-06", "one", freezes(1), 1),
    ("I-06", "one, that is not attributed", freezes(1, attributed=False), 0),
    ("I-06", "a claim alone", freezes(1, level="E1"), 0),
    ("I-06", "four of 200", freezes(4), 1),
    ("I-06", "five of 200", freezes(5), 2),
    ("I-06", "three of 60: five percent", freezes(3, 60), 2),
    ("I-06", "three of 61", freezes(3, 61), 1),
    ("I-06", "two of two", freezes(2, 2), 1),
    ("I-07", "70 % within the day", passed_on(35), 1),
    ("I-07", "68 %", passed_on(34), 0),
    ("I-07", "a day later, the whole day", passed_on(35, dwell=timedelta(hours=24)), 0),
    ("I-07", "98 orders", passed_on(35, 49), 0),
    ("I-07", "sales are a quarter", passed_on(50, value=300), 1),
    ("I-07", "sales are less than a quarter", passed_on(50, value=301), 0),
    ("I-08", "three times in seven days", in_and_out(timedelta(days=3), timedelta(days=7)), 1),
    ("I-08", "the third time later", in_and_out(timedelta(days=3), timedelta(days=7) + US), 0),
    ("I-08", "two times", in_and_out(timedelta(days=3)), 0),
    ("I-08", "79 %", in_and_out(timedelta(days=3), timedelta(days=6), percent=79), 0),
    ("I-08", "after two hours", in_and_out(timedelta(days=3), timedelta(days=6), soon=timedelta(hours=2) + US), 0),
    ("I-08", "another coin", in_and_out(timedelta(days=3), timedelta(days=6), asset_id=2), 0),
    ("I-08", "one withdrawal counts once", coins((0, 100), (0.5, 100), (1, 100), (1.5, -100)), 0),
    ("I-08", "one withdrawal of all three", coins((0, 100), (0.5, 100), (1, 100), (1.5, -280)), 1),
    ("I-08", "a little less than all three", coins((0, 100), (0.5, 100), (1, 100), (1.5, -279)), 0),
    ("I-08", "at one instant it goes before it comes", coins((0, 900), *_passing(9, 19, 29, hours=0)), 0),
    ("I-08", "old coins hide nothing", coins((0, 900), *_passing(9, 19, 29)), 1),
    ("I-08", "a withdrawal in three parts", coins((0, 100), (1, -40), (1.5, -39), (2, -1), *_passing(9, 19)), 1),
    ("I-08", "the last part is late", coins((0, 100), (1, -40), (1.5, -39), (2.01, -1), *_passing(9, 19)), 0),
    ("I-08", "what went had come before", coins((0, 100), (1, 100), (1.5, -100), (2, -79), *_passing(19)), 0),
    ("I-09", "85 % of the limit, three times in 24 hours, on three days", split(), 1),
    ("I-09", "the limit itself", split(10_000), 1),
    ("I-09", "less than 85 %", split(8499), 0),
    ("I-09", "more than the limit", split(10_001), 0),
    ("I-09", "two days", split(days=2), 0),
    ("I-09", "two a day", split(runs=2), 0),
    ("I-09", "more than 24 hours", split(apart=12.01), 0),
    ("I-10", "5 % where nobody else has any", newcomers(2), 0),
    ("I-10", "more than 5 %", newcomers(3), 1),
    ("I-10", "registered seven days ago", newcomers(3, age=timedelta(days=7)), 0),
    ("I-10", "29 orders", newcomers(9, 29), 0),
    ("I-10", "ten within 72 hours of 29 orders", newcomers(10, 29, apart=8), 1),
    ("I-10", "nine within 72 hours of 29 orders", newcomers(10, 29, apart=8.01), 0),
    ("I-11", "three on one device", ring(("d", "n1", "a"), ("d", "n2", "a"), ("d", "n3", "a")), 1),
    ("I-11", "two on one device", ring(("d", "n1", "a"), ("d", "n2", "a"), ("e", "n3", "a")), 0),
    ("I-11", "one network, three programs", ring(("d", "n", "a"), ("e", "n", "b"), ("f", "n", "c")), 0),
    ("I-11", "one network and program", ring(("d", "n", "a"), ("e", "n", "a"), ("f", "n", "a")), 1),
    ("I-11", "linked by a device and by a network", ring(("d", "n1", "a"), ("d", "n2", "a"), ("f", "n2", "a")), 1),
    ("I-11", "nothing known of anybody", ring((None, "n", None), (None, "n", None), (None, "n", None)), 0),
    ("I-12", "three times just 2 % off", priced("7.14", "7.14", "7.14"), 0),
    ("I-12", "three times a little more", priced("7.14000001", "7.14000001", "6.85999999"), 1),
    ("I-12", "twice", priced("8", "8", "7"), 0),
    ("I-12", "without a reference", priced("8", "8", None), 0),
    ("I-12", "everybody is as far off", priced(*["7.7"] * 14, *["7.3"] * 13, *["6.9"] * 13, others=0), 0),
    ("I-13", "the limit", volumes(100_000), 0),
    ("I-13", "above the limit, without history", volumes(100_001), 1),
    ("I-13", "the second half a day later and more", volumes(100_001, hours=24.01), 0),
    ("I-13", "three times the usual", volumes(120_000, 40_000, 16, 12), 0),
    ("I-13", "more than three times the usual", volumes(120_001, 40_000), 1),
    ("I-13", "15 of 30 days without an order: the usual is nothing", volumes(120_000, 40_000, 15, 12), 1),
    ("I-14", "40 % with one", concentrated(1933), 0),
    ("I-14", "more than 40 %", concentrated(1934), 1),
    ("I-14", "29 orders", concentrated(9000, 29), 0),
    ("I-14", "three circles of two", circles(), 1),
    ("I-14", "two circles", circles(2), 0),
    ("I-14", "back a little later", circles(back=timedelta(hours=24) + US), 0),
    ("I-14", "89 % came back", circles(returned=89), 0),
    ("I-14", "three circles of four", circles(through="mer_b"), 1),
    ("I-14", "circles of four that close late", circles(through="mer_b", back=timedelta(hours=24) + US), 0),
    ("I-15", "similarity of 85", desk(merchant("mer_a"), p2p_orders=many(3, payer_similarity=85)), 0),
    ("I-15", "similarity of 84", desk(merchant("mer_a"), p2p_orders=many(3, payer_similarity=84)), 1),
    ("I-15", "nobody compared", desk(merchant("mer_a"), p2p_orders=many(3, payer_similarity=None)), 0),
    ("I-17", "all three within 24 hours", signs(), 1),
    ("I-17", "the third later", signs(timedelta(hours=24) + US), 0),
    ("I-17", "two kinds of three", signs(third="device"), 0),
    ("I-18", "two lost", lost(2, 10), 0),
    ("I-18", "three lost", lost(3, 10), 1),
    ("I-18", "two of 40", lost(2, 40), 1),
    ("I-18", "two of 41", lost(2, 41), 0),
    ("I-18", "two of 39", lost(2, 39), 0),
    ("I-20", "none", desk(merchant("mer_a")), 0),
    ("I-20", "one", counterfeit(START), 1),
    ("I-20", "after the window", counterfeit(END), 0),
    ("I-21", "shown, never fired", desk(merchant("mer_a"), p2p_orders=many(3, status="cancelled")), 0),
    ("I-22", "covered", bond(1000), 0),
    ("I-22", "a unit short", bond(999), 1),
    ("I-22", "nothing required", bond(0, 0), 0),
]  # fmt: skip


@pytest.mark.parametrize(("indicator", "what", "rows", "grade"), CASES, ids=[f"{c[0]}: {c[1]}" for c in CASES])
def test_both_sides_of_every_threshold(indicator: str, what: str, rows: Rows, grade: int) -> None:
    reading = read(indicator, rows)
    assert reading.grade == grade, reading
    assert bool(reading.evidence) == reading.fired


@pytest.mark.parametrize(
    ("at", "known", "counts"),
    [
        (START - US, START - US, False),
        (START - US, START, True),  # it became known in the window
        (START, START, True),
        (END - US, END - US, True),
        (END - US, END, False),  # known too late: the next window's
        (END, END, False),
    ],
)
def test_an_order_counts_at_the_later_of_its_end_and_the_news_of_it(
    at: datetime, known: datetime, counts: bool
) -> None:
    row = order("ord_1", "mer_a", "cus_1", "sell", USD, at - timedelta(minutes=10), known_at=known)
    assert read("I-21", desk(merchant("mer_a"), p2p_orders=[row])).n == int(counts)


def test_service_is_shown_with_its_figures() -> None:
    rows = many(3) + many(1, "buy", status="cancelled", cancelled_by="merchant", paid_at=None, released_at=None)
    reading = read("I-21", desk(merchant("mer_a"), p2p_orders=rows))
    assert (reading.part, reading.whole, reading.threshold) == (3, 4, None)
    assert dict(reading.figures) == {"cancelled": 1, "release_us": 5 * 60 * 10**6}


def test_what_an_indicator_did_not_read_does_not_change_its_hash() -> None:
    rows = desk(merchant("mer_a"), merchant("mer_b"), p2p_orders=many(3))
    more = order("ord_z", "mer_b", "cus_z", "sell", USD, after(days=1))
    touched = [rows["p2p_orders"][0] | {"known_at": after(days=2)}, *rows["p2p_orders"][1:]]

    def hash(indicator: str, orders: Sequence[Row]) -> str:
        return read(indicator, rows | {"p2p_orders": orders}).inputs_hash

    mine = rows["p2p_orders"]
    assert hash("I-15", mine) == hash("I-15", [*mine, more]) == hash("I-15", [*reversed(mine)])
    assert hash("I-15", mine) != hash("I-15", touched)
    assert hash("I-12", mine) != hash("I-12", [*mine, more])  # its line is drawn by the whole desk
    assert hash("I-20", mine) == hash("I-20", touched)


def test_only_the_first_fifty_proofs_are_named() -> None:
    reading = read("I-15", desk(merchant("mer_a"), p2p_orders=many(60, payer_similarity=10)))
    assert reading.part == 60
    assert reading.evidence == tuple(f"ord_sell_{n:03}" for n in range(50))


def test_whoever_is_out_of_scope_is_not_read() -> None:
    rows = desk(merchant("mer_a"), p2p_orders=many(3))
    gone = rows | {"p2p_scope": [{"subject_id": "mer_a", "from_at": BEFORE, "until_at": START, "ground": "certified"}]}
    with on_duckdb(gone) as engine:
        assert evaluate(engine, SPAN, NUMBERS) == []

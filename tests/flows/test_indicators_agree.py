"""PostgreSQL, DuckDB and the slow reference say the same of random small desks, cell by cell and hash by hash."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from desk_reference import Reference
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from indicator_kit import END, SPAN, START, USD, Row, Rows, after, both, desk, flow, freeze, merchant, numbers, order

from tidegate.db import Conn
from tidegate.rating.indicators.catalogue import INDICATORS
from tidegate.rating.indicators.reading import Span

# A desk is large and two engines are slow: what fails is shown as it was drawn.
QUICK: dict[str, Any] = {"suppress_health_check": list(HealthCheck), "phases": [Phase.explicit, Phase.generate]}

SMALL = numbers(
    one_sided={"orders": 3},
    pass_through={"orders": 4, "least_sell_percent": 10, "most_sell_percent": 90},
    fast_out={"times": 2},
    structuring={"orders": 2, "days": 2, "limits": ["100", "200"]},
    newcomers={"orders": 2, "burst": 3, "mads": 1},
    ring={"takers": 2},
    price={"orders": 1},
    jump={"limit": "150", "days": 5},
    concentration={"orders": 3, "cycles": 1},
    lost={"orders": 3, "percent": 20},
    freezes={"mass_people": 3, "mass_share_people": 2},
)
"""Thresholds so low that a few dozen orders meet them."""

MERCHANTS = ("mer_a", "mer_b", "mer_c")
TAKERS = ("cus_1", "cus_2", "cus_3", "cus_mer_b", "cus_4")
HOURS = (0, 1, 2, 23, 24, 25)
SUBTLE = (timedelta(0), timedelta(microseconds=1), -timedelta(microseconds=1), timedelta(minutes=59))
VALUES = (100, 100, 85, 84, 95, 200, 170, 101)


@st.composite
def instants(draw: st.DrawFn, first: int = -8, last: int = 31) -> datetime:
    """Instants that often lie just about a day, an hour or the window's edge apart."""
    day = draw(st.integers(first, last))
    return after(days=day, hours=draw(st.sampled_from(HOURS))) + draw(st.sampled_from(SUBTLE))


@st.composite
def orders(draw: st.DrawFn, number: int) -> Row:
    who, taker, at = draw(st.sampled_from(MERCHANTS)), draw(st.sampled_from(TAKERS)), draw(instants())
    side = draw(st.sampled_from(("buy", "sell")))
    value = draw(st.sampled_from((*VALUES, None)))
    known = at + timedelta(minutes=10) + draw(st.sampled_from((timedelta(0), timedelta(0), timedelta(hours=30))))
    status = draw(st.sampled_from(("released",) * 6 + ("resolved_release", "resolved_refund", "cancelled", "created")))
    more: dict[str, Any] = {
        "status": status,
        "known_at": known,
        "price": draw(st.sampled_from((7, 7, 7, 8, 6))),
        "reference_price": draw(st.sampled_from((7, 7, None))),
        "payer_similarity": draw(st.sampled_from((100, 85, 84, None))),
        "has_conditions": draw(st.booleans()),
        "taker_since": draw(
            st.sampled_from((at - timedelta(days=7), at - timedelta(days=7) + timedelta(hours=1), START))
        ),
        "device_id": draw(st.sampled_from(("d1", "d2", f"device of {taker}", None))),
        "ip_net": draw(st.sampled_from(("n1", f"net of {taker}"))),
        "agent": draw(st.sampled_from(("one", "two", None))),
        "asset_id": draw(st.sampled_from((1, 2))),
        "fiat": draw(st.sampled_from(("CNY", "USD"))),
        "method": draw(st.sampled_from(("bank", "cash"))),
        "dispute_lost_by": draw(st.sampled_from(("merchant", "taker", None))),
        "cancelled_by": draw(st.sampled_from(("merchant", "taker"))) if status == "cancelled" else None,
    }
    if status in ("cancelled", "created"):
        more |= {"paid_at": None, "released_at": None}
    if status == "resolved_refund":
        more |= {"released_at": None}
    if status == "created":
        more |= {"ended_at": None}
    return order(f"ord_{number}", who, taker, side, value and value * USD, at, **more)


@st.composite
def desks(draw: st.DrawFn) -> Rows:
    many = draw(st.integers(0, 28))
    made = [draw(orders(number)) for number in range(many)]
    moves = [
        flow(
            f"flow_{number}",
            draw(st.sampled_from(MERCHANTS)),
            draw(st.sampled_from(("in", "out"))),
            draw(st.sampled_from((80, 79, 100, 500))) * USD,
            draw(instants(-40)),
            draw(st.sampled_from(("exchange", "other", "own", "listed"))),
            asset_id=draw(st.sampled_from((1, 2))),
            **({"value": None} if draw(st.integers(0, 9)) == 0 else {}),
        )
        for number in range(draw(st.integers(0, 10)))
    ]
    freezes = [
        freeze(
            f"fct_{number}",
            draw(st.sampled_from(MERCHANTS)),
            draw(st.sampled_from(TAKERS)),
            draw(st.sampled_from([*(r["order_id"] for r in made), "ord_unknown"])),
            draw(instants()),
            draw(st.sampled_from(("E1", "E2", "E3"))),
            disposition=draw(st.sampled_from(("open", "confirmed", "false_positive", "exempt"))),
            attributed=draw(st.sampled_from((True, False, None))),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    signs = [
        {
            "party_id": f"cus_{draw(st.sampled_from(MERCHANTS))}",
            "sign": sign,
            "ref": f"{sign}_{number}",
            "at": at,
            "known_at": at,
        }
        for number in range(draw(st.integers(0, 6)))
        for sign in [draw(st.sampled_from(("device", "credential", "address")))]
        for at in [draw(instants())]
    ]
    warnings = []
    for number in range(draw(st.integers(0, 3))):
        shown = draw(instants())
        again = draw(
            st.sampled_from((None, timedelta(hours=24), timedelta(hours=24, microseconds=1), timedelta(hours=1)))
        )
        warnings.append(
            {
                "id": f"lwn_{number}",
                "party_id": f"cus_{draw(st.sampled_from(MERCHANTS))}",
                "listed_since": shown - timedelta(days=1),
                "shown_at": shown,
                "acknowledged_at": draw(st.sampled_from((None, shown + timedelta(minutes=1)))),
                "insisted_withdrawal_id": again and draw(st.sampled_from(("wd_1", "flow_1"))),
                "insisted_at": again and shown + again,
            }
        )
    accounts = [
        {
            "account_hash": draw(st.sampled_from(("h1", "h2", "h3"))),
            "party_id": party,
            "method": "bank",
            "verified": draw(st.booleans()),
            "attested_elsewhere": draw(st.integers(0, 5)) == 0,
            "first_at": draw(instants()),
            "last_at": draw(st.sampled_from((START - timedelta(microseconds=1), START, END))),
        }
        for party in ("cus_mer_a", "cus_mer_b", "cus_mer_b2", "cus_1")
    ]
    bonds = [
        {
            "merchant_id": who,
            "asset_id": 1,
            "required": required,
            "locked": draw(st.sampled_from((required + 1, required - 1))),
            "owed": 0,
        }
        for who, required in (("mer_a", 10**25), ("mer_b", 1000), ("mer_b2", 7))
    ]
    movements = [
        {
            "movement_id": f"bmv_{n}",
            "merchant_id": draw(st.sampled_from(("mer_a", "mer_b", "mer_b2"))),
            "asset_id": 1,
            "kind": draw(st.sampled_from(("lock", "top_up", "release", "deduct", "refund"))),
            "units": units,
            "value": draw(st.sampled_from((units, units, units, None))),
            "at": at,
            "known_at": at,
        }
        for n in range(draw(st.integers(0, 4)))
        for units in [draw(st.sampled_from((1, 500, 10**25, -3)))]
        for at in [draw(instants()) - timedelta(days=draw(st.sampled_from((0, 45))))]
    ]
    fakes = [
        {"deposit_id": f"dep_{n}", "party_id": "cus_mer_a", "asset_id": 1, "claimed": 10**30, "at": at, "known_at": at}
        for n in range(draw(st.integers(0, 2)))
        for at in [draw(instants())]
    ]
    return desk(
        merchant("mer_a"),
        merchant("mer_b"),
        merchant("mer_b2", "cus_mer_b2", "mer_b"),
        merchant("mer_c"),
        p2p_orders=made,
        coin_flows=moves,
        rating_facts=freezes,
        account_signs=signs,
        listed_warnings=warnings,
        p2p_accounts=accounts,
        p2p_bonds=bonds,
        counterfeits=fakes,
        p2p_bond_movements=movements,
    )  # fmt: skip


def agree(conn: Conn, rows: Rows, span: Span) -> None:
    expected = Reference(rows, span, SMALL).answers()
    for reading in both(conn, rows, SMALL, span):
        n, part, whole, enough, grade, evidence = expected.pop(
            (reading.subject_id, reading.indicator), (0, None, None, False, 0, set())
        )
        said = (reading.n, reading.part, reading.whole, reading.enough, reading.grade)
        assert said == (n, part, whole, enough, grade), reading
        assert set(reading.evidence) <= evidence
        assert bool(reading.evidence) == (bool(evidence) and grade > 0)
        if grade and len(evidence) <= 50:
            assert set(reading.evidence) == evidence
    assert not expected


@settings(max_examples=30, **QUICK)
@given(rows=desks())
def test_both_engines_and_the_reference_agree_on_every_cell(rows: Rows, conn: Conn) -> None:
    agree(conn, rows, SPAN)


@settings(max_examples=12, **QUICK)
@given(rows=desks(), zone=st.sampled_from(("Asia/Shanghai", "America/Sao_Paulo", "Asia/Kathmandu")))
def test_they_agree_on_the_days_of_other_places(rows: Rows, zone: str, conn: Conn) -> None:
    place = ZoneInfo(zone)
    start, end = (datetime(2026, month, 1, tzinfo=place).astimezone(START.tzinfo) for month in (9, 10))
    agree(conn, rows, Span(start, end, place))


def test_every_indicator_has_a_second_opinion() -> None:
    said = {f"I-{name[2:]}" for name in dir(Reference) if name.startswith("i_")}
    assert said == {indicator.id for indicator in INDICATORS}


@pytest.mark.parametrize("indicator", [indicator.id for indicator in INDICATORS])
def test_a_merchant_with_no_order_has_no_value_and_not_a_value_of_nothing(indicator: str, conn: Conn) -> None:
    (reading,) = both(conn, desk(merchant("mer_idle")), SMALL, only=indicator)
    assert (reading.value, reading.fired, reading.evidence) == (None, False, ())

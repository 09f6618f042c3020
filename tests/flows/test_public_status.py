"""What the public status counts, on a real PostgreSQL, and that a thousand readers cost one look."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from house import ETH, NETWORK, USDT, Customer, House, furnish
from serving import Site, served

from tidegate.api.noticeboard import FRESH, Noticeboard
from tidegate.base.refusals import Unavailable
from tidegate.cases import flow as cases
from tidegate.db import Conn, act
from tidegate.policy import flow as policies
from tidegate.reports.status import flow as statuses
from tidegate.reports.status import store
from tidegate.reports.status.published import WINDOWS, Held, Holds, Late, Pace, Slowed, Status, Times
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status as Standing

COIN = 10**6


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


def paid(house: House, who: Customer, seconds: int) -> str:
    """One that is final on chain so many seconds after it was asked for."""
    asked = house.asked(who, "5")
    began = house.now
    assert house.confirm(who, asked.id).status is Standing.APPROVED
    house.now = began + timedelta(seconds=seconds)
    settle(house, asked.id)
    return asked.id


def settle(house: House, id: str) -> None:
    with act(house.conn, "test", house.now) as tx:
        withdrawals.paying(tx, id)
        withdrawals.settled(tx, id, "0xabc")


def read(house: House, head: int | None = 3) -> Status:
    setting = house.setting
    return statuses.read(house.conn, setting.assets, setting.regimes, {NETWORK: head}, house.now, house.now)


def test_how_long_the_paid_ones_took(house: House) -> None:
    ada = house.customer(USDT=1000 * COIN)
    for seconds in range(100, 110):
        paid(house, ada, seconds)
    house.asked(ada, "5")  # waits for its customer: counts nowhere
    assert store.times(house.conn, WINDOWS, house.now) == [Times(1, 24, 10, 104, 109), Times(1, 168, 10, 104, 109)]
    assert list(read(house).pace) == [
        Pace(USDT, 24, 10, 110, 110),
        Pace(USDT, 168, 10, 110, 110),
        Pace(ETH, 24, 0, None, None),
        Pace(ETH, 168, 0, None, None),
    ]
    first = house.now - timedelta(seconds=sum(range(101, 110)))  # when the first of them was final
    house.now = first + timedelta(hours=24)  # a day after the first: it is just outside
    assert store.times(house.conn, WINDOWS, house.now)[0] == Times(1, 24, 9, 105, 109)
    assert read(house).pace[0] == Pace(USDT, 24, None, None, None)
    house.wait(days=8)
    assert store.times(house.conn, WINDOWS, house.now) == []


def test_what_people_and_delays_held(house: House) -> None:
    """Held: one waits for a person, one was let go by people, one was declined by them. Not held: the others."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    for _ in range(8):
        paid(house, ada, 60)
    ended = []
    for answer in ("approve", "decline", None):
        asked = house.asked(ada, "20000")
        assert house.confirm(ada, asked.id).status is Standing.IN_REVIEW
        if answer is not None:
            (case,) = cases.about(house.conn, asked.id)
            for person in ("lena", "oskar", "piet")[: case.quorum]:
                cases.answer(house.conn, case.id, person, answer, "Looked at it", house.now)
            with act(house.conn, "worker", house.now) as tx:
                withdrawals.answered(tx, asked.id, f"{answer}d", case.id, house.setting)
            ended.append(house.get(asked.id).status)
            if answer == "approve":
                settle(house, asked.id)
    assert ended == [Standing.APPROVED, Standing.DECLINED]
    assert store.held(house.conn, WINDOWS, house.now) == [Held(24, 11, 3, 2, 1), Held(168, 11, 3, 2, 1)]
    assert read(house).holds == [Holds(24, 11, 28, None), Holds(168, 11, 28, None)]
    house.wait(hours=25)  # the one that waits is under way still, the others ended before
    assert store.held(house.conn, WINDOWS, house.now) == [Held(24, 1, 1, 0, 0), Held(168, 11, 3, 2, 1)]
    house.wait(days=7)
    assert store.held(house.conn, WINDOWS, house.now) == [Held(24, 1, 1, 0, 0), Held(168, 1, 1, 0, 0)]


def test_with_nothing_there_is_nothing_to_tell(house: House) -> None:
    assert read(house).holds == [Holds(24, 0, None, None), Holds(168, 0, None, None)]
    assert (read(house).headline, read(house).late) == ("open", [])
    assert [p.paid for p in read(house).pace] == [0, 0, 0, 0]


def test_what_is_slow_or_paused(house: House) -> None:
    assert read(house, head=None).late == [Late(NETWORK, "unreachable")]
    assert read(house, head=23).late == []
    assert read(house, head=24).late == [Late(NETWORK, "behind")]
    policies.switch_on(house.conn, "asset", USDT.name, "Maintenance", "mei", house.now)
    assert ([s.subject for s in read(house).switches], read(house).headline) == ([USDT.name], "slow")
    prices = policies.shipped("demo")["fixed_prices"]
    assert isinstance(prices, dict)
    house.agree(fixed_prices={name: price for name, price in prices.items() if name != ETH.name})
    assert read(house).slowed == [Slowed(ETH, "nervous", None)]  # nobody knows its price any more


def test_a_thousand_readers_cost_one_look(house: House) -> None:
    looks = []

    async def look(now: object) -> Status:
        looks.append(now)
        await asyncio.sleep(0)
        return read(house)

    async def crowd() -> None:
        board = Noticeboard(look)
        first = await asyncio.gather(*(board.status(house.now) for _ in range(1000)))
        assert len(looks) == 1
        assert all(status is first[0] for status in first)
        house.now += FRESH - timedelta(microseconds=1)
        assert await board.status(house.now) is first[0]
        house.now += timedelta(microseconds=1)
        assert await board.status(house.now) is not first[0]
        assert len(looks) == 2

    asyncio.run(crowd())


def test_while_the_database_is_away_the_last_look_hangs_on(house: House) -> None:
    there = [False, True, False, False, True]

    async def look(now: object) -> Status:
        if not there.pop(0):
            raise Unavailable("fate_unknown", "It is away.")
        return read(house)

    async def crowd() -> None:
        board = Noticeboard(look)
        with pytest.raises(Unavailable):
            await board.status(house.now)
        first = await board.status(house.now)
        began = house.now
        for seconds in (60, 69, 70, 79):  # looks at 60 and 70 fail, in between nobody tries
            house.now = began + timedelta(seconds=seconds)
            assert await board.status(house.now) is first
        assert there == [True]
        house.now = began + timedelta(seconds=80)
        assert (await board.status(house.now)).at == house.now

    asyncio.run(crowd())


def test_the_public_answer_names_nobody(house: House, database_url: str) -> None:
    ada = house.customer(USDT=1000 * COIN)
    ids = [paid(house, ada, 60) for _ in range(10)]
    with served(house, database_url) as site:
        answer = site.call("GET", "/v1/status", role=None)
        page = site.http.get("/status").text
    said = answer.json()
    assert [t for t in said["times"] if t["asset"] == "USDT" and t["hours"] == 24] == [
        {"asset": "USDT", "network": NETWORK, "hours": 24, "paid": 10, "median_seconds": 60, "p95_seconds": 60}
    ]
    assert said["holds"][0] == {"hours": 24, "withdrawals": 10, "held_percent": 0, "released_percent": None}
    for text in (json.dumps(said), page):
        for secret in (ada.id, *ids, "0x8617", "0xabc", "Ada"):
            assert secret not in text


def test_a_switch_is_public_within_a_minute_and_says_why(house: House, database_url: str) -> None:
    with served(house, database_url) as site:
        assert headline(site) == "slow"  # no worker is at work here
        policies.switch_on(house.conn, "platform", "platform", "Maintenance <b>", "mei", house.now)
        house.wait(seconds=60)
        assert headline(site) == "paused"
        assert "Maintenance &lt;b&gt;" in site.http.get("/status").text


def headline(site: Site) -> str:
    return str(site.call("GET", "/v1/status", role=None).json()["headline"])

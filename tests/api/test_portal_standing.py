"""Standing withdrawals at the portal: what the form says is what is drafted, and a field too few is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from house import House, furnish
from portal_kit import enter
from serving import Site, served
from standing_kit import get, saved

from tidegate.db import Conn
from tidegate.withdrawals.standing import store as standing_store
from tidegate.withdrawals.standing.answer import terms as said
from tidegate.withdrawals.standing.terms import from_body

PAGE = "/portal/standing"
TERMS = {"trigger": "threshold", "balance": "500", "take": "fixed", "amount": "5"}


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as site:
        yield site


def begun(site: Site) -> dict[str, str]:
    """A customer with one address that is known long enough, at the form."""
    who = site.house.customer(USDT=10**9)
    entry = saved(site.house, who)
    site.house.wait(hours=200)
    return {**enter(site, who.id), "asset": "USDT@evm-local", "address_id": entry, "ceiling": "5"}


@pytest.mark.parametrize(
    ("fields", "trigger", "amount"),
    [
        (
            {
                "trigger": "schedule",
                "every": "week",
                "weekday": "5",
                "day": "1",
                "at": "09:30",
                "zone": "Asia/Shanghai",
            },
            {"type": "schedule", "every": "week", "at": "09:30", "zone": "Asia/Shanghai", "weekday": 5, "day": None},
            {"type": "fixed", "amount": "5"},
        ),
        (
            {"trigger": "schedule", "every": "month", "weekday": "5", "day": "31", "at": "09:30", "zone": "UTC"},
            {"type": "schedule", "every": "month", "at": "09:30", "zone": "UTC", "weekday": None, "day": 31},
            {"type": "fixed", "amount": "5"},
        ),
        # What another choice left in its fields does not count.
        (
            {"trigger": "threshold", "balance": "500", "price": "9", "every": "day", "take": "all", "percent": "3"},
            {"type": "threshold", "balance": "500"},
            {"type": "all"},
        ),
        (
            {"trigger": "price", "side": "below", "price": "0.9", "balance": "1", "take": "percent", "percent": "12.5"},
            {"type": "price", "when": "below", "price": "0.9"},
            {"type": "percent", "percent": "12.5"},
        ),
    ],
)
def test_every_way_to_be_due_and_to_take_is_drafted_as_it_was_typed(
    site: Site, fields: dict[str, str], trigger: object, amount: object
) -> None:
    form = begun(site)
    more = {"take": "fixed", "amount": "5", "keep_back": "100", "least": "2", "most": "50", **fields}
    made = site.http.post(PAGE, data={**form, **more})
    assert made.status_code == 303, made.text
    found = get(site.house, made.headers["location"].rpartition("/")[2])
    assert found.draft is not None
    body = standing_store.terms(site.house.conn, [(found.id, found.draft)])[found.id, found.draft].body
    shown = said(from_body(body), next(a for a in site.house.setting.assets.values() if a.symbol == "USDT"))
    assert (shown["trigger"], shown["amount"]) == (trigger, amount)
    assert (shown["keep_back"], shown["least"], shown["most"]) == ("100", "2", "50")
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", site.http.get(made.headers["location"]).text))
    for value in [*trigger.values(), *amount.values()]:  # type: ignore[attr-defined]
        if isinstance(value, str) and value[0].isdigit():
            assert value in page


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"trigger": ""}, "trigger_unknown"),
        ({"trigger": "price", "price": "1", "side": "near"}, "side_unknown"),
        ({"trigger": "price", "price": "", "side": "below"}, "amount_malformed"),
        ({"balance": ""}, "amount_malformed"),
        ({"take": "some"}, "take_unknown"),
        ({"take": "percent", "percent": "101"}, "percent_invalid"),
        ({"trigger": "schedule", "every": "week", "weekday": "x", "at": "09:00", "zone": "UTC"}, "number_invalid"),
        ({"trigger": "schedule", "every": "week", "at": "09:00", "zone": "UTC"}, "weekday_invalid"),
        ({"trigger": "schedule", "every": "day", "at": "9", "zone": "UTC"}, "time_of_day_invalid"),
        ({"address_id": "adr_nobody"}, "address_unknown"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(site: Site, fields: dict[str, str], code: str) -> None:
    form = begun(site)
    answer = site.http.post(PAGE, data={**form, **TERMS, "keep_back": "77.5", **fields})
    assert (answer.status_code >= 400, f"<code>{code}</code>" in answer.text) == (True, True), answer.text
    assert 'value="77.5"' in answer.text
    assert site.house.conn.execute("SELECT count(*) FROM standing").fetchall() == [(0,)]

"""What the portal's first page says of coins that are not free: for what they are held, and who or what ends it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from desk_kit import Hall, open_hall
from portal_kit import enter
from serving import Site, served

from tidegate.console.portal.holds import Explained, explained
from tidegate.console.portal.store import Held
from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.withdrawals.withdrawal import FINAL, Status

AT = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def hall(conn: Conn) -> Hall:
    return open_hall(conn)


@pytest.fixture
def site(hall: Hall, database_url: str) -> Iterator[Site]:
    with served(hall, database_url) as site:
        yield site


def lines(site: Site, party_id: str) -> list[str]:
    """The lines about what is held, as people read them."""
    enter(site, party_id)
    page = site.http.get("/portal/").text
    found = re.findall(r'<div class="headline held">(.*?)</div>', page, re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", line)).strip() for line in found]


@pytest.mark.parametrize(
    ("purpose", "status", "until", "ends", "at"),
    [
        ("withdrawal", "awaiting_confirmation", AT, "confirm", AT),
        ("withdrawal", "delayed", AT, "time", AT),
        ("withdrawal", "in_review", AT, "person", None),  # a deadline of before says nothing of the person's
        ("withdrawal", "paying", AT, "paid", None),
        ("escrow", "created", AT, "buyer", AT),
        ("escrow", "paid", AT, "seller", None),
        ("escrow", "disputed", AT, "person", None),
        ("bond", None, None, "bond", None),
        ("legal", None, None, "person", None),
        ("legal", None, AT, "time", AT),
    ],
)
def test_each_hold_says_what_ends_it(
    purpose: str, status: str | None, until: datetime | None, ends: str, at: datetime | None
) -> None:
    told = explained(Held(1, purpose, "x_1", 5, status, until))
    assert (told.ends, told.at) == (ends, at)


def test_every_status_under_which_funds_are_held_has_its_own_end() -> None:
    for status in set(Status) - FINAL:
        told = explained(Held(1, "withdrawal", "wd_1", 5, status.value, None))
        assert told != Explained("person", None, told.href) or status is Status.IN_REVIEW, status


def test_escrow_bond_lots_and_withdrawals_are_explained_one_by_one(site: Site, hall: Hall) -> None:
    shop, ada = hall.merchant(), hall.person()
    offer = hall.publish(shop)
    hall.traded(offer, ada)
    open_order = hall.take(offer, ada, "50")
    held = hall.asked(shop.who, "25")
    bond, escrow, out = lines(site, shop.who.id)
    assert bond.startswith("your bond while you are a merchant")
    assert "until the buyer pays, at the latest" in escrow
    assert escrow.endswith(" 50")
    assert "until you confirm, at the latest" in out
    assert out.endswith(" 25")
    page = site.http.get("/portal/").text
    for href in (f"/portal/desk/orders/{open_order.id}", f"/portal/withdrawals/{held.id}", "/portal/desk/bond"):
        assert f'href="{href}"' in page
        assert site.http.get(href).status_code == 200
    (lot,) = lines(site, ada.id)
    assert re.match(r"bought coins that stay until \d{4}-\d\d-\d\d \d\d:\d\d UTC 100$", lot)


def test_a_freeze_says_who_ends_it_or_when(site: Site, hall: Hall) -> None:
    house, ada, ben = hall, hall.customer(), hall.customer()
    parties.restrict(house.conn, ada.id, "withdrawal_block", None, "smells of layering", "mei", house.now)
    enter(site, ada.id)
    page = site.http.get("/portal/").text
    assert "Withdrawals from your account are stopped. It has no end of its own: a person decides." in page
    assert "layering" not in page
    until = house.now.replace(year=house.now.year + 1)
    parties.restrict(house.conn, ben.id, "freeze", until, "an order", "mei", house.now)
    enter(site, ben.id)
    assert f'until <time datetime="{until:%Y-%m-%dT%H:%M:%SZ}"' in site.http.get("/portal/").text

"""A customer's stream of news: their own, at once, and never that somebody looks closer at them."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from desk_kit import Hall, open_hall
from portal_kit import enter
from serving import Site, served

from tidegate.console import live
from tidegate.console.portal import store
from tidegate.console.portal.live import ROOMS
from tidegate.console.store import newest_link
from tidegate.db import Conn
from tidegate.parties import flow as parties


@pytest.fixture
def hall(conn: Conn) -> Hall:
    return open_hall(conn)


@pytest.fixture
def site(hall: Hall, database_url: str) -> Iterator[Site]:
    with served(hall, database_url) as site:
        yield site


def heard(hall: Hall, party_id: str, since: int) -> list[str]:
    return [one.room for one in store.news(hall.conn, [party_id], since, newest_link(hall.conn), ROOMS)]


def test_each_hears_of_what_is_theirs_and_of_nothing_else(hall: Hall) -> None:
    shop, ada, ben = hall.merchant(), hall.person(USDT=10**9), hall.person()
    since = newest_link(hall.conn)
    offer = hall.publish(shop)
    assert [heard(hall, who, since) for who in (shop.who.id, ada.id)] == [["ad"], []]
    since = newest_link(hall.conn)
    hall.take(offer, ada, "50")
    assert [heard(hall, who, since) for who in (shop.who.id, ada.id, ben.id)] == [["order"], ["order"], []]
    since = newest_link(hall.conn)
    asked = hall.asked(ada, "25")
    hall.confirm(ada, asked.id)
    assert [heard(hall, who, since) for who in (ada.id, ben.id, shop.who.id)] == [["withdrawal"], [], []]
    assert heard(hall, ada.id, newest_link(hall.conn)) == []


def test_who_is_watched_does_not_hear_of_it(hall: Hall) -> None:
    ada = hall.customer()
    since = newest_link(hall.conn)
    parties.restrict(hall.conn, ada.id, "watch", None, "smells of layering", "mei", hall.now)
    assert newest_link(hall.conn) > since
    assert heard(hall, ada.id, since) == []


def test_the_stream_tells_a_customer_that_there_is_news_and_nobody_else(site: Site, hall: Hall) -> None:
    assert site.http.get("/portal/live").status_code == 401
    ada = hall.customer(USDT=10**9)
    enter(site, ada.id)
    with site.http.stream("GET", "/portal/live") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "retry: 3000"
        hall.asked(ada, "25")
        told = next(line for line in lines if line.startswith("data:"))
    assert told == "data: withdrawal."


def test_one_look_tells_everybody_who_listens(site: Site, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[set[str]] = []
    news = store.news

    def counted(conn: Conn, whose: Collection[str], *more: Any) -> list[store.News]:
        looked.append(set(whose))
        return news(conn, whose, *more)

    monkeypatch.setattr(store, "news", counted)
    people = [hall.customer(USDT=10**9) for _ in range(3)]
    with ExitStack() as stack:
        streams = [listening(site, stack, who.id) for who in people for _ in range(2)]
        for who in people:
            hall.asked(who, "25")
        assert [next(line for line in lines if line.startswith("data:")) for lines in streams] == [
            "data: withdrawal."
        ] * 6
    assert looked[-1] == {who.id for who in people}
    assert len(looked) <= 2  # a look may come between two of the withdrawals


def test_streams_are_bounded_for_each_and_for_all(site: Site, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_EACH", 2)
    monkeypatch.setattr(live, "MOST", 3)
    ada, ben, eve = (hall.customer() for _ in range(3))
    with ExitStack() as stack:
        open_ones = [listening(site, stack, ada.id) for _ in range(2)]
        assert status(site) == 429
        open_ones.append(listening(site, stack, ben.id))
        enter(site, eve.id)
        assert status(site) == 503
        assert site.http.get("/portal/").status_code == 200
    deadline = time.monotonic() + 10
    while (said := status(site)) != 200 and time.monotonic() < deadline:  # until the server sees that they have gone
        time.sleep(0.1)
    assert said == 200


def status(site: Site) -> int:
    """What somebody who is signed in is answered who wants a stream."""
    with site.http.stream("GET", "/portal/live") as stream:
        return stream.status_code


def listening(site: Site, stack: ExitStack, party_id: str) -> Iterator[str]:
    """The lines of a stream of theirs that has begun."""
    enter(site, party_id)
    stream = stack.enter_context(site.http.stream("GET", "/portal/live"))
    stream.raise_for_status()
    lines = stream.iter_lines()
    assert next(lines) == "retry: 3000"
    return lines


def test_every_page_of_the_portal_listens_to_the_customers_own_stream(site: Site, hall: Hall) -> None:
    shop = hall.merchant()
    enter(site, shop.who.id)
    for path in ("/", "/desk", "/desk/orders"):
        page = site.http.get(f"/portal{path}").text
        assert 'data-stream="/portal/live"' in page
        wanted = {word for live in re.findall(r'data-live="(.*?)"', page) for word in live.split()}
        assert wanted & {f"{room}." for room in ROOMS}, path

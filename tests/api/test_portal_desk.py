"""The desk's pages against somebody else's things, hostile words, and forms that are sent twice."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import merchant_kit
import pytest
from desk_kit import Hall, Merchant
from portal_kit import enter
from rating_kit import Desk, open_desk
from real_data import naughty
from serving import Site, served

from tidegate.base.refusals import Malformed
from tidegate.console.desk import store
from tidegate.console.desk.pages import PAGES
from tidegate.db import Conn
from tidegate.p2p.accounts import flow as accounts
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.orders import flow as orders
from tidegate.p2p.orders.order import Role
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.fact import Kind
from tidegate.rating.runs import flow as runs

FORM = "a-number-of-thirty-characters!"


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


@pytest.fixture
def hall(desk: Desk) -> Hall:
    return Hall(desk.conn, desk.house.now)


@pytest.fixture
def site(desk: Desk, database_url: str) -> Iterator[Site]:
    with served(desk.house, database_url) as site:
        yield site


def sign_in(site: Site, party: str) -> dict[str, str]:
    """Become a customer; what every form of theirs carries."""
    return enter(site, party, FORM)


def owned(desk: Desk, hall: Hall, shop: Merchant) -> dict[str, str]:
    """One of each thing that a merchant has, by the place of the desk where it stands."""
    offer = hall.publish(shop)
    order = hall.paid(hall.take(offer, hall.person("Zhang Wei")))
    account = merchant_kit.account(hall, shop.who)
    desk.confirmed(shop.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(shop.id)
    desk.decide(line.id, "high", preset="A")
    return {"ads": offer.ad.id, "orders": order.id, "accounts": account.id, "rating": line.id}


def test_the_payers_page_alone_says_where_to_pay(site: Site, hall: Hall) -> None:
    shop, taker = hall.merchant(), hall.person("Zhang Wei")
    merchant_kit.account(hall, shop.who, "DE89370400440532013000", "Li Na")
    order = hall.take(hall.publish(shop), taker)
    bare = hall.take(hall.publish(hall.merchant("Wang Fang")), taker)
    enter(site, taker.id, FORM)
    page = site.http.get(f"/portal/desk/orders/{order.id}").text
    assert "DE89370400440532013000" in page
    assert "Some Bank" in page
    assert "named no account" in site.http.get(f"/portal/desk/orders/{bare.id}").text
    hall.paid(order)
    assert "DE89370400440532013000" not in site.http.get(f"/portal/desk/orders/{order.id}").text
    enter(site, shop.who.id, FORM)
    page = site.http.get(f"/portal/desk/orders/{order.id}")
    assert page.status_code == 200
    assert "DE89370400440532013000" not in page.text


def test_nobody_sees_or_moves_what_is_another_merchants(site: Site, desk: Desk, hall: Hall) -> None:
    own, other = hall.merchant(), hall.merchant("Wang Fang")
    theirs = owned(desk, hall, other)
    mine = owned(desk, hall, own)
    form = sign_in(site, own.who.id)
    named = {"to": "close", "reason": "other", "note": "x", "text": "x", "platform": "x", "amount": "1"}
    for page in PAGES:
        if "{id}" not in page.path:
            continue
        place = page.path.split("/")[2]
        for id in (theirs[place], "nothing"):
            answer = site.http.request(
                page.method,
                "/portal" + page.path.replace("{id}", id),
                data={**form, **named} if page.method == "POST" else None,
            )
            assert answer.status_code == 404, (page.method, page.path, answer.status_code)
            assert "Wang Fang" not in answer.text
        if page.method == "GET":
            assert site.http.get("/portal" + page.path.replace("{id}", mine[place])).status_code == 200, page.path
    assert ads.get(hall.conn, theirs["ads"], hall.desk, hall.now).ad.status == "active"
    assert orders.get(hall.conn, theirs["orders"]).status == "paid"
    assert accounts.get(hall.conn, theirs["accounts"]).retired_at is None
    assert decisions.comments(hall.conn, theirs["rating"]) == []


def test_somebody_who_is_no_merchant_is_led_to_the_application(site: Site, hall: Hall) -> None:
    who = hall.person("Ada Lovelace")
    sign_in(site, who.id)
    for page in PAGES:
        if page.method == "GET" and "{id}" not in page.path:
            answer = site.http.get("/portal" + page.path)
            open_to_all = page.path in ("/desk", "/desk/orders", "/desk/accounts")
            assert answer.status_code == (200 if open_to_all else 404), page.path
            if not open_to_all:
                assert "merchant_none" in answer.text


def test_a_part_of_a_page_that_asks_for_itself_again_is_only_that_part(site: Site, hall: Hall) -> None:
    shop = hall.merchant()
    hall.take(hall.publish(shop), hall.person("Zhang Wei"))
    sign_in(site, shop.who.id)
    for path, said in (("?part=state", "Waits for you"), ("/orders?part=open", "Zhang Wei")):
        text = site.http.get(f"/portal/desk{path}", headers={"hx-request": "true"}).text
        assert said in text
        assert "<html" not in text


def test_a_form_that_is_sent_twice_counts_once(site: Site, hall: Hall) -> None:
    shop = hall.merchant()
    form = sign_in(site, shop.who.id) | {"asset": "USDT@evm-local", "do": "lock", "amount": "5"}
    for _ in range(2):
        assert site.http.post("/portal/desk/bond/pay", data=form).status_code == 303
    (bond,) = bonds.of(hall.conn, shop.id)
    assert bond.locked == merchant_kit.REQUIRED + 5 * 10**6
    assert site.http.post("/portal/desk/bond/pay", data={**form, "once": "short"}).status_code == 422
    again = {**form, "once": FORM + "2", "amount": "0"}
    answer = site.http.post("/portal/desk/bond/pay", data=again)
    assert (answer.status_code, "amount_zero" in answer.text) == (422, True)
    assert site.http.post("/portal/desk/bond/pay", data={**again, "amount": "1"}).status_code == 303  # not remembered


def test_what_is_open_about_a_merchant_is_not_told(site: Site, desk: Desk, hall: Hall) -> None:
    """An alert that nobody has judged, a decision that an authority keeps secret, a customer who was frozen."""
    shop = hall.merchant()
    desk.told(shop.id, indicator="I-09", evidence={"value": "7", "threshold": "5", "grade": 1})
    desk.confirmed(shop.id, Kind.AUTHORITY_ACTION, case="(2026) Hu 0717")
    line = desk.line(shop.id)
    desk.decide(line.id, "high", preset="A", secret=True)
    sign_in(site, shop.who.id)
    assert site.http.get(f"/portal/desk/rating/{line.id}").status_code == 404
    for path in ("", "/rating"):
        text = site.http.get(f"/portal/desk{path}").text
        assert line.id not in text
        assert "structuring" not in text
    desk.publish(line.id)
    for text in (site.http.get("/portal/desk/rating").text, site.http.get(f"/portal/desk/rating/{line.id}").text):
        assert "a public authority named you" in text
        assert "Hu 0717" not in text


def test_a_month_is_told_by_its_name_and_orders_by_how_they_went(site: Site, desk: Desk, hall: Hall) -> None:
    shop, idle = hall.merchant(), hall.merchant("Wang Fang")
    offer, zhang = hall.publish(shop), hall.person("Zhang Wei")
    began = hall.now
    assert store.service(hall.conn, [shop.who.id], began) == store.Service(0, 0, 0, None)
    order = hall.paid(hall.take(offer, zhang))
    hall.wait(minutes=4)
    hall.release(order)
    hall.cancel(hall.take(offer, zhang), Role.MERCHANT)
    hall.cancel(hall.take(offer, zhang), Role.TAKER)
    hall.take(offer, zhang)  # open: counts nowhere
    assert store.service(hall.conn, [shop.who.id], began) == store.Service(3, 1, 1, 240)
    assert store.service(hall.conn, [shop.who.id], hall.now + timedelta(seconds=1)) == store.Service(0, 0, 0, None)
    assert store.service(hall.conn, [idle.who.id], began) == store.Service(0, 0, 0, None)
    desk.month_over()
    run = desk.run()
    assert runs.publish(desk.conn, run.run.id, desk.mei, desk.now).waiting == []
    sign_in(site, idle.who.id)
    text = site.http.get("/portal/desk/rating").text
    assert "Rating of 2026-11" in text
    assert "nothing was found (Art. 6)" in text
    assert "no order ended" in text


def test_naughty_strings_are_shown_as_they_are(site: Site, desk: Desk, hall: Hall) -> None:
    """As what a merchant says about a rating, all on one page; or refused with a code, and then kept in the form."""
    shop = hall.merchant()
    desk.confirmed(shop.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(shop.id)
    desk.decide(line.id, "high", preset="A")
    kept = []
    for text in naughty():
        try:
            decisions.comment(desk.conn, line.id, shop.who.id, text, shop.who.id, desk.now)
        except Malformed:
            continue
        kept.append(text)
    assert len(kept) > 400
    form = sign_in(site, shop.who.id)
    page = site.http.get(f"/portal/desk/rating/{line.id}").text
    shown = [html.unescape(said) for said in re.findall(r"<p data-said>(.*?)</p>", page, re.S)]
    assert sorted(shown) == sorted(kept)  # all of one instant: in no order
    hostile = '</textarea><script>alert("1")</script>' + "x" * 500
    answer = site.http.post(f"/portal/desk/rating/{line.id}/comment", data={**form, "text": hostile})
    assert (answer.status_code, "text_invalid" in answer.text) == (422, True)
    (typed,) = re.findall(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.S)
    assert html.unescape(typed) == hostile

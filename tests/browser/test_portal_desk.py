"""A merchant's day at their own desk: ads, orders, bond, rating, accounts; in both languages, wide and on a phone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta

import merchant_kit
import pytest
from console_kit import check, opened
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from desk_kit import Hall
from house import DATA_KEY
from passkey_kit import Authenticator
from playwright.sync_api import Browser, Page
from portal_kit import visit
from rating_kit import Desk, open_desk
from serving import Site, served

from tidegate.db import Conn
from tidegate.p2p.ads import flow as ads
from tidegate.p2p.bond import flow as bonds
from tidegate.p2p.orders import flow as orders
from tidegate.parties import flow as parties
from tidegate.parties.passkey import Relying
from tidegate.rating.appeals import flow as appeals
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.fact import Kind


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


def sign_in(page: Page, site: Site, party: str, path: str = "") -> None:
    visit(page, site, party, f"/desk{path}")


SIZES = [("en", 1440), ("zh", 400)]


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_ads(browser: Browser, site: Site, hall: Hall, language: str, width: int) -> None:
    shop = hall.merchant()
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        sign_in(page, site, shop.who.id, "/ads/new")
        page.select_option("select[name=asset]", "USDT@evm-local")
        page.select_option("select[name=fiat]", "CNY")
        for name, value in (("price", "7.20"), ("amount", "1000"), ("least", "100"), ("most", "50"), ("level", "1")):
            page.fill(f"[name={name}]", value)
        page.fill("textarea[name=words]", "Quick and calm\n<b>Only</b> by bank")
        page.click("form.part button.btn-primary")
        page.wait_for_selector("[role=alert]")
        assert "limits_crossed" in page.content()
        assert page.input_value("[name=price]") == "7.20"
        check(page, f"desk-ad-refused-{language}-{width}")
        page.fill("[name=most]", "500")
        page.dblclick("form.part button.btn-primary")
        page.wait_for_selector("[data-done]")
        (offer,) = ads.page(hall.conn, hall.desk, hall.now, shop.id)
        assert offer.ad.terms == "Quick and calm\n<b>Only</b> by bank"
        check(page, f"desk-ads-{language}-{width}")
        page.click("section.part h2 a")
        page.fill("[name=price]", "7.1")
        page.fill("[name=level]", "")
        page.click("form.part button.btn-primary")
        page.wait_for_selector("[data-done]")
        check(page, f"desk-ad-{language}-{width}")
        page.click("form[action$=move] button >> nth=0")
        page.wait_for_selector("[data-done]")
        page.click("[data-opens=ask-resume]")
        page.click("dialog[open] .btn-primary")
        page.wait_for_selector("[data-done]")
        page.click("[data-opens=ask-close]")
        page.click("dialog[open] .btn.bad")
        page.wait_for_selector("[data-done]")
        (offer,) = ads.page(hall.conn, hall.desk, hall.now, shop.id)
        assert (offer.ad.status, offer.price, offer.conditions.any) == ("closed", 710000000, False)


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_orders(browser: Browser, site: Site, hall: Hall, language: str, width: int) -> None:
    shop = hall.merchant()
    offer = hall.publish(shop)
    zhang = hall.person("Zhang Wei")
    paid, fresh = hall.paid(hall.take(offer, zhang)), hall.take(offer, hall.person("Chen Jie"), "40.5")
    other = hall.paid(hall.take(offer, zhang, "20"))
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        sign_in(page, site, shop.who.id)
        check(page, f"desk-home-{language}-{width}")
        page.goto(f"{site.url}/portal/desk/orders")
        assert "Zhang Wei" in page.content()
        check(page, f"desk-orders-{language}-{width}")
        page.goto(f"{site.url}/portal/desk/orders/{fresh.id}")
        check(page, f"desk-order-fresh-{language}-{width}")
        page.goto(f"{site.url}/portal/desk/orders/{paid.id}")
        hall.wait(seconds=30)
        page.fill("[name=holder_name]", "Somebody Else")
        page.fill("[name=code]", shop.who.code(hall.now))
        page.click(".btn.good")
        page.wait_for_selector("[role=alert]")
        assert "payer_name_mismatch" in page.content()
        assert orders.get(hall.conn, paid.id).payer_similarity is not None
        check(page, f"desk-order-{language}-{width}")
        page.fill("[name=holder_name]", "Zhang Wei")
        page.fill("[name=code]", "000000")
        page.click(".btn.good")
        page.wait_for_selector("[role=alert]:visible")
        assert "code_wrong" in page.content()
        assert orders.get(hall.conn, paid.id).status == "paid"
        page.fill("[name=code]", shop.who.code(hall.now))
        page.dblclick(".btn.good")
        page.wait_for_selector("[data-done]")
        assert orders.get(hall.conn, paid.id).status == "released"
        page.goto(f"{site.url}/portal/desk/orders/{other.id}")
        page.click("[data-opens=ask-dispute]")
        page.select_option("dialog[open] select", "payment_not_received")
        page.fill("dialog[open] textarea", "Nothing came <i>at all</i>")
        page.click("dialog[open] .btn-primary")
        page.wait_for_selector("[data-done]")
        assert orders.get(hall.conn, other.id).status == "disputed"
        check(page, f"desk-order-disputed-{language}-{width}")


def test_a_passkey_releases_what_it_signed(browser: Browser, desk: Desk, hall: Hall, database_url: str) -> None:
    shop = hall.merchant()
    order = hall.paid(hall.take(hall.publish(shop), hall.person("Zhang Wei")))
    relying = Relying()
    with served(desk.house, database_url) as site, opened(browser) as page:
        device = Authenticator(counts=False)
        added = hall.now - timedelta(days=2)  # and the app was replaced today: it waits
        parties.enrol_totp(hall.conn, shop.who.id, DATA_KEY, shop.who.id, hall.now)
        begun = parties.begin_passkey(hall.conn, shop.who.id, "phone", relying, 5, shop.who.id, added)
        parties.finish_passkey(
            hall.conn, shop.who.id, begun.id, device.create(begun.options), relying, shop.who.id, added
        )
        sign_in(page, site, shop.who.id, f"/orders/{order.id}")
        page.fill("[name=holder_name]", "Zhang Wei")
        page.fill("[name=code]", "123456")
        page.click("button.good")
        page.wait_for_selector("[role=alert]:visible")
        assert "factor_too_new" in page.content()
        check(page, "desk-order-factor-too-new")
        page.route("**/challenge", lambda route: route.fulfill(status=409))
        page.click("[data-passkey]")
        page.wait_for_selector("[data-passkey-failed]:visible")
        page.unroute("**/challenge")
        in_hand(page, device)
        page.click("[data-passkey]")
        page.wait_for_selector("[data-done]")
    assert orders.get(hall.conn, order.id).status == "released"


def in_hand(page: Page, device: Authenticator) -> None:
    """The browser has this authenticator, and its owner is there."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    how = {
        "protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": how})
    private = device.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    key = {
        "credentialId": b64encode(device.id).decode(), "isResidentCredential": False, "rpId": "localhost",
        "privateKey": b64encode(private).decode(), "signCount": 0,
    }  # fmt: skip
    devtools.send("WebAuthn.addCredential", {"authenticatorId": made["authenticatorId"], "credential": key})


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_bond(browser: Browser, site: Site, hall: Hall, language: str, width: int) -> None:
    shop = hall.merchant()
    merchant_kit.deduct(hall, shop.id, 4_000 * 10**6)
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        sign_in(page, site, shop.who.id, "/bond")
        check(page, f"desk-bond-{language}-{width}")
        page.dblclick("form[action$=pay] button")
        page.wait_for_selector("[data-done]")
        page.fill("form[action$=pay] input[name=amount]", "500.5")
        page.click("form[action$=pay] button")
        page.wait_for_selector("[data-done]")
        page.fill("form[action$=back] input[name=amount]", "900")
        page.click("form[action$=back] button")
        page.wait_for_selector("[role=alert]")
        page.fill("form[action$=back] input[name=amount]", "500.5")
        page.click("form[action$=back] button")
        page.wait_for_selector("[data-done]")
        (bond,) = bonds.of(hall.conn, shop.id)
        assert (bond.locked, bond.releasing) == (10_500_500_000, 500_500_000)
        check(page, f"desk-bond-after-{language}-{width}")


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_rating(browser: Browser, site: Site, desk: Desk, hall: Hall, language: str, width: int) -> None:
    shop = hall.merchant()
    order = hall.traded(hall.publish(shop), hall.person("Zhang Wei"))
    desk.confirmed(shop.id, Kind.COUNTERPARTY_FREEZE, order_id=order.id)
    line = desk.line(shop.id)
    desk.decide(line.id, "high", preset="B")
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        sign_in(page, site, shop.who.id, "/rating")
        check(page, f"desk-rating-check-{language}-{width}")
        page.click(".note.wait a")
        page.fill("textarea[name=text]", "The bank named <b>another</b> order")
        page.dblclick("form.stack button")
        page.wait_for_selector("[data-done]")
        assert len(decisions.comments(desk.conn, line.id)) == 1
        check(page, f"desk-line-check-{language}-{width}")
        desk.tell_after_check(line.id)
        sign_in(page, site, shop.who.id, "/rating")  # days have passed
        check(page, f"desk-rating-{language}-{width}")
        page.goto(f"{site.url}/portal/desk/rating/{line.id}")
        page.fill("textarea[name=text]", "It was not my trade")
        page.click("form.stack button")
        page.wait_for_selector("[data-done]")
        appeal = appeals.of_line(desk.conn, line.id)
        assert appeal is not None
        check(page, f"desk-line-appealed-{language}-{width}")


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_joining_accounts_and_leaving(browser: Browser, site: Site, hall: Hall, language: str, width: int) -> None:
    who = merchant_kit.person(hall)
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        sign_in(page, site, who.id)
        check(page, f"desk-apply-{language}-{width}")
        page.check("input[name=rules]")
        page.click("form.stack button")
        page.wait_for_selector("[data-done]")
        page.goto(f"{site.url}/portal/desk/bond")
        check(page, f"desk-bond-none-{language}-{width}")
        page.click("form[action$=pay] button")
        page.wait_for_selector("[data-done]")
        page.goto(f"{site.url}/portal/desk/accounts")
        page.fill("[name=institution]", "Some Bank")
        page.fill("[name=number]", "DE89370400440532013001")
        page.fill("[name=holder_name]", "Ada Lovelace")
        page.click("form.stack .btn-primary >> nth=-1")
        page.wait_for_selector("[role=alert]")
        page.fill("[name=number]", "DE89370400440532013000")
        page.click("form[action='/portal/desk/accounts'] button")
        page.wait_for_selector("[data-done]")
        check(page, f"desk-accounts-{language}-{width}")
        page.goto(f"{site.url}/portal/desk/leave")
        page.fill("textarea[name=reason]", "Moving on")
        page.click("form.stack button")
        page.wait_for_selector("[data-done]")
        check(page, f"desk-leave-{language}-{width}")

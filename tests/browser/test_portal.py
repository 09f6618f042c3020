"""A customer's day at the portal: from the invitation to a confirmed withdrawal, wide and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from console_kit import check, opened
from house import RECEIVER, House, furnish
from mail_kit import Post, token
from playwright.sync_api import Browser
from portal_kit import visit
from serving import Site, served

from tidegate.db import Conn
from tidegate.parties import flow as parties
from tidegate.parties.party import Verified
from tidegate.withdrawals import store as withdrawal_store

SIZES = [("en", 1440), ("zh", 400)]
PASSWORD = "correct horse battery"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as site:
        yield site


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_from_an_invitation_to_a_confirmed_withdrawal(
    browser: Browser, site: Site, house: House, tmp_path: Path, language: str, width: int
) -> None:
    who = parties.register(house.conn, "new", "DE", "Ben New", "ben@example.com", "test", house.now)
    parties.set_identity(house.conn, who.id, Verified(2), "test", house.now)
    house.fund(who.id, "USDT", 500 * 10**6)
    parties.invite(house.conn, who.id, 30, "platform", house.now)
    (mail,) = Post(house, tmp_path / "mails").deliver()
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        page.goto(f"{site.url}/m/{token(mail)}")
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        page.click("summary:has-text('app'), summary:has-text('验证器')")
        secret = page.get_attribute("[data-secret]", "data-secret") or ""
        page.fill("[name=code]", pyotp.TOTP(secret).at(house.now))
        page.click("details button")
        page.wait_for_selector("nav.bar")
        page.click("form[action='/portal/sign-out'] button")
        page.goto(f"{site.url}/portal/withdraw")
        page.fill("[name=email]", "ben@example.com")
        page.fill("[name=password]", "wrong horse battery")
        page.fill("[name=code]", "000000")
        page.click("button.btn-primary")
        page.wait_for_selector("[role=alert]:visible")
        check(page, f"portal-sign-in-{language}-{width}")
        page.fill("[name=password]", PASSWORD)
        house.wait(seconds=30)
        page.fill("[name=code]", pyotp.TOTP(secret).at(house.now))
        page.click("button.btn-primary")
        page.wait_for_selector("[name=amount]")
        page.fill("[name=address]", "0x123")
        page.fill("[name=amount]", "25")
        page.click("button.btn-primary")
        page.wait_for_selector("[role=alert]")
        assert page.input_value("[name=amount]") == "25"
        check(page, f"portal-withdraw-{language}-{width}")
        page.fill("[name=address]", RECEIVER)
        page.dblclick("button.btn-primary")
        page.wait_for_selector("[data-payload]")
        assert page.inner_text("[data-payload] .fours").replace("\n", "").replace(" ", "") == RECEIVER
        check(page, f"portal-confirm-{language}-{width}")
        house.wait(seconds=30)
        page.fill("[name=code]", pyotp.TOTP(secret).at(house.now))
        page.click("button.good")
        page.wait_for_selector("[data-done]")
        (asked,) = withdrawal_store.search(house.conn, who.id, None, None, None, 9)
        assert asked.confirmed_at is not None
        check(page, f"portal-withdrawal-{language}-{width}")
        page.goto(f"{site.url}/portal/")
        check(page, f"portal-home-{language}-{width}")


@pytest.mark.parametrize(("language", "width"), SIZES)
def test_what_a_customer_looks_after(browser: Browser, site: Site, house: House, language: str, width: int) -> None:
    ada = house.customer(USDT=900 * 10**6)
    with opened(browser, width=width, language=language, dark=width == 1440) as page:
        visit(page, site, ada.id, "/addresses")
        page.fill("[name=address]", RECEIVER)
        page.fill("[name=label]", "My <b>wallet</b>")
        page.click("form[action$=addresses] .btn-primary")
        page.wait_for_selector("[data-done]")
        check(page, f"portal-addresses-{language}-{width}")
        page.goto(f"{site.url}/portal/standing")
        page.fill("[name=amount]", "5")
        page.fill("[name=ceiling]", "5")
        page.click("button.btn-primary")
        page.wait_for_selector("[name=code]")
        check(page, f"portal-standing-{language}-{width}")
        page.goto(f"{site.url}/portal/security")
        check(page, f"portal-security-{language}-{width}")
        page.click("[data-opens=ask-freeze]")
        page.click("dialog[open] .btn.bad")
        page.wait_for_selector("[data-done]")
        assert parties.frozen_by_owner(house.conn, ada.id, house.now)

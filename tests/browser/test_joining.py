"""Somebody new follows the link of a mail: a password with a passkey or an app, and they are in."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from console_kit import check, opened, with_authenticator
from house import House
from mail_kit import Post, token
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.parties import flow as parties

PASSWORD = "correct horse battery"


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


def invited(house: House, post: Post, who: str) -> str:
    parties.invite(house.conn, who, 30, "platform", house.now)
    return token(next(m for m in post.deliver() if m["Subject"] == "Set your password"))


def type_password(page: Page, again: str = PASSWORD) -> None:
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", again)


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh", 400)])
def test_a_password_comes_with_a_passkey_and_later_an_app(
    browser: Browser, site: Site, house: House, post: Post, language: str, width: int
) -> None:
    ben = parties.register(house.conn, "new", "DE", "Ben New", "ben@example.com", "test", house.now).id
    link = invited(house, post, ben)
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        with_authenticator(page)
        page.goto(f"{site.url}/m/{link}")
        check(page, f"join-{language}-{width}")
        type_password(page, "another horse battery")
        page.click("[data-passkey-new]")  # refused before the authenticator is asked, and what was typed stays
        page.wait_for_selector("[role=alert]:visible")
        assert page.input_value("[name=password]") == PASSWORD
        check(page, f"join-refused-{language}-{width}")
        type_password(page)
        page.click("[data-passkey-new]")
        page.wait_for_selector("nav.bar")
        page.click("form[action='/portal/sign-out'] button")
        page.wait_for_selector("[data-passkey]")
        page.click("[data-passkey]")
        page.wait_for_selector("nav.bar")
        assert [v.way for v in parties.visits(house.conn, ben, house.now)] == ["passkey"]
        page.goto(f"{site.url}/portal/security")
        page.click("details.choice summary")
        check(page, f"own-app-{language}-{width}")
        secret = page.get_attribute("[data-secret]", "data-secret") or ""
        page.fill("details.choice [name=code]", pyotp.TOTP(secret).at(house.now))
        page.click("details.choice button")
        page.wait_for_selector("[data-done]")
        assert [f.kind for f in parties.factors(house.conn, ben)] == ["passkey", "totp"]
        page.fill("[name=name]", "Second")
        page.click("[data-passkey-new]")  # the one authenticator of this browser has a key already
        page.wait_for_selector("[data-passkey-failed]:visible")
        house.wait(minutes=5)
        page.click("[data-passkey-new]")  # too long ago: to the sign-in, and back
        page.wait_for_selector("[data-passkey]")
        page.click("[data-passkey]")
        page.wait_for_selector("[data-passkey-new]")
        assert page.url == f"{site.url}/portal/security"


def test_a_password_comes_with_an_app_whose_code_was_wrong_first(
    browser: Browser, site: Site, house: House, post: Post
) -> None:
    ben = parties.register(house.conn, "new", "DE", "Ben New", "ben@example.com", "test", house.now).id
    link = invited(house, post, ben)
    with opened(browser, width=400) as page:
        page.goto(f"{site.url}/m/{link}")
        page.click("details.choice summary")
        secret = page.get_attribute("[data-secret]", "data-secret") or ""
        right = pyotp.TOTP(secret).at(house.now)
        for code in ("000000" if right != "000000" else "111111", right):
            type_password(page)
            page.fill("[name=code]", code)
            page.click("details.choice button")
            page.wait_for_selector("nav.bar, [role=alert]:visible")
            if code != right:
                assert page.get_attribute("[data-secret]", "data-secret") == secret  # it was scanned already
                check(page, "join-app-en-400")
        assert page.locator("nav.bar").count() == 1
        again = invited(house, post, ben)
        page.goto(f"{site.url}/m/{again}")
        type_password(page)
        page.click("main button.btn-primary")
        page.wait_for_selector("a[href='/portal/sign-in']")
        check(page, "joined-en-400")
        page.goto(f"{site.url}/m/{link}")
        check(page, "join-spent-en-400")
        page.click("main a.btn")
        page.click("a[href='/portal/forgotten']")
        check(page, "forgotten-en-400")
        page.fill("[name=email]", "ben@example.com")
        page.click("button.btn-primary")
        page.wait_for_selector("[role=status]")
        check(page, "forgotten-sent-en-400")

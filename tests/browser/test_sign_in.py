"""Staff come in by a passkey or a password, and show themselves again before what cannot be undone."""

from __future__ import annotations

import pyotp
import pytest
from console_kit import check, opened, sign_in, with_authenticator
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.parties import flow as parties


def leave(page: Page) -> None:
    page.click("form[action='/console/sign-out'] button")
    page.wait_for_selector("input[name=key]")


@pytest.mark.parametrize(("language", "width"), [("en", 1440), ("zh", 400)])
def test_a_passkey_opens_the_console_and_proves_it_again(
    browser: Browser, site: Site, language: str, width: int
) -> None:
    ada = site.house.customer()
    frozen = parties.restrict(site.house.conn, ada.id, "freeze", None, "a thief", "officer", site.house.now)
    with opened(browser, width=width, language=language, dark=width == 400) as page:
        with_authenticator(page)
        sign_in(page, site, "compliance", "/me")
        check(page, f"me-{language}-{width}")
        page.fill("form:has([data-passkey-new]) input[name=name]", "My <b>telephone</b>")
        page.click("[data-passkey-new]")
        page.wait_for_selector("[data-done]")
        assert "My <b>telephone</b>" in page.locator("main").inner_text()
        leave(page)
        check(page, f"sign-in-{language}-{width}")
        page.click("[data-passkey]")
        page.wait_for_selector("nav.rail")
        assert [s.way for s in parties.signed_in(site.house.conn, site.house.now)] == ["passkey"]

        site.house.wait(minutes=6)
        page.goto(f"{site.url}/console/restrictions")
        page.click(f"[data-opens='ask-lift-{frozen.id}']")
        page.fill("dialog[open] textarea", "It was her")
        page.click("dialog[open] form .btn:not([data-closes])")
        page.wait_for_selector("[data-passkey-into]")
        check(page, f"prove-passkey-{language}-{width}")
        page.click("[data-passkey-into]")
        page.wait_for_selector("[data-done]")
        assert parties.restrictions(site.house.conn, [ada.id], site.house.now).get(ada.id, []) == []


def test_a_password_and_an_app_are_added_and_taken_away_by_an_admin(browser: Browser, site: Site) -> None:
    with opened(browser) as page, opened(browser, language="zh", width=400) as admin:
        sign_in(page, site, "analyst", "/me")
        secret = page.locator("[data-secret]").inner_text()
        form = "form[action$='/me/password']"
        for name, text in (("login", "Mei Lin"), ("password", "a boat without oars"), ("again", "a boat without oars")):
            page.fill(f"{form} input[name={name}]", text)
        page.fill(f"{form} input[name=code]", "000000")
        page.click(f"{form} .btn-primary")
        page.wait_for_selector("[role=alert]:visible")
        assert page.locator("[data-secret]").inner_text() == secret  # it was scanned already
        for name in ("password", "again"):
            page.fill(f"{form} input[name={name}]", "a boat without oars")
        page.fill(f"{form} input[name=code]", pyotp.TOTP(secret).at(site.house.now))
        page.click(f"{form} .btn-primary")
        page.wait_for_selector("[data-done]")
        check(page, "me-password-en-1440")
        leave(page)
        site.house.wait(seconds=30)
        page.fill("input[name=login]", "mei lin")
        page.fill("input[name=password]", "a boat without oars")
        page.fill("input[name=code]", pyotp.TOTP(secret).at(site.house.now))
        page.press("input[name=code]", "Enter")
        page.wait_for_selector("nav.rail")

        sign_in(admin, site, "admin", "/keys?role=analyst")
        admin.click("tbody td a")
        admin.wait_for_selector("[data-opens='ask-take']")
        check(admin, "key-zh-400")
        for act in ("bar", "allow", "take"):
            admin.click(f"[data-opens='ask-{act}']")
            admin.click("dialog[open] form .btn:not([data-closes])")
            admin.wait_for_selector("[data-done]")
        assert admin.locator("[data-opens='ask-take']").count() == 0
        page.goto(f"{site.url}/console/cases")
        assert page.url.startswith(f"{site.url}/console/sign-in")

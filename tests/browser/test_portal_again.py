"""What goes wrong at the portal while somebody types: a session that ends in the middle of a form, the back button,
two clicks instead of one. Nothing that was typed is lost, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from console_kit import check, opened
from house import RECEIVER, Customer, House, furnish
from playwright.sync_api import Browser, Page
from portal_kit import visit
from serving import Site, served

from tidegate.db import Conn
from tidegate.withdrawals import store as withdrawal_store

TYPED = {"address": RECEIVER, "memo": "", "amount": "12.5", "description": "我的 <b>boat</b> ﷽"}


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def site(house: House, database_url: str) -> Iterator[Site]:
    with served(house, database_url) as site:
        yield site


def asked(house: House, who: Customer) -> list[str]:
    found = withdrawal_store.search(house.conn, who.id, None, None, None, 9)
    return [f"{w.units} {w.status}" for w in found]


def fill(page: Page, typed: dict[str, str]) -> None:
    for name, text in typed.items():
        page.fill(f"[name={name}]", text)


def test_nothing_typed_is_lost_and_nothing_is_done_twice(browser: Browser, site: Site, house: House) -> None:
    ada = house.customer(USDT=10**9)
    with opened(browser, width=400, language="zh") as page:
        visit(page, site, ada.id, "/withdraw")
        fill(page, TYPED)
        house.wait(minutes=16)  # the session ends in the middle of the form
        page.click("main form .btn-primary")
        page.wait_for_selector("form[action*='/portal/sign-in'] [name=email]")
        visit(page, site, ada.id, "/withdraw")  # signed in again, and back where they were
        assert {name: page.input_value(f"[name={name}]") for name in TYPED} == TYPED
        check(page, "portal-typed-kept-zh-400")
        page.dblclick("main form .btn-primary")
        page.wait_for_selector("[data-payload]")
        confirming = page.url
        page.go_back()
        page.wait_for_selector("[name=amount]")
        assert page.input_value("[name=amount]") in ("", "12.5")  # as the browser likes; sent again it is the same one
        page.goto(confirming)
        assert asked(house, ada) == ["12500000 awaiting_confirmation"]
        page.fill("main [name=code]", "000000")
        page.click("main .btn.good")
        page.wait_for_selector("[data-refused]")
        house.wait(seconds=30)
        page.fill("main [name=code]", ada.code(house.now))
        page.dblclick("main .btn.good")
        page.wait_for_selector("[data-done]")
        page.go_back()  # to the answer that refused a code: the withdrawal's page, not a question of the browser's
        page.wait_for_selector("[data-status]")
        assert page.url == confirming
        page.click("[data-opens=ask-cancel]")
        page.dblclick("dialog[open] .btn.bad")
        page.wait_for_selector("[data-status=cancelled]")
        assert asked(house, ada) == ["12500000 cancelled"]
        page.goto(f"{site.url}/portal/withdraw")
        assert page.input_value("[name=amount]") == ""  # it was answered: nothing waits to be sent again


def test_what_somebody_typed_is_not_shown_to_the_next(browser: Browser, site: Site, house: House) -> None:
    ada, ben = house.customer(USDT=10**9), house.customer(USDT=10**9)
    with opened(browser, width=400) as page:
        visit(page, site, ada.id, "/standing")
        visit(page, site, ada.id, "/addresses")
        page.fill("[name=label]", "Mother")
        page.check("[name=own]")
        page.goto(f"{site.url}/portal/")
        page.goto(f"{site.url}/portal/addresses")
        assert (page.input_value("[name=label]"), page.is_checked("[name=own]")) == ("Mother", True)
        visit(page, site, ben.id, "/addresses")
        assert (page.input_value("[name=label]"), page.is_checked("[name=own]")) == ("", False)

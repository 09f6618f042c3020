"""What each role does in a day, on the whole product: database, node, signer, worker, API and console as `tidegate run`
starts them, once for all of these."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from console_kit import opened
from playwright.sync_api import Browser, Page
from running import Running, running, unused_address

SEEN = 60_000
"""Milliseconds that a page may wait for the worker and the node."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("journeys") / "data") as it:
        yield it


def sign_in(page: Page, stack: Running, role: str, path: str) -> None:
    page.goto(f"{stack.said['console']}{path}")
    page.fill("input[name=key]", stack.said["keys"][role])
    page.click("form:has(input[name=key]) button")
    page.wait_for_selector("nav.rail")


def paid(page: Page, stack: Running, receiver: str, units: int) -> None:
    """The page that is open says so by itself, and the coins are there."""
    page.wait_for_selector("#fresh >> text=settled", timeout=SEEN)
    page.wait_for_selector("#beside >> text=paid")
    assert page.locator("#history .line", has_text="Settled").count() == 1
    assert stack.tokens(receiver) == units


def test_a_list_holds_the_next_withdrawal_and_an_analyst_lets_it_go(stack: Running, browser: Browser) -> None:
    receiver = unused_address("listed")
    customer, app = stack.customer("listed", 100)
    with opened(browser) as page:
        sign_in(page, stack, "compliance", "/lists")
        page.fill("input[name=name]", "scams")
        page.fill("textarea[name=text]", f"asset,address,category,entry\nETH,{receiver},scam,Told of by a victim\n")
        page.click("#import button.btn-primary")
        page.wait_for_selector("text=The list is imported")
    held = stack.withdraw(customer, app, "40", receiver, "w-listed")
    assert stack.status(held) == "in_review"
    with opened(browser) as page:
        sign_in(page, stack, "analyst", "/cases")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/withdrawals/{held}")
        assert "Told of by a victim" in page.content()
        page.fill("textarea[name=reason]", "The victim took it back")
        page.click("button[value=approve]")
        page.wait_for_selector("[data-done]")
        paid(page, stack, receiver, 39_900_000)


def test_a_switch_stops_a_payment_until_treasury_lets_it_go(stack: Running, browser: Browser) -> None:
    receiver = unused_address("switched")
    customer, app = stack.customer("switched", 100)
    with opened(browser) as page, opened(browser) as other:
        sign_in(page, stack, "treasury", "/treasury")
        page.click("button:has-text('Stop payments')")
        page.select_option("dialog[open] select[name=what]", "platform:platform")
        page.fill("dialog[open] textarea[name=reason]", "The node is being moved")
        page.click("dialog[open] form button.bad")
        page.wait_for_selector("text=Payments are stopped.")
        made = stack.withdraw(customer, app, "40", receiver, "w-switched")
        sign_in(other, stack, "auditor", f"/withdrawals/{made}")

        def stopped() -> bool:
            return bool(stack.ok("GET", f"/v1/withdrawals/{made}")["waiting_for"] == "kill_switch")

        stack.until("it waits for the switch", stopped)
        assert stack.tokens(receiver) == 0
        page.click("button:has-text('Let them go on')")
        page.click("dialog[open] form button.btn-primary")
        page.wait_for_selector("text=Payments go on.")
        paid(other, stack, receiver, 39_900_000)


def test_support_freezes_and_what_waits_stays(stack: Running, browser: Browser) -> None:
    customer = stack.customer("frozen", 50)[0]
    with opened(browser, language="zh", width=400) as page:
        sign_in(page, stack, "support", f"/customers?q={customer}")
        page.click(f"tbody a[href$='{customer}']")
        page.click("button[data-opens=ask-freeze]")
        page.fill("dialog[open] textarea[name=reason]", "电话中确认账户被盗")
        page.click("dialog[open] form button.bad")
        page.wait_for_selector("[data-done]")
    body = {"customer": customer, "asset": "USDT", "network": "evm-local", "amount": "10"}
    refused = stack.call("POST", "/v1/withdrawals", body | {"address": unused_address("frozen")}, key="w-frozen")
    assert (refused.status_code, refused.json()["code"]) == (403, "withdrawals_blocked")


def test_an_administrator_makes_a_key_and_its_owner_looks_whether_the_journal_holds(
    stack: Running, browser: Browser
) -> None:
    with opened(browser) as page, opened(browser) as mei:
        sign_in(page, stack, "admin", "/keys/new?role=auditor")
        page.fill("input[name=label]", "Mei Lin")
        page.click("form.stack button.btn-primary")
        secret = page.locator("#secret").inner_text()
        mei.goto(f"{stack.said['console']}/journal/verify")
        mei.fill("input[name=key]", secret)
        mei.click("form:has(input[name=key]) button")
        mei.click("text=Begin")
        mei.wait_for_selector("text=Everything holds.", timeout=SEEN)
        assert mei.locator("main button[data-opens]").count() == 0

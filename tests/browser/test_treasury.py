"""Treasury's day: what the wallets hold, what hangs, switches, the breaker; a stale tab; both languages and widths."""

from __future__ import annotations

import pytest
from console_kit import check, opened, sign_in
from house import HOT, NETWORK, USDT, House
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.custody import flow as custody_flow
from tidegate.custody import store as custody
from tidegate.custody.books import Checked
from tidegate.db import act
from tidegate.policy import flow as policies
from tidegate.policy.breaker import Trip

COIN = 10**6
LANE = f"hot:{NETWORK}"
LINE = {"minutes": 60, "accounts": 60, "destinations": 60, "value": "50000000", "reset_people": 2}


def payment(house: House, id: str, status: str = "queued") -> str:
    """A payment that has not ended; its withdrawal."""
    ada = house.customer(USDT=1000 * COIN)
    asked = house.asked(ada, "12.5")
    made = custody.Payout(
        id, "withdrawal", asked.id, ada.id, NETWORK, LANE, USDT.id, asked.address, 12_500_000, "{}", "signed",
        status, None, None, 0, house.now, house.now,
    )  # fmt: skip
    with act(house.conn, "test", house.now):
        assert custody.add_payout(house.conn, made) == 1
        if status != "queued":
            custody.set_status(house.conn, id, status, None)
    return asked.id


def stopped(house: House) -> str:
    """A payment that stopped after too many failures."""
    id = payment(house, "pay_stopped")
    custody.stop(house.conn, "pay_stopped", "no estimate: execution reverted", house.now)
    return id


def hanging(house: House) -> str:
    """A payment whose bytes are out and whom the chain does not show."""
    id = payment(house, "pay_hanging", "paying")
    attempt = custody.Attempt("att_1", "pay_hanging", LANE, 7, "signing", 60_000, 30, 2, None, None, house.now, None)
    version = custody.Bytes("0x" + "ab" * 32, "att_1", 0, "pay", b"\x02", 30, 2, 60_000, house.now, 1)
    with act(house.conn, "test", house.now):
        custody.add_attempt(house.conn, attempt)
        custody.add_bytes(house.conn, version)
        custody.set_attempt(house.conn, "att_1", "unknown")
    return id


def furnished(house: House) -> None:
    """Balances, a stopped wallet, books that differ, a switch, a tripped breaker, two payments that hang."""
    stopped(house)
    hanging(house)
    custody.observe(house.conn, [custody.SeenBalance(LANE, USDT.id, 250_000 * COIN, house.now)])
    custody.lane_failed(
        house.conn, custody.LaneRow(LANE, 10, "pay_stopped", "the signer does not answer", house.now, house.now)
    )
    custody.keep_book_check(house.conn, Checked(USDT.id, 12, 250_100 * COIN, 250_000 * COIN, 0, 4, 0, house.now))
    policies.switch_on(house.conn, "network", NETWORK, "The node is being looked after.", "key_treasury", house.now)
    with act(house.conn, "worker", house.now) as tx:
        policies.trip(tx, Trip(1, house.now, "accounts", 61, 60, 60))


def test_a_payment_that_stopped_is_tried_again_once(page: Page, site: Site, browser: Browser) -> None:
    stopped(site.house)
    sign_in(page, site, "treasury", "/payments?view=stuck")
    assert page.locator("tbody tr").count() == 1
    with opened(browser) as other:
        sign_in(other, site, "treasury", "/payments")
        for tab in (page, other):
            tab.click("tbody button:has-text('Try again')")
            tab.fill("dialog[open] textarea[name=reason]", "The node answers again")
            tab.click("dialog[open] form button.btn-sm")
            tab.wait_for_selector("[role=status], [role=alert]")
        assert "payout_not_stopped" in other.content()
    assert page.locator("[role=status]").inner_text() == "The payment takes its turn again."


def test_a_payment_that_hangs_is_cancelled_on_its_own_nonce(page: Page, site: Site) -> None:
    hanging(site.house)
    sign_in(page, site, "treasury", "/payments")
    page.click("tbody button:has-text('Make it dearer now')")
    page.fill("dialog[open] textarea[name=reason]", "The customer waits")
    page.click("dialog[open] form .btn-primary, dialog[open] form .btn-sm:not([data-closes])")
    page.wait_for_selector("text=It is made dearer in a moment.")
    page.click("tbody button:has-text('Cancel on its nonce')")
    page.fill("dialog[open] textarea[name=reason]", "The customer asked for it")
    page.click("dialog[open] form button.bad")
    page.wait_for_selector("text=The cancellation is on its way.")
    assert "being cancelled" in page.locator("tbody").inner_text()


def test_a_cold_wallet_is_named_seen_and_taken_off(page: Page, site: Site) -> None:
    house = site.house
    sign_in(page, site, "treasury", "/treasury")
    page.click("summary:has-text('Add a warm or cold wallet')")
    page.fill("form[action$=watched] input[name=address]", "0x1be7793c172589262b223a7d65c2ca3afa4ba22")
    page.fill("form[action$=watched] input[name=label]", "Vault <b>Zug</b>")
    page.click("form[action$=watched] .btn-primary")
    assert "address_malformed" in page.content()
    page.goto(f"{site.url}/console/treasury")
    page.click("summary:has-text('Add a warm or cold wallet')")
    page.fill("form[action$=watched] input[name=address]", "0x1be7793c172589262b223a7d65c2ca3afa4ba220")
    page.fill("form[action$=watched] input[name=label]", "Vault <b>Zug</b>")
    page.click("form[action$=watched] .btn-primary")
    page.wait_for_selector("text=It is looked at from now on.")
    ((one, _),) = custody_flow.watched_wallets(house.conn)
    custody.observe_watched(house.conn, [custody.SeenBalance(one.id, USDT.id, 1_250_000 * COIN, house.now)])
    page.reload()
    shown = page.locator("tr", has_text="Vault <b>Zug</b>").inner_text()
    assert "1,250,000 USDT" in shown
    check(page, "treasury-cold-en-1440")
    page.click(f"[data-opens='ask-unwatch-{one.id}']")
    page.click("dialog[open] form .btn-sm:not([data-closes])")
    page.wait_for_selector("text=It is looked at no more.")
    assert custody_flow.watched_wallets(house.conn) == []


def test_a_switch_stops_payments_and_lets_them_go_on(page: Page, site: Site) -> None:
    sign_in(page, site, "treasury", "/treasury")
    page.click("button:has-text('Stop payments')")
    page.select_option("dialog[open] select[name=what]", f"asset:USDT@{NETWORK}")
    page.fill("dialog[open] textarea[name=reason]", "The contract was paused <b>today</b>")
    page.click("dialog[open] form button.bad")
    page.wait_for_selector("text=Payments are stopped.")
    assert "The contract was paused <b>today</b>" in page.locator("[role=alert]").inner_text()
    (switch,) = policies.switches(site.house.conn)
    assert (switch.scope, switch.subject) == ("asset", f"USDT@{NETWORK}")
    page.click("button:has-text('Let them go on')")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=Payments go on.")
    assert policies.switches(site.house.conn) == []


def test_the_breaker_takes_as_many_people_as_the_policy_says(page: Page, site: Site, browser: Browser) -> None:
    site.house.agree(behaviour={"egress": LINE})
    with act(site.house.conn, "worker", site.house.now) as tx:
        policies.trip(tx, Trip(1, site.house.now, "accounts", 61, 60, 60))
    said = []
    for role in ("treasury", "compliance"):
        with opened(browser) as person:
            sign_in(person, site, role, "/treasury")
            person.click("button:has-text('Ask for the reset')")
            person.fill("dialog[open] textarea[name=reason]", "Looked at all sixty-one")
            person.click("dialog[open] form button.btn-primary")
            person.wait_for_selector("[role=status]")
            said.append(person.locator("[role=status]").inner_text())
    assert said == ["You have asked; another person must, too.", "The breaker is reset; payments go on."]
    assert policies.open_trip(site.house.conn) is None


def test_who_may_only_look_has_no_buttons(page: Page, site: Site) -> None:
    furnished(site.house)
    sign_in(page, site, "auditor", "/treasury")
    assert HOT in page.locator(".fours").first.inner_text().replace(" ", "")
    assert page.locator("main button[data-opens]").count() == 0
    page.goto(f"{site.url}/console/payments")
    assert page.locator("tbody tr").count() == 2
    assert page.locator("main button[data-opens]").count() == 0


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    furnished(site.house)
    with opened(browser, width=width, language=language, dark=language == "zh" and width == 1440) as page:
        sign_in(page, site, "treasury", "/treasury")
        check(page, f"treasury.{language}.{width}")
        page.goto(f"{site.url}/console/payments")
        check(page, f"payments.{language}.{width}")


def test_an_empty_house_says_so(page: Page, site: Site) -> None:
    sign_in(page, site, "treasury", "/treasury")
    assert "Nobody has looked at a wallet yet" in page.content()
    page.goto(f"{site.url}/console/payments")
    assert "No payment is under way." in page.content()

"""Compliance's day: lists, an address, places and exemptions, restrictions, the travel rule."""

from __future__ import annotations

import pytest
from console_kit import check, opened, sign_in
from house import LISTED, NETWORK, RECEIVER, Customer, House
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.db import act
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies
from tidegate.screening import flow as screening
from tidegate.withdrawals import store
from tidegate.withdrawals.store.travel import TravelMessage

COIN = 10**6
POISON = RECEIVER[:10] + "0" * 24 + RECEIVER[-8:]


def remember(house: House, who: Customer) -> None:
    """An address in the customer's book."""
    with act(house.conn, who.id, house.now) as tx:
        parties.lock(house.conn, [who.id])
        screening.save(tx, who.id, NETWORK, RECEIVER, "", "Home", "self_hosted")


def described(house: House) -> str:
    """The policy describes places; one of them."""
    house.agree(places=policies.shipped("default")["places"])
    return sorted(policies.active(house.conn, house.now).places)[0]


def exempt(house: House) -> str:
    """A customer with a proposed exemption."""
    ada, place = house.customer(), described(house)
    policies.propose_exemption(
        house.conn, place, ada.id, house.now.replace(year=2027), "Treasury of a fund", "key_other", house.now
    )
    return ada.id


def told(house: House) -> str:
    """A withdrawal about which a provider was told something."""
    ada = house.customer(USDT=1000 * COIN)
    asked = house.asked(ada, "10")
    message = TravelMessage(
        asked.id, "trm_1", "harbour", "basic", '{"ivms101":{"name":"Ada 1"}}', house.now, 1, house.now, None, None
    )
    with act(house.conn, "worker", house.now):
        store.add_travel_message(house.conn, message)
    return asked.id


def test_a_list_is_imported_and_its_bad_rows_are_shown(page: Page, site: Site) -> None:
    sign_in(page, site, "compliance", "/lists")
    page.fill("input[name=name]", "scams")
    file = {"name": "scams.csv", "mimeType": "text/csv"}
    rows = f"asset,address,entry\nETH,{LISTED},Made-up <i>Person</i>\nETH,0x12,Broken\n"
    page.set_input_files("input[type=file]", {**file, "buffer": rows.encode()})  # type: ignore[arg-type]
    page.click("#import button.btn-primary")
    page.wait_for_selector("[role=status]")
    assert page.locator("[role=status]").inner_text() == "The list is imported; some rows could not be read."
    assert page.locator("tbody tr").count() == 1
    assert "0x12" in page.locator("tbody").inner_text()
    page.goto(f"{site.url}/console/screen?network={NETWORK}&address={LISTED}")
    assert page.locator("tbody tr").count() == 2
    assert "Made-up <i>Person</i>" in page.locator("tbody").inner_text()


def test_a_file_that_cannot_be_read_changes_nothing(page: Page, site: Site) -> None:
    sign_in(page, site, "compliance", "/lists")
    page.fill("input[name=name]", "sanctions")
    page.fill("textarea[name=text]", "who,where\nme,here\n")
    page.click("#import button.btn-primary")
    page.wait_for_selector("[role=alert]")
    page.click("main a.btn")
    assert page.input_value("textarea[name=text]") == "who,where\nme,here\n"
    assert screening.all_lists(site.house.conn)[0].entries == 1


def test_a_look_alike_is_shown_group_by_group(page: Page, site: Site) -> None:
    ada = site.house.customer(USDT=1000 * COIN)
    remember(site.house, ada)
    sign_in(page, site, "compliance", f"/screen?network={NETWORK}&address={POISON.lower()}&customer={ada.id}")
    assert "This customer could mean the other address" in page.content()
    assert page.locator(".fours .other").count() > 4
    assert page.locator(".fours .same").count() > 4
    page.fill("input[name=address]", "0x12")
    page.click("form.filter button")
    page.wait_for_selector("text=cannot be paid")


def test_an_exemption_takes_a_second_person(page: Page, site: Site, browser: Browser) -> None:
    described(site.house)
    ada = site.house.customer()
    for _ in range(3):
        site.house.customer()
    sign_in(page, site, "compliance", f"/exemptions?customer={ada.id}")
    page.click("button:has-text('Propose an exemption')")
    page.fill("dialog[open] textarea[name=reason]", "Treasury of a fund")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=Proposed; a second person must agree.")
    assert page.locator("button:has-text('Agree')").count() == 0
    with opened(browser) as second:
        sign_in(second, site, "treasury", "/approvals")
        assert ada.id in second.locator("main").inner_text()
        second.click(f"main a:has-text('{ada.id}')")
        second.click("button:has-text('Agree')")
        second.click("dialog[open] form button.good")
        second.wait_for_selector("[role=status], [role=alert]")
        assert "exemption_share_full" in second.content() or "The exemption is in force." in second.content()


def test_a_restriction_is_ordered_and_lifted_once(page: Page, site: Site, browser: Browser) -> None:
    ada = site.house.customer()
    sign_in(page, site, "compliance", f"/restrictions?customer={ada.id}")
    page.click("button:has-text('Order a restriction')")
    page.select_option("dialog[open] select[name=kind]", "withdrawal_delay")
    page.fill("dialog[open] input[name=value]", "soon")
    page.fill("dialog[open] textarea[name=reason]", "Moved house")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=value_invalid")
    page.click("main a.btn")
    page.click("button:has-text('Order a restriction')")
    assert page.input_value("dialog[open] textarea[name=reason]") == "Moved house"
    page.select_option("dialog[open] select[name=kind]", "withdrawal_delay")
    page.fill("dialog[open] input[name=value]", "48")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=The restriction is in force.")
    with opened(browser) as other:
        sign_in(other, site, "admin", f"/restrictions?customer={ada.id}")
        for tab in (page, other):
            tab.click("tbody button:has-text('Lift')")
            tab.fill("dialog[open] textarea[name=reason]", "Checked")
            tab.click("dialog[open] form button.btn-sm")
            tab.wait_for_selector("[role=status], [role=alert]")
        assert "restriction_already_lifted" in other.content()
    assert parties.restrictions(site.house.conn, [ada.id], site.house.now).get(ada.id, []) == []


def test_who_may_not_read_messages_does_not(page: Page, site: Site) -> None:
    id = told(site.house)
    sign_in(page, site, "auditor", "/travel-rule")
    assert page.locator("tbody tr").count() == 1
    page.goto(f"{site.url}/console/travel-rule/{id}")
    assert "scope_missing" in page.content()


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    house = site.house
    exempt(house)
    id = told(house)
    ada = house.customer()
    remember(house, ada)
    parties.restrict(house.conn, ada.id, "freeze", None, "Somebody else may be in the account", "test", house.now)
    place = sorted(policies.active(house.conn, house.now).places)[0]
    with opened(browser, width=width, language=language, dark=language == "zh" and width == 1440) as page:
        sign_in(page, site, "compliance", "/lists")
        check(page, f"lists.{language}.{width}")
        for name, path in {
            "list": "/lists/sanctions",
            "screen": f"/screen?network={NETWORK}&address={POISON.lower()}&customer={ada.id}",
            "places": "/jurisdictions",
            "place": f"/jurisdictions/{place}",
            "exemptions": "/exemptions",
            "restrictions": "/restrictions",
            "travel": "/travel-rule",
            "travel-message": f"/travel-rule/{id}",
            "travel-received": "/travel-rule/received",
        }.items():
            page.goto(f"{site.url}/console{path}")
            check(page, f"{name}.{language}.{width}")

"""Support's day: find a customer, read how they stand and what to tell them, freeze."""

from __future__ import annotations

import pytest
from console_kit import check, opened, sign_in
from house import NETWORK, RECEIVER, Customer, House
from playwright.sync_api import Browser, Page
from real_data import naughty
from serving import Site

from tidegate.base.refusals import Malformed
from tidegate.db import act
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening

COIN = 10**6


def held(house: House) -> Customer:
    """A customer who is written to in Chinese and whose withdrawal waits for a person."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    parties.set_language(house.conn, ada.id, "zh", ada.id, house.now)
    with act(house.conn, ada.id, house.now) as tx:
        parties.lock(house.conn, [ada.id])
        screening.save(tx, ada.id, NETWORK, RECEIVER, "", "Cold wallet", "self_hosted")
    parties.record_event(house.conn, ada.id, "login", house.now, "test", house.now, "phone-7", "198.51.100.7", "DE")
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, "20000")
    house.confirm(ada, asked.id)
    return ada


def test_support_finds_a_customer_and_reads_the_words_to_say(page: Page, site: Site) -> None:
    ada = held(site.house)
    for _ in range(3):
        site.house.customer()
    sign_in(page, site, "support", "/customers")
    assert page.locator("tbody tr").count() == 4
    party = parties.get(site.house.conn, ada.id)
    for text in (ada.id, party.external_id, party.email.upper(), party.name):
        page.fill("input[name=q]", text)
        page.click("form.filter button")
        assert page.locator("tbody tr").count() == 1, text
    page.click("tbody a")
    page.wait_for_url(f"**/customers/{ada.id}")
    words = page.locator("section.part", has_text="The words to say").first
    assert "该金额的提币需要人工审核" in words.locator("div[lang='zh-CN']").first.inner_text()
    words.locator("summary").first.click()
    assert "A withdrawal of this size" in words.inner_text()
    assert "phone-7" in page.content()
    assert "Cold wallet" in page.content()


def test_support_freezes_and_does_not_see_why_others_watch(page: Page, site: Site) -> None:
    ada = held(site.house)
    parties.restrict(site.house.conn, ada.id, "watch", None, "Odd habits", "test", site.house.now)
    sign_in(page, site, "support", f"/customers/{ada.id}")
    assert "Odd habits" not in page.content()
    page.click("main button:has-text('Freeze')")
    page.fill("dialog[open] textarea[name=reason]", "They called: their phone was stolen")
    page.dblclick("dialog[open] form button.bad")
    page.wait_for_selector("text=The account is frozen. Nothing leaves it.")
    kinds = [r.kind for r in parties.restrictions(site.house.conn, [ada.id], site.house.now)[ada.id]]
    assert sorted(kinds) == ["freeze", "watch"]


def test_the_timeline_is_paged(page: Page, site: Site) -> None:
    ada = held(site.house)
    for n in range(40):
        site.house.wait(minutes=1)
        parties.record_event(
            site.house.conn, ada.id, "login", site.house.now, "test", site.house.now, f"phone-{n}", None, None
        )
    sign_in(page, site, "support", f"/customers/{ada.id}")
    assert page.locator("#timeline .line").count() == 30
    page.click("a:has-text('Older')")
    page.wait_for_selector("a:has-text('Newest')")
    assert 10 < page.locator("#timeline .line").count() <= 30


def test_naughty_strings_are_shown_as_they_are(page: Page, site: Site) -> None:
    """Every string that a reason may be stands on the page to the letter, and runs nothing."""
    ada = site.house.customer()
    kept = []
    for text in naughty():
        try:
            parties.restrict(site.house.conn, ada.id, "watch", None, text, "test", site.house.now)
        except Malformed:
            continue
        kept.append(text)
    assert len(kept) > 400
    sign_in(page, site, "compliance", f"/customers/{ada.id}")
    shown = page.evaluate("[...document.querySelectorAll('.in > div > div')].map(line => line.firstChild.textContent)")
    assert {" ".join(text.split()) for text in kept} <= {" ".join(text.split()) for text in shown}


def test_nobody_is_found_and_nobody_is_there(page: Page, site: Site) -> None:
    sign_in(page, site, "support", "/customers?q=%3Cscript%3E")
    assert "Nobody was found." in page.content()
    assert page.input_value("input[name=q]") == "<script>"
    page.goto(f"{site.url}/console/customers/cus_nobody")
    assert "customer_unknown" in page.content()


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    ada = held(site.house)
    parties.freeze(site.house.conn, ada.id, "Called: the phone was stolen", "test", site.house.now)
    with opened(browser, width=width, language=language, dark=language == "zh" and width == 1440) as page:
        sign_in(page, site, "support", "/customers")
        check(page, f"customers.{language}.{width}")
        page.goto(f"{site.url}/console/customers/{ada.id}")
        check(page, f"customer.{language}.{width}")

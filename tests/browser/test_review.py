"""An analyst's day: the queue, one withdrawal on one page, questions, notes, a second person, a stale tab."""

from __future__ import annotations

import time
from typing import Any

import merchant_kit
import pytest
from console_kit import check, opened, sign_in
from house import HOT, House
from playwright.sync_api import Browser, Page, expect
from real_data import naughty
from serving import Site

from tidegate.base.refusals import Malformed
from tidegate.cases import flow as cases
from tidegate.p2p.merchants import flow as merchants
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6
WATCH_THE_LINE = """new MutationObserver(() => {
  const line = document.querySelector(".progress-line");
  if (line) sessionStorage.setItem("line", line.textContent);
}).observe(document.body, { childList: true })"""


def waiting(house: House, amount: str = "20000") -> str:
    """A withdrawal that waits for a person."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, amount)
    assert house.confirm(ada, asked.id).status is Status.IN_REVIEW
    return asked.id


def case_of(site: Site, id: str) -> str:
    return cases.about(site.house.conn, id)[0].id


def test_the_queue_leads_to_the_withdrawal_and_back_by_keys(page: Page, site: Site) -> None:
    id, other = waiting(site.house), waiting(site.house)
    sign_in(page, site, "analyst", "/cases")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/withdrawals/{id}")
    page.keyboard.press("m")
    page.wait_for_selector("[role=status]")
    page.goto(f"{site.url}/console/cases?view=mine")
    assert page.locator("tbody tr").count() == 1
    counted = page.locator("nav.tabs .count")
    assert counted.all_inner_texts() == ["2", "1", "1", "0", "0"]
    cases.answer(site.house.conn, case_of(site, other), "key_other", "approve", "Known supplier", site.house.now)
    expect(counted).to_have_text(["1", "1", "0", "0", "0"], timeout=15_000)  # with the news
    page.goto(f"{site.url}/console/cases?view=free")
    assert page.locator("tbody tr").count() == 0


def test_a_note_and_a_question_stand_in_the_file(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst", f"/withdrawals/{id}")
    page.keyboard.press("n")
    page.fill("dialog[open] textarea[name=note]", "Called the supplier back on the number of 2024")
    page.click("dialog[open] button.btn-primary")
    page.wait_for_selector("text=Added to the file.")
    assert "Called the supplier back" in page.content()
    page.keyboard.press("i")
    page.fill("dialog[open] textarea[name=what]", "What is it for?")
    page.click("dialog[open] button.btn-primary")
    page.wait_for_selector("text=The customer is asked.")
    assert "What is it for?" in page.content()
    assert page.locator("#fresh .tone").inner_text() == "awaiting information"


def test_a_case_is_raised_and_found_again(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst", f"/withdrawals/{id}")
    page.keyboard.press("e")
    page.fill("dialog[open] textarea[name=reason]", "The supplier's director is a minister")
    page.click("dialog[open] button.btn-primary")
    page.wait_for_selector("text=It is raised.")
    assert "a minister" in page.locator("dl").first.inner_text()
    page.goto(f"{site.url}/console/cases?view=raised")
    assert "raised 1" in page.locator("tbody tr").inner_text()
    page.keyboard.press("/")
    page.keyboard.type(id)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**about={id}**")
    assert page.locator("tbody tr").count() == 1
    page.goto(f"{site.url}/console/cases?about=cus_nobody")
    assert page.locator("tbody tr").count() == 0


def test_the_file_of_a_case_that_ended_can_be_downloaded(page: Page, site: Site) -> None:
    id = waiting(site.house)
    cases.answer(site.house.conn, case_of(site, id), "key_other", "approve", "Known supplier", site.house.now)
    sign_in(page, site, "auditor", f"/withdrawals/{id}")
    fetched: list[str] = []
    page.on("request", lambda asked: fetched.append(asked.url) if asked.url.endswith("/bundle") else None)
    with page.expect_download() as kept:
        page.dblclick("text=Evidence file")
    assert id in kept.value.path().read_text()
    assert kept.value.suggested_filename == f"{case_of(site, id)}.json"
    assert len(fetched) == 1


def test_an_address_that_looks_like_another_is_shown_beside_it(page: Page, site: Site) -> None:
    house = site.house
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1", address="0x5290840009852788" + "12345678" + "069857d2e4169ee7")
    house.wait(hours=49)
    poison = "0x" + "5290840009852788" + "0" * 8 + "069857d2e4169ee7"
    asked = house.confirm(ada, house.asked(ada, "20", address=poison).id)
    sign_in(page, site, "analyst", f"/withdrawals/{asked.id}")
    warning = page.locator("section[role=alert]")
    assert warning.locator(".fours").count() == 2
    assert warning.locator(".fours").first.locator(".other").all_inner_texts() == ["0000", "0000"]
    for path in ("/", f"/customers/{ada.id}"):  # where addresses are cut in the middle, the one that resembles says so
        page.goto(f"{site.url}/console{path}")
        row = page.locator("tr", has=page.locator(f"a[href='/console/withdrawals/{asked.id}']"))
        assert row.locator(".tone:text-is('look-alike')").get_attribute("title") == f"Known: {HOT}"
    other = house.asked(house.customer(USDT=100 * COIN), "20")
    page.goto(f"{site.url}/console/?customer={other.party_id}")
    assert page.locator("tbody tr:not(:has-text('look-alike'))").count() == 1


def test_a_case_about_a_merchant_is_answered_on_a_page_of_its_own(page: Page, site: Site) -> None:
    house = site.house
    merchant = merchant_kit.certified(house)
    merchants.ask_exit(house.conn, merchant.id, "moving on", merchant_kit.policy(house), "cus_test", house.now)
    sign_in(page, site, "analyst", "/cases")
    page.click(f"text={merchant.id}")
    page.wait_for_selector("text=Merchant leaves")
    check(page, "case.en.1440")
    page.fill("textarea[name=reason]", "Nothing is open")
    page.click("button[value=approve]")
    page.wait_for_selector("[role=status]")
    (case,) = cases.about(house.conn, merchant.id)
    assert case.status == "approved"
    assert page.url.partition("?")[0].endswith(f"/console/cases/{case.id}")
    page.click(f"main a:has-text('{merchant.id}')")
    page.wait_for_url(f"**/console/merchants/{merchant.id}")


def test_the_second_of_two_analysts_sees_who_was_first(browser: Browser, page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst", f"/withdrawals/{id}")
    with opened(browser) as other:
        sign_in(other, site, "compliance", f"/withdrawals/{id}")
        other.fill("textarea[name=reason]", "I do not know them")
        page.fill("textarea[name=reason]", "Known supplier")
        page.click("button[value=approve]")
        page.wait_for_selector("[data-done]")
        other.wait_for_selector("#moved >> text=analyst person: Approve")
        assert other.input_value("textarea[name=reason]") == "I do not know them"
        other.click("button[value=decline]")
        other.wait_for_selector("[role=alert]")
        assert "case_closed" in other.content()
        other.click("main a.btn")
        other.wait_for_url(f"**/withdrawals/{id}")
        assert "analyst person" in other.content()
    assert cases.about(site.house.conn, id)[0].status == "approved"


def test_a_double_click_answers_once_and_back_shows_the_answer(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    id, answer = waiting(site.house), cases.answer

    def slow(*said: Any) -> cases.File:
        time.sleep(1.5)
        return answer(*said)

    monkeypatch.setattr(cases, "answer", slow)
    sign_in(page, site, "analyst", f"/withdrawals/{id}")
    page.fill("textarea[name=reason]", "Known supplier")
    page.evaluate(WATCH_THE_LINE)
    page.dblclick("button[value=approve]")
    page.wait_for_selector("[data-done]")
    assert page.evaluate("sessionStorage.getItem('line')") == "Under way…"  # what takes longer than a moment says so
    assert page.locator(".progress-line").count() == 0
    assert len(cases.file(site.house.conn, case_of(site, id)).answers) == 1
    page.go_back()
    page.wait_for_selector("h1")
    assert page.locator("button[value=approve]").count() == 0


def test_a_view_is_kept_for_oneself(page: Page, site: Site) -> None:
    sign_in(page, site, "analyst", "/cases?view=late")
    page.click("details.keeps summary")
    page.fill("#view-name", "Late, every morning")
    page.click("details.keeps form.row-of button")
    page.wait_for_selector("text=The view is saved.")
    page.goto(f"{site.url}/console/cases")
    page.click("details.keeps summary")
    page.click("text=Late, every morning")
    page.wait_for_url("**/cases?view=late")


def test_the_facts_are_those_of_the_decision(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "auditor", f"/withdrawals/{id}")
    page.click("details > summary.in")
    row = page.locator("tr", has_text="amount_usd").first
    assert "20000 USD" in row.inner_text()
    assert page.locator("button[value=approve]").count() == 0


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    id = waiting(site.house)
    with opened(browser, width=width, language=language) as page:
        sign_in(page, site, "analyst", "/cases")
        check(page, f"queue.{language}.{width}")
        about = page.locator("table.cards tbody td").nth(2)  # on a phone a row is a card
        assert about.evaluate("cell => getComputedStyle(cell, '::before').content") == (
            "none" if width == 1440 else {"en": '"About"', "zh": '"对象"'}[language]
        )
        page.goto(f"{site.url}/console/withdrawals/{id}")
        page.click("details > summary.in")
        check(page, f"review.{language}.{width}")


def test_naughty_strings_are_shown_as_they_are(page: Page, site: Site) -> None:
    """Every string that a note may be: the page shows it to the letter and runs nothing."""
    id = waiting(site.house)
    case = case_of(site, id)
    kept = []
    for text in naughty():
        try:
            cases.add_evidence(site.house.conn, case, text, "key_analyst", site.house.now)
        except Malformed:
            continue
        kept.append(text)
    assert len(kept) > 400
    sign_in(page, site, "analyst", f"/withdrawals/{id}")
    shown = page.evaluate("[...document.querySelectorAll('dd > div')].map(line => line.firstChild.textContent)")
    assert {" ".join(text.split()) for text in kept} <= {" ".join(text.split()) for text in shown}

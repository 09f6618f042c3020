"""The console in a real browser: sign in, filter, look, answer; in English and Chinese, wide and narrow."""

from __future__ import annotations

import pytest
from console_kit import check, opened, sign_in
from house import House
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.cases import flow as cases
from tidegate.db import lease
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6


def waiting(house: House) -> str:
    """A withdrawal that waits for a person."""
    ada = house.customer(level=3, USDT=300_000 * COIN)
    house.asked(ada, "1")
    house.wait(hours=49)
    asked = house.asked(ada, "20000")
    assert house.confirm(ada, asked.id).status is Status.IN_REVIEW
    return asked.id


def test_a_person_signs_in_finds_what_waits_and_approves_it(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst")
    assert page.locator("tbody tr").count() == 2
    page.select_option("select[name=status]", "in_review")
    page.click("form.filter button")
    assert page.locator("tbody tr").count() == 1
    page.click("tbody td:first-child a.hash")
    assert "large_amount" in page.content()
    assert "withdrawal.in_review" in page.content()
    page.fill("textarea[name=reason]", "Known supplier <script>alert(1)</script>")
    page.click("button[value=approve]")
    assert page.locator("[role=status]").inner_text() == "Your answer is recorded."
    assert "&lt;script&gt;" in page.content()
    (case,) = cases.about(site.house.conn, id)
    assert case.status == "approved"


def test_declining_needs_a_reason(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst")
    page.goto(f"{site.url}/console/withdrawals/{id}")
    page.fill("textarea[name=reason]", "   ")
    page.click("button[value=decline]")
    assert "reason_invalid" in page.content()
    assert cases.about(site.house.conn, id)[0].status == "open"


def test_every_page_speaks_chinese(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst")
    page.click("a[lang='zh-CN']")
    assert page.locator("h1").inner_text() == "提币"
    page.goto(f"{site.url}/console/withdrawals/{id}")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert "该金额的提币需要人工审核" in page.content()
    page.click("header a[lang='en']")
    assert "A withdrawal of this size" in page.content()


def test_support_may_look_but_not_answer(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "support")
    page.goto(f"{site.url}/console/withdrawals/{id}")
    assert page.locator("button[value=approve]").count() == 0
    assert "Your role may look, but not answer." in page.content()


def test_a_wrong_key_and_a_machines_key_do_not_open_it(page: Page, site: Site) -> None:
    page.goto(site.url + "/console")
    page.fill("input[name=key]", "tg_wrong")
    page.click("form:has(input[name=key]) button")
    assert "key_unknown" in page.locator("[role=alert]:visible").inner_text()
    page.fill("input[name=key]", site.keys["integrator"])
    page.click("form:has(input[name=key]) button")
    assert "not_staff" in page.locator("[role=alert]:visible").inner_text()


def test_without_a_session_every_page_leads_to_the_sign_in(page: Page, site: Site) -> None:
    id = waiting(site.house)
    for path in ("/", f"/withdrawals/{id}"):
        page.goto(f"{site.url}/console{path}")
        assert "/console/sign-in" in page.url


def test_signing_out_ends_the_session_on_the_server(page: Page, site: Site) -> None:
    sign_in(page, site, "analyst")
    cookies = page.context.cookies()
    assert all(
        c.get("httpOnly") and c.get("sameSite") == "Strict" for c in cookies if c.get("name") == "tidegate_session"
    )
    page.click("header form button")
    page.context.add_cookies([{**c} for c in cookies])  # type: ignore[list-item]
    page.goto(site.url + "/console/")
    assert page.url.endswith("/console/sign-in")


def test_a_form_without_the_sessions_token_changes_nothing(page: Page, site: Site) -> None:
    id = waiting(site.house)
    (case,) = cases.about(site.house.conn, id)
    sign_in(page, site, "analyst")
    answer = page.request.post(
        f"{site.url}/console/cases/{case.id}/answer", form={"answer": "approve", "reason": "Forged", "csrf": "x"}
    )
    assert answer.status == 403
    assert "form_token_wrong" in answer.text()
    assert cases.about(site.house.conn, id)[0].status == "open"


def test_what_does_not_exist_says_so(page: Page, site: Site) -> None:
    sign_in(page, site, "analyst")
    page.goto(f"{site.url}/console/withdrawals/wd_nothing")
    assert "withdrawal_unknown" in page.content()
    page.goto(f"{site.url}/console/nowhere")
    assert "page_unknown" in page.content()
    page.goto(f"{site.url}/console/?status=rich")
    assert "status_unknown" in page.content()


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    id = waiting(site.house)
    with opened(browser, width=width, language=language) as page:
        page.goto(site.url + "/console/sign-in")
        check(page, f"sign-in.{language}.{width}")
        sign_in(page, site, "analyst")
        check(page, f"withdrawals.{language}.{width}")
        page.goto(f"{site.url}/console/withdrawals/{id}")
        check(page, f"withdrawal.{language}.{width}")


def test_dark_pages_keep_their_contrast(browser: Browser, site: Site) -> None:
    id = waiting(site.house)
    with opened(browser, dark=True) as page:
        sign_in(page, site, "analyst")
        page.goto(f"{site.url}/console/withdrawals/{id}")
        check(page, "withdrawal.dark")


def test_what_was_typed_survives_the_end_of_the_session(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst", f"/withdrawals/{id}")
    assert page.url.endswith(f"/console/withdrawals/{id}")
    page.fill("textarea[name=reason]", "Known supplier, called back")
    site.house.wait(hours=13)
    page.click("button[value=approve]")
    assert "/console/sign-in" in page.url
    page.fill("input[name=key]", site.keys["analyst"])
    page.click("form:has(input[name=key]) button")
    page.wait_for_selector("textarea[name=reason]")
    assert page.input_value("textarea[name=reason]") == "Known supplier, called back"
    page.click("button[value=approve]")
    assert page.locator("[role=status]").inner_text() == "Your answer is recorded."


def test_keys_walk_the_list_and_open_a_row(page: Page, site: Site) -> None:
    id = waiting(site.house)
    sign_in(page, site, "analyst")
    page.keyboard.press("Tab")  # past the places of the rail with one key
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("j")
    assert page.locator("tr.here a").first.inner_text() == id
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/withdrawals/{id}")


def test_a_list_shows_news_without_being_asked(page: Page, site: Site) -> None:
    ada = site.house.customer(level=3, USDT=300_000 * COIN)
    sign_in(page, site, "analyst")
    assert page.locator("tbody tr").count() == 0
    site.house.asked(ada, "1")
    page.wait_for_selector("tbody tr", timeout=15_000)
    assert (page.locator("nav.rail").count(), page.locator("form.filter").count()) == (1, 1)  # the rows alone came
    page.wait_for_selector("[data-worker]:has-text('The worker is silent')")
    lease.take(site.house.conn, "worker:w1", "w1", site.house.now, 15)
    page.wait_for_selector("[data-worker]", state="hidden")

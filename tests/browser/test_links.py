"""The pages behind the links of mails, on a telephone and on a desk, in both languages, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import RECEIVER
from mail_kit import Post, token
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.parties import flow as parties
from tidegate.withdrawals.withdrawal import Status

COIN = 10**6
TITLES = {"en": ("Confirm your withdrawal", "Freeze my account"), "zh": ("确认提币", "冻结我的账户")}
DONE = {
    "en": ("You have confirmed this withdrawal.", "Your account is frozen."),
    "zh": ("您已确认本次提币。", "您的账户已冻结"),
}


@pytest.fixture(params=[400, 1440])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": request.param, "height": 900}, java_script_enabled=False)
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    page.close()
    assert [fault for fault in faults if "status of 4" not in fault] == []


def waiting(site: Site, folder: Path, language: str) -> tuple[str, str]:
    """A withdrawal that lacks nothing but its link, and the link's secret."""
    house = site.house
    ada = house.customer(USDT=100 * COIN)
    parties.set_language(house.conn, ada.id, language, ada.id, house.now)
    parties.restrict(house.conn, ada.id, "step_up", None, "a test", "officer", house.now)
    asked = house.asked(ada, "12.5")
    house.confirm(ada, asked.id)
    mails = Post(house, folder).deliver()
    return asked.id, token(mails[-1])


def fits(page: Page) -> None:
    """Nothing is wider than the window: nobody has to scroll sideways to see where their coins go."""
    size = page.locator("html").bounding_box()
    assert size is not None
    for selector in ("main", "dl", "button", "header"):
        for found in page.locator(selector).all():
            box = found.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size["width"] + 1, selector


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_customer_sees_what_they_confirm_and_confirms_it(
    page: Page, site: Site, tmp_path: Path, language: str
) -> None:
    id, secret = waiting(site, tmp_path / "mails", language)
    page.goto(f"{site.url}/m/{secret}")
    assert page.locator("h1").inner_text() == TITLES[language][0]
    shown = page.locator("dd.fours").inner_text()
    assert shown.replace(" ", "") == RECEIVER
    assert page.locator("dd.fours span").count() == 11
    text = page.locator("dl").inner_text()
    for part in ("USDT", "evm-local", "12.5 USDT", "0.1 USDT", "12.4 USDT", id):
        assert part in text
    fits(page)
    page.screenshot(path=tmp_path / f"confirm-{language}.png", full_page=True)
    page.click("button.strong")
    assert DONE[language][0] in page.locator("[role=status]").inner_text()
    assert site.house.get(id).status is Status.APPROVED
    assert page.locator("button").count() == 0
    fits(page)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_customer_who_did_not_ask_freezes_instead(page: Page, site: Site, tmp_path: Path, language: str) -> None:
    id, secret = waiting(site, tmp_path / "mails", language)
    page.goto(f"{site.url}/m/{secret}")
    page.click("main a")
    assert page.locator("h1").inner_text() == TITLES[language][1]
    assert (
        parties.restrictions(site.house.conn, [site.house.get(id).party_id], site.house.now)[
            site.house.get(id).party_id
        ][-1].kind
        == "step_up"
    )
    fits(page)
    page.screenshot(path=tmp_path / f"freeze-{language}.png", full_page=True)
    page.click("button.danger")
    assert DONE[language][1] in page.locator("[role=status]").inner_text()
    fits(page)
    page.goto(f"{site.url}/m/{secret}")
    page.click("button.strong")
    assert "withdrawals_blocked" in page.locator("[role=alert]").inner_text()
    assert site.house.get(id).status is Status.AWAITING_CONFIRMATION


def test_the_other_language_is_a_click_away_and_stays(page: Page, site: Site, tmp_path: Path) -> None:
    _, secret = waiting(site, tmp_path / "mails", "en")
    page.goto(f"{site.url}/m/{secret}")
    page.click("header a[lang='zh-CN']")
    assert page.locator("h1").inner_text() == "确认提币"
    page.click("button.strong")
    assert DONE["zh"][0] in page.locator("[role=status]").inner_text()


def test_a_link_that_is_over_says_so_without_a_button(page: Page, site: Site, tmp_path: Path) -> None:
    _, secret = waiting(site, tmp_path / "mails", "en")
    site.house.wait(hours=25)
    page.goto(f"{site.url}/m/{secret}")
    assert "does not count any more" in page.locator("[role=status]").inner_text()
    assert page.locator("button").count() == 0

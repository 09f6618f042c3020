"""Rules and markets at the console: a typo with its column, figures while typing, two people, plots."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from console_kit import check, opened, sign_in
from playwright.sync_api import Browser, Page, expect
from serving import Site

from tidegate.policy import flow as policies
from tidegate.policy.market import flow as market
from tidegate.policy.market.quotes import Quote
from tidegate.withdrawals.backtest import flow as backtests
from tidegate.withdrawals.backtest.report import Report

COIN = 10**6


def some_decisions(site: Site) -> None:
    ada = site.house.customer(level=3, USDT=300_000 * COIN)
    for amount in ("10", "200", "900"):
        site.house.asked(ada, amount)


def test_a_typo_is_shown_with_its_column_and_what_would_be_right(page: Page, site: Site) -> None:
    some_decisions(site)
    sign_in(page, site, "analyst", "/policies/edit")
    page.fill("textarea[name=when]", "amont_usd > 100 -> review")
    page.wait_for_selector("#tried mark")
    assert page.locator("#tried mark").inner_text() == "amont_usd"
    assert "amount_usd" in page.locator("#tried").inner_text()


def test_figures_follow_what_is_typed(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    some_decisions(site)
    sign_in(page, site, "analyst", "/policies/edit")
    page.fill("textarea[name=when]", "amount_usd > 100 -> review")
    expect(page.locator("#tried .figure b").first).to_have_text("2")  # after the figures of the line that stood there
    run, began = backtests.run, threading.Event()

    def slow(*asked: Any) -> Report:
        if not began.is_set():
            began.set()
            time.sleep(1.5)
        return run(*asked)

    monkeypatch.setattr(backtests, "run", slow)
    page.fill("textarea[name=when]", "amount_usd > 1 -> review")
    page.wait_for_selector("#tried[aria-busy]")
    assert began.wait(10)
    for amount in ("150", "500"):  # the last line typed is the one that counts, however long the first one takes
        page.fill("textarea[name=when]", f"amount_usd > {amount} -> review")
        page.wait_for_timeout(500)
    expect(page.locator("#tried .figure b").first).to_have_text("1")
    assert page.locator("#tried[aria-busy]").count() == 0


def test_a_rule_is_proposed_by_one_and_put_in_force_after_another_agreed(
    browser: Browser, page: Page, site: Site
) -> None:
    sign_in(page, site, "analyst", "/policies/edit")
    page.fill("input[name=name]", "large_and_fresh")
    page.fill("textarea[name=when]", "amount_usd > 100 and address_age_hours < 72 -> review")
    page.select_option("select[name=mode]", "live")
    page.click("main button.btn-primary")
    page.wait_for_selector("[role=status]")
    assert "large_and_fresh" in page.content()
    assert page.locator("[data-opens=ask-approve]").count() == 0
    version = page.url.partition("/policies/")[2].partition("?")[0]
    with opened(browser) as other:
        sign_in(other, site, "compliance", f"/policies/{version}")
        other.click("[data-opens=ask-approve]")
        other.click("dialog[open] button.good")
        other.wait_for_selector("text=You stand for it now.")
        other.click("[data-opens=ask-activate]")
        other.click("dialog[open] button.good")
        other.wait_for_selector("text=It has its time.")
    assert str(policies.active(site.house.conn, site.house.now).version) == version


def test_an_editor_that_was_left_open_overwrites_nothing(page: Page, site: Site) -> None:
    sign_in(page, site, "analyst", "/policies/edit")
    site.house.agree(loosening_hours=48)
    page.fill("input[name=name]", "late")
    page.fill("textarea[name=when]", "amount_usd > 100 -> review")
    page.click("main button.btn-primary")
    page.wait_for_selector("[role=alert]")
    assert "policy_moved_on" in page.content()


def test_prices_and_regimes_are_drawn(page: Page, site: Site) -> None:
    house = site.house
    for minute, price in enumerate(("2500", "2490", "2100", "1900", "1850")):
        at = house.now - timedelta(minutes=10 - minute)
        market.feed(house.conn, "venue-a", [Quote("ETH", "evm-local", at, price)], "feeder", house.now)
    sign_in(page, site, "treasury", "/market")
    page.click("tbody a:text-is('ETH')")
    page.wait_for_selector(".chart canvas")
    check(page, "market-asset.en.1440")


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    some_decisions(site)
    with opened(browser, width=width, language=language) as page:
        sign_in(page, site, "analyst", "/policies")
        check(page, f"policies.{language}.{width}")
        page.goto(f"{site.url}/console/policies/1")
        check(page, f"policy.{language}.{width}")
        page.goto(f"{site.url}/console/policies/edit")
        page.wait_for_selector("#tried .figure")
        check(page, f"rule.{language}.{width}")
        page.goto(f"{site.url}/console/market")
        check(page, f"market.{language}.{width}")

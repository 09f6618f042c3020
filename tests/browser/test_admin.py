"""The administrator's day: keys, who is signed in, approvals, webhooks, subscriptions."""

from __future__ import annotations

import pytest
from console_kit import check, opened, sign_in
from house import DATA_KEY, House
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.notifications import flow as notifications
from tidegate.notifications.webhooks import flow as webhooks
from tidegate.parties import flow as parties
from tidegate.policy import flow as policies


def hook(house: House) -> str:
    terms = webhooks.Terms("https://hooks.example.com/tidegate", "The desk", ["withdrawal.settled"])
    made = webhooks.register(house.conn, terms, DATA_KEY, "test", house.now)
    webhooks.test(house.conn, made.endpoint.id, "test", house.now)
    return made.endpoint.id


def test_a_key_is_made_shown_once_and_revoked(page: Page, site: Site, browser: Browser) -> None:
    sign_in(page, site, "admin", "/keys/new?role=support")
    page.fill("input[name=label]", "Mei <b>Lin</b>")
    page.fill("input[name=addresses]", "127.0.0.0/8")
    page.uncheck("input[value='customers:freeze']")
    page.click("form.stack button.btn-primary")
    page.wait_for_selector("#secret")
    secret = page.locator("#secret").inner_text()
    page.reload()
    assert secret not in page.content()
    with opened(browser) as mei:
        mei.goto(f"{site.url}/console")
        mei.fill("input[name=key]", secret)
        mei.click("form:has(input[name=key]) button")
        mei.wait_for_selector("nav.rail")
        page.goto(f"{site.url}/console/keys?role=support")
        row = page.locator("tbody tr", has_text="Mei <b>Lin</b>")
        assert row.count() == 1
        assert "Mei <b>Lin</b>" in page.locator("section.part", has_text="Signed in").last.inner_text()
        row.locator("button[data-opens]").click()
        page.click("dialog[open] form button.btn-sm")
        page.wait_for_selector("text=The key is revoked.")
        mei.goto(f"{site.url}/console/customers")
        assert "/console/sign-in" in mei.url


def test_the_same_form_makes_one_key(page: Page, site: Site) -> None:
    sign_in(page, site, "admin", "/keys/new?role=auditor")
    form = {name: page.input_value(f"form.stack input[name={name}]") for name in ("csrf", "once", "role")}
    said = [
        page.request.post(
            f"{site.url}/console/keys/create", form={**form, "label": "Twice", "scopes": "journal:read"}
        ).text()
        for _ in range(2)
    ]
    assert "tg_" in said[0]
    assert "form_sent_already" in said[1]
    assert [key.label for key in parties.keys(site.house.conn)].count("Twice") == 1


def test_a_key_that_cannot_be_keeps_what_was_typed(page: Page, site: Site) -> None:
    sign_in(page, site, "admin", "/keys/new?role=support")
    page.fill("input[name=label]", "Mei")
    page.fill("input[name=addresses]", "everywhere")
    page.click("form.stack button.btn-primary")
    page.wait_for_selector("[role=alert]")
    assert "addresses_invalid" in page.content()
    page.click("main a.btn")
    page.wait_for_selector("input[name=addresses]")
    assert page.input_value("input[name=addresses]") == "everywhere"


def test_a_webhook_is_registered_tested_rotated_and_removed(page: Page, site: Site) -> None:
    sign_in(page, site, "admin", "/webhooks/new")
    page.fill("input[name=url]", "https://hooks.example.com/tidegate")
    page.fill("input[name=label]", "The desk")
    page.check("input[value='withdrawal.settled']")
    page.click("form.stack button.btn-primary")
    page.wait_for_selector("#secret")
    first = page.locator("#secret").inner_text()
    page.click("main a.btn-primary")
    page.click("button:has-text('Send a test')")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=The test is on its way.")
    assert page.locator("tbody tr").count() == 1
    page.click("button:has-text('New secret')")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("#secret")
    assert page.locator("#secret").inner_text() != first
    page.click("main a.btn-primary")
    page.click("button:has-text('Remove')")
    page.click("dialog[open] form button.bad")
    page.wait_for_selector("text=The endpoint is removed.")
    assert webhooks.endpoints(site.house.conn) == []


def test_a_subscription_is_made_and_ended(page: Page, site: Site) -> None:
    sign_in(page, site, "admin", "/subscriptions")
    page.fill("input[name=email]", "desk@example.com")
    page.click("form.filter button")
    page.wait_for_selector("text=They are told from now on.")
    page.click("tbody button")
    page.wait_for_selector("text=They are told no more.")
    assert notifications.subscriptions(site.house.conn) == []


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    house = site.house
    id = hook(house)
    notifications.subscribe(house.conn, "market", "desk@example.com", "en", "test", house.now)
    policies.propose(house.conn, policies.shipped("demo"), "mei", house.now)
    with opened(browser, width=width, language=language, dark=language == "zh" and width == 1440) as page:
        sign_in(page, site, "admin", "/keys")
        check(page, f"keys.{language}.{width}")
        for name, path in {
            "key-new": "/keys/new?role=support",
            "approvals": "/approvals",
            "webhooks": "/webhooks",
            "webhook": f"/webhooks/{id}",
            "webhook-new": "/webhooks/new",
            "subscriptions": "/subscriptions",
        }.items():
            page.goto(f"{site.url}/console{path}")
            check(page, f"{name}.{language}.{width}")

"""The auditor's day: find an entry, see that its link holds, check the whole chain, take a copy along."""

from __future__ import annotations

import hashlib
import json

import pytest
from console_kit import check, opened, sign_in
from house import House
from playwright.sync_api import Browser, Page
from serving import Site

from tidegate.base.canonical import canonical
from tidegate.console.journal import pages
from tidegate.db import act, journal

COIN = 10**6


def busy(house: House, links: int = 60) -> None:
    for n in range(links):
        house.wait(hours=1)
        with act(house.conn, f"person-{n % 3}", house.now) as tx:
            tx.note("note.made", f"thing-{n % 5}", {"n": n, "text": "<img src=x onerror=alert(1)>"})
            tx.note("note.kept", f"thing-{n % 5}", {"n": n})


def test_an_auditor_finds_an_entry_by_thing_kind_person_and_time(page: Page, site: Site) -> None:
    busy(site.house)
    sign_in(page, site, "auditor", "/journal?subject=thing-1")
    assert page.locator("tbody tr").count() == 24
    assert "<img src=x onerror=alert(1)>" in page.locator("tbody").inner_text()
    page.fill("input[name=kind]", "note.made")
    page.fill("input[name=actor]", "person-0")
    page.click("form.filter button")
    assert page.locator("tbody tr").count() == 4
    page.fill("input[name=until]", "2026-11-24")
    page.click("form.filter button")
    assert page.locator("tbody tr").count() == 1
    page.goto(f"{site.url}/console/journal?kind=note.")
    assert page.locator("tbody tr").count() == 50
    page.click("a:has-text('Older')")
    page.wait_for_selector("a:has-text('Newest')")
    assert page.locator("tbody tr").count() == 50


def test_an_entry_shows_its_link_and_the_proof_can_be_checked_by_hand(page: Page, site: Site) -> None:
    busy(site.house, 3)
    sign_in(page, site, "auditor", "/journal?subject=thing-2")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=this link holds")
    assert "note.made" in page.content()
    with page.expect_download() as saved:
        page.click("text=Proof as a file")
    told = json.loads(saved.value.path().read_text())
    root = hashlib.sha256(b"\n".join(canonical(line).encode() for line in told["entries"])).digest()
    assert root.hex() == told["root"]
    tip = hashlib.sha256(bytes.fromhex(told["before"]) + told["link"].to_bytes(8, "big") + root).hexdigest()
    assert tip == told["tip"]
    page.goto(f"{site.url}/console/journal?subject=thing-2")
    with page.expect_download() as saved:
        page.click("main a:has-text('Download')")
    assert len(saved.value.path().read_text().splitlines()) == 2


def test_the_whole_chain_is_checked_with_progress(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "STRETCH", 20)
    busy(site.house)
    sign_in(page, site, "auditor", "/journal/verify")
    page.click("text=Begin")
    page.wait_for_selector("[data-verified]")
    assert journal.verify(site.house.conn).tip in page.content()


def test_a_changed_entry_is_found(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "STRETCH", 20)
    busy(site.house)
    conn = site.house.conn
    changed = conn.execute("SELECT max(link) - 30 FROM journal").fetchall()[0][0]
    conn.execute("ALTER TABLE journal DISABLE TRIGGER journal_kept")
    conn.execute("UPDATE journal SET body = '{}' WHERE link = %(link)s AND position = 0", {"link": changed})
    conn.execute("ALTER TABLE journal ENABLE TRIGGER journal_kept")
    sign_in(page, site, "auditor", "/journal/verify?after=0")
    page.wait_for_selector("[role=alert]")
    assert f"an entry of link {changed} was changed" in page.content()
    page.goto(f"{site.url}/console/journal/{changed}.0")
    assert "this link does not hold" in page.content()


def test_what_does_not_exist_says_so(page: Page, site: Site) -> None:
    sign_in(page, site, "auditor", "/journal?subject=nothing")
    assert "No entry matches." in page.content()
    for path, code in (("/999999.0", "entry_unknown"), ("/x", "place_invalid"), ("?since=soon", "day_malformed")):
        page.goto(f"{site.url}/console/journal{path}")
        assert code in page.content()


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, language: str, width: int) -> None:
    busy(site.house, 5)
    ada = site.house.customer(USDT=1000 * COIN)
    site.house.asked(ada, "12")
    with opened(browser, width=width, language=language, dark=language == "zh" and width == 1440) as page:
        sign_in(page, site, "auditor", "/journal")
        check(page, f"journal.{language}.{width}")
        page.click("tbody a")
        page.wait_for_selector("dl.pairs")
        check(page, f"journal-entry.{language}.{width}")
        page.goto(f"{site.url}/console/journal/verify?after=0")
        page.wait_for_selector("[data-verified]")
        check(page, f"journal-verify.{language}.{width}")

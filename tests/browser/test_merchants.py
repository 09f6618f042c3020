"""The book of merchants and the rating board: certify, judge, decide by two, tell a month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import merchant_kit
import pytest
from console_kit import check, opened, sign_in
from desk_kit import Hall
from house import House
from playwright.sync_api import Browser, Page
from rating_kit import Desk, open_desk
from real_data import naughty
from serving import Site

from tidegate.base.refusals import Malformed
from tidegate.db import Conn
from tidegate.p2p.links import flow as links
from tidegate.p2p.merchants import flow as merchants
from tidegate.policy import flow as policies
from tidegate.rating.decisions import flow as decisions
from tidegate.rating.events import flow as events
from tidegate.rating.fact import Kind
from tidegate.rating.facts import flow as facts
from tidegate.rating.lines import flow as lines
from tidegate.rating.measures import flow as measures
from tidegate.rating.standing import flow as standing


@pytest.fixture
def desk(conn: Conn) -> Desk:
    return open_desk(conn)


@pytest.fixture
def house(desk: Desk) -> House:
    return desk.house


def test_compliance_certifies_from_the_book(page: Page, site: Site) -> None:
    made = merchant_kit.applied(site.house, merchant_kit.person(site.house))
    merchant_kit.lock(site.house, made.id)
    sign_in(page, site, "compliance", "/merchants?certification=pending")
    page.click("tbody a")
    page.wait_for_selector("#ask-certify", state="attached")
    page.click("main button:has-text('Certify')")
    page.fill("dialog[open] textarea", "All papers are there")
    page.dblclick("dialog[open] form button.good")
    page.wait_for_selector("text=The merchant is certified.")
    assert merchants.get(site.house.conn, made.id).certification == "certified"


def test_a_fact_is_judged_with_its_reason(page: Page, site: Site, desk: Desk) -> None:
    told = desk.told(desk.merchant().id)
    sign_in(page, site, "analyst", "/facts")
    page.click("tbody a")
    page.wait_for_selector("#ask-false", state="attached")
    page.click("main button:has-text('False positive')")
    page.fill("dialog[open] textarea", "The device is the shop's")
    page.click("dialog[open] form button >> nth=0")
    page.wait_for_selector("[data-done]")
    assert facts.get(desk.conn, told.id).disposition == "false_positive"
    assert "The device is the shop's" in page.content()


def test_a_line_that_somebody_else_decided_meanwhile_is_shown_with_what_was_typed(
    page: Page, site: Site, desk: Desk
) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(merchant.id)
    sign_in(page, site, "analyst", f"/rating-lines/{line.id}")
    page.select_option("select[name=preset]", "A")
    page.fill("textarea[name=reason]", "The bank names the order")
    desk.decide(line.id, "high", preset="B")
    page.click("form.stack button:has-text('Decide')")
    page.wait_for_selector("[role=alert]")
    assert "line_decided" in page.content()
    assert "Mei" in page.content()
    assert page.input_value("textarea[name=reason]") == "The bank names the order"
    decision = decisions.get(desk.conn, line.id)
    assert decision is not None
    assert decision.decided_by == [desk.mei]


def test_what_cannot_be_undone_takes_a_second_person(page: Page, site: Site, desk: Desk) -> None:
    merchant = desk.merchant()
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE)
    line = desk.line(merchant.id)
    assert desk.decide(line.id, "high", desk.olga, measures=(("dismissal", None),)) is None
    sign_in(page, site, "analyst", f"/rating-lines/{line.id}")
    page.click("button:has-text('Agree to exactly this')")
    page.fill("dialog[open] textarea", "I see the same")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=The line is decided.")
    decision = decisions.get(desk.conn, line.id)
    assert decision is not None
    assert len(decision.decided_by) == 2


def test_a_month_is_drawn_and_told(page: Page, site: Site, desk: Desk) -> None:
    quiet = desk.merchant()
    desk.month_over()
    sign_in(page, site, "compliance", "/rating")
    page.click("button:has-text('Draw a month')")
    page.fill("dialog[open] input[name=month]", "2026-11")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=The lines are drawn.")
    page.select_option("select[name=state]", "ready")
    page.click("form.filter button")
    assert page.locator("tbody tr").count() == 1
    page.click("button:has-text('Tell what is ready')")
    page.click("dialog[open] form button.btn-primary")
    page.wait_for_selector("text=Every line is told.")
    (told,) = lines.of_subject(desk.conn, quiet.id)
    assert lines.standing_of(desk.conn, [told.id])[told.id].published_at is not None


def asked(page: Page, button: str, reason: str | None, **fields: str) -> None:
    """Press a button, fill its dialog and send it."""
    page.click(f"main button:has-text('{button}')")
    for name, value in fields.items():
        field = page.locator(f"dialog[open] [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    if reason is not None:
        page.fill("dialog[open] textarea", reason)
    page.click("dialog[open] form .row-of:last-child button >> nth=0")


def test_what_people_write_down_about_a_merchant(page: Page, site: Site, desk: Desk) -> None:
    merchant, other = desk.merchant(), desk.merchant()
    desk.raised_to_high(merchant.id)
    interim = measures.interim(
        desk.conn,
        desk.confirmed(merchant.id, severity="high").id,
        "freeze",
        None,
        24,
        "at once",
        site.house.setting.policy,
        desk.mei,
        desk.now,
    )
    sign_in(page, site, "compliance", f"/merchants/{merchant.id}")
    asked(page, "Record cooperation", "Answers within a day")
    page.wait_for_selector("text=Cooperation is recorded.")
    assert standing.of(desk.conn, merchant.id).cooperation_at is not None
    asked(page, "Let it hold longer", "Still looking", hours="12")
    page.wait_for_selector("text=The interim measure holds longer.")
    assert measures.get(desk.conn, interim.id).ends_at == desk.now + timedelta(hours=36)
    day = {"from_day": "2026-11-01", "last_day": "2027-01-31", "owner": "Compliance", "article": "5.3b"}
    asked(page, "Register an exemption", "Pays salaries", **day)
    page.wait_for_selector("text=The exemption is registered.")
    (entry,) = facts.exemptions(desk.conn, merchant.id)
    assert (entry.article, entry.until) == ("5.3b", datetime(2027, 1, 31, 16, 0, tzinfo=UTC)), "the last day is in it"
    asked(page, "End it", None)
    page.wait_for_selector("text=The exemption counts no longer.")
    asked(page, "Link another account", "The same passport", merchant=other.id, evidence="authority")
    page.wait_for_selector("text=The accounts are one person")
    assert len(links.of(desk.conn, merchant.id)) == 1
    assert page.locator("main button:has-text('Undo this link')").count() == 0, "another person's to say"


def test_another_person_undoes_a_link(page: Page, site: Site, desk: Desk) -> None:
    merchant, other = desk.merchant(), desk.merchant()
    links.link(desk.conn, other.id, merchant.id, "authority", "A letter says so", desk.mei, desk.now)
    sign_in(page, site, "compliance", f"/merchants/{merchant.id}")
    asked(page, "Undo this link", "The letter was about a cousin")
    page.wait_for_selector("text=The link is undone")
    (link,) = links.of(desk.conn, merchant.id)
    assert link.undone_reason == "The letter was about a cousin"
    assert "The letter was about a cousin" in page.content()


def test_naughty_strings_are_shown_as_they_are(page: Page, site: Site, desk: Desk) -> None:
    told = desk.told(desk.merchant().id)
    kept = []
    for text in naughty():
        try:
            word = ("confirmed", "false_positive")[len(kept) % 2]  # the same word twice is refused
            events.judged(desk.conn, told.id, word, text, desk.mei, desk.now)
        except Malformed:
            continue
        kept.append(text)
    assert len(kept) > 400
    sign_in(page, site, "analyst", f"/facts/{told.id}")
    shown = page.evaluate("[...document.querySelectorAll('[data-said]')].map(said => said.textContent)")
    assert {" ".join(text.split()) for text in kept} == {" ".join(text.split()) for text in shown}


@pytest.mark.parametrize("width", [1440, 400])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_and_fit(browser: Browser, site: Site, desk: Desk, language: str, width: int) -> None:
    hall = Hall(desk.conn, desk.house.now)
    merchant, other = hall.merchant(), hall.merchant()
    offer, people = hall.publish(merchant), [hall.person() for _ in range(3)]
    traded = [
        hall.take(offer, who, amount, device_id="phone-1").id
        for who, amount in zip(people, ("10", "11", "12"), strict=True)
    ]
    desk.told(merchant.id, indicator="I-11", evidence={"evidence": traded}, severity="high")
    desk.confirmed(merchant.id, Kind.COUNTERPARTY_FREEZE, counterparty=people[0].id, order_id=traded[0])
    fact = desk.confirmed(merchant.id, Kind.AUTHORITY_ACTION)
    measures.interim(desk.conn, fact.id, "step_up", None, 24, "at once", site.house.setting.policy, desk.mei, desk.now)
    span = (desk.now, desk.now + timedelta(days=90))
    facts.exempt(desk.conn, merchant.id, "5.3b", "Pays salaries", "Compliance", span, desk.mei, desk.now)
    links.link(desk.conn, merchant.id, other.id, "authority", "A letter says so", desk.mei, desk.now)
    desk.told(merchant.id, indicator="I-09", evidence={"value": "7", "threshold": "5", "grade": 1})
    line = desk.line(merchant.id)
    desk.month_over()
    run = desk.run().run
    (year, *_) = desk.conn.execute("SELECT id FROM rating_calendar").fetchone() or ("",)
    with opened(browser, width=width, language=language, dark=language == "zh" and width == 1440) as page:
        sign_in(page, site, "compliance", "/merchants")
        check(page, f"merchants.{language}.{width}")
        for name, path in (
            ("merchant", f"merchants/{merchant.id}"),
            ("fact", f"facts/{fact.id}"),
            ("facts", "facts?disposition=any"),
            ("rating", "rating"),
            ("board", f"rating/{run.id}"),
            ("figures", f"rating/{run.id}/figures"),
            ("line", f"rating-lines/{line.id}"),
            ("calendars", "calendars"),
            ("calendar", f"calendars/{year}"),
        ):
            page.goto(f"{site.url}/console/{path}")
            assert "data-done" not in page.content()
            if name == "merchant":
                page.wait_for_selector("#graph canvas")
                page.focus("#graph summary")
                page.keyboard.press("Enter")
                ties = page.locator("#graph tbody tr")
                assert (ties.count(), ties.filter(has_text="phone-1").count()) == (16, 3)
            check(page, f"{name}.{language}.{width}")


def test_whose_coins_wait_is_seen_and_let_go_and_other_numbers_show_who_would_move(
    page: Page, site: Site, desk: Desk
) -> None:
    gone, busy = desk.merchant(), desk.merchant()
    told = desk.told(gone.id, Kind.AUTHORITY_ACTION, by="monitor", action="characterised")
    desk.judge(told.id)
    line = desk.line(gone.id).id
    desk.decide(line, "extreme", desk.mei, desk.anton)
    desk.tell_after_check(line)
    desk.confirmed(busy.id, Kind.COUNTERPARTY_FREEZE, counterparty="u1")
    desk.month_over()
    numbers = policies.shipped("demo")["rating"]
    assert isinstance(numbers, dict)
    pack = {**policies.shipped("demo"), "rating": {**numbers, "mass_counterparties": 1, "mass_least": 1}}
    version = policies.propose(desk.conn, pack, desk.mei, desk.now).version
    sign_in(page, site, "compliance", "/off-boarding")
    page.wait_for_selector(f"text={gone.id}")
    check(page, "off-boarding")
    page.click("main button:has-text('Let their coins go')")
    page.fill("dialog[open] textarea", "Only their own coins are left")
    page.click("dialog[open] .row-of button:not([data-closes])")
    page.wait_for_selector("text=The measure is lifted.")
    check(page, "dossier-after-off-boarding")
    page.goto(f"{site.url}/console/policies/{version}")
    page.wait_for_selector("text=nobody can agree to it before")
    page.click("main button:has-text('Ask about the last twelve months')")
    page.click("dialog[open] .row-of button:not([data-closes])")
    page.wait_for_selector("text=Here is who would have moved.")
    page.wait_for_selector(f"#ahead a:has-text('{busy.id}')")
    check(page, "policy-what-if")

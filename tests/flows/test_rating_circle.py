"""The circle: who insists on a listed address is rated for it, and the gate obeys the rating without knowing it."""

from __future__ import annotations

import json
from pathlib import Path

import merchant_kit
import pytest
from house import COIN_USDT, RECEIVER, Customer
from mail_kit import Post, token
from rating_kit import Desk, open_desk

from tidegate import mailing
from tidegate.db import Conn, act, reader
from tidegate.news import RATING, rating_handlers
from tidegate.notifications import flow as notifications
from tidegate.p2p.links import flow as links
from tidegate.p2p.merchants.merchant import Merchant
from tidegate.rating.facts import flow as facts
from tidegate.rating.insisting import flow as insisting
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals
from tidegate.withdrawals.withdrawal import Status, Withdrawal

BLOCKED = "0x27b1fdb04752bbc536007a920d24acb045561c26"
BEHAVED = {"ip": "192.0.2.1"}


@pytest.fixture
def desk(conn: Conn) -> Desk:
    desk = open_desk(conn)
    file = f"asset,address,entry\nETH,{BLOCKED},Made-up Fraud\n"
    screening.import_list(conn, "blocklist", file, "test", desk.now, max_age_hours=24 * 365)
    return desk


def merchant(desk: Desk) -> tuple[Merchant, Customer]:
    who = merchant_kit.person(desk.house)
    return merchant_kit.certified(desk.house, who), who


def insist(desk: Desk, who: Customer) -> Withdrawal:
    """Ask for a payment to the listed address, read the warning, insist."""
    made = desk.house.asked(who, "5", BLOCKED)
    shown = screening.warnings_of(desk.conn, made.id)
    if not shown:
        pytest.fail("nobody was warned")
    screening.acknowledge(desk.conn, shown[0].id, who.id, BEHAVED, who.id, desk.now)
    withdrawals.insist(desk.conn, made.id, shown[0].id, BEHAVED, who.id, desk.house.setting, desk.now)
    heard(desk)
    return made


def heard(desk: Desk) -> None:
    """The worker brings the rating its news."""
    while reader.read(desk.conn, RATING, rating_handlers(), desk.now):
        pass
    assert desk.conn.execute("SELECT error FROM unread WHERE reader = 'rating'").fetchall() == []


def mails(desk: Desk, party: str) -> list[str]:
    acting = mailing.handlers(lambda _: desk.house.setting)
    while reader.read(desk.conn, mailing.READER, acting, desk.now):
        pass
    assert desk.conn.execute("SELECT error FROM unread WHERE reader = 'mails'").fetchall() == []
    return [mail.kind for mail in notifications.page(desk.conn, party) if mail.kind.startswith("rating_")]


def test_who_insists_is_rated_and_the_next_withdrawal_asks_for_more_and_waits(desk: Desk, tmp_path: Path) -> None:
    shop, who = merchant(desk)
    before = desk.house.asked(who, "3", RECEIVER)
    assert before.status is Status.AWAITING_CONFIRMATION

    first = insist(desk, who)
    (alert,) = facts.page(desk.conn, shop.id)
    assert (alert.fact, alert.article, alert.severity, alert.disposition) == ("alert", "5.2c", "high", "open")
    seen = json.loads(alert.evidence)
    assert (seen["withdrawal"], seen["entry"], seen["list"]) == (first.id, "Made-up Fraud", "blocklist")
    assert seen["shown_at"] <= seen["acknowledged_at"] <= seen["insisted_at"]
    assert desk.tier(shop.id).tier == "low", "an alert is for a person to judge"
    desk.judge(alert.id)
    assert desk.tier(shop.id).tier == "medium"
    assert mails(desk, who.id) == ["rating_published"]

    desk.house.wait(hours=1)
    insist(desk, who)
    violation = facts.page(desk.conn, shop.id, "violation")[0]
    assert (violation.article, violation.serious, violation.disposition) == ("5.2c", True, "open")
    assert json.loads(violation.evidence)["why"] == "insisted again"
    desk.judge(violation.id)
    line = desk.line(shop.id)
    assert (line.proposed, line.rule, line.person) == ("high", "T4", True)
    desk.decide(line.id, "high", preset="A")
    assert mails(desk, who.id)[0] == "rating_check"
    desk.tell_after_check(line.id)
    assert desk.tier(shop.id).tier == "high"
    assert mails(desk, who.id)[0] == "rating_published"

    after = desk.house.asked(who, "3", RECEIVER)
    codes = withdrawal_codes(desk, after)
    assert {"step_up_required", "withdrawals_delayed"} <= codes
    assert after.required_factors == ["totp", "mail"], "one factor is not enough any more"
    assert desk.house.confirm(who, after.id).status is Status.AWAITING_CONFIRMATION
    assert confirm_by_mail(desk, Post(desk.house, tmp_path / "mails")).status is Status.DELAYED


def confirm_by_mail(desk: Desk, post: Post) -> Withdrawal:
    mail = [mail for mail in post.deliver() if mail["Subject"].startswith("Confirm your withdrawal")][-1]
    return withdrawals.confirm_by_link(desk.conn, token(mail), desk.house.setting, desk.now)


def withdrawal_codes(desk: Desk, made: Withdrawal) -> set[str]:
    (found,) = desk.conn.execute("SELECT findings FROM decision WHERE id = %s", (made.decision_id,)).fetchall()
    return {finding["code"] for finding in json.loads(found[0])}


def test_what_was_insisted_on_and_left_is_one_violation_whatever_is_heard_twice(desk: Desk) -> None:
    shop, who = merchant(desk)
    made = insist(desk, who)
    for _ in range(2):
        with act(desk.conn, "worker", desk.now) as tx:
            insisting.executed(tx, made.id, desk.now)
    (violation,) = facts.page(desk.conn, shop.id, "violation")
    assert json.loads(violation.evidence)["why"] == "executed"
    with act(desk.conn, "worker", desk.now) as tx:
        insisting.executed(tx, "wd_another", desk.now)
    assert len(facts.page(desk.conn, shop.id)) == 2


def test_who_was_not_shown_the_warning_or_is_no_merchant_is_no_matter_of_the_rating(desk: Desk) -> None:
    shop, who = merchant(desk)
    desk.house.asked(who, "5", BLOCKED)
    heard(desk)
    insist(desk, desk.house.customer(USDT=100 * COIN_USDT))
    assert facts.page(desk.conn, shop.id) == []
    assert facts.page(desk.conn) == []


def test_the_two_accounts_of_one_person_carry_the_higher_tier(desk: Desk) -> None:
    from tidegate.parties import flow as parties

    (first, _), (second, other) = merchant(desk), merchant(desk)
    desk.raised_to_high(second.id)
    links.link(desk.conn, first.id, second.id, "identity_document", "same passport", desk.mei, desk.now)
    heard(desk)
    assert desk.tier(first.id).tier == "high"
    for party in (first.party_id, other.id):
        found = {order.kind for order in parties.restrictions(desk.conn, [party], desk.now)[party]}
        assert {"step_up", "withdrawal_delay"} <= found


def test_who_has_left_is_rated_no_more(desk: Desk) -> None:
    shop, _ = merchant(desk)
    desk.confirmed(shop.id)
    merchant_kit.leave(desk.house, shop.id)
    merchant_kit.time(desk.house, days=40)
    heard(desk)
    held = desk.tier(shop.id)
    assert held.closed_at is not None
    assert desk.tick(days=60) == 0

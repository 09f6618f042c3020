"""Which news is written to whom: once, in the party's language, with a way to freeze; and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from house import RECEIVER, House, furnish
from mail_kit import Post, token, words

from tidegate.db import Conn, act, journal
from tidegate.notifications import flow as notifications
from tidegate.notifications.letters import in_fours
from tidegate.parties import flow as parties
from tidegate.screening import flow as screening
from tidegate.withdrawals import flow as withdrawals

COIN = 10**6


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def post(house: House, tmp_path: Path) -> Post:
    return Post(house, tmp_path / "mails")


def test_a_withdrawal_is_told_when_it_is_confirmed_and_when_it_arrived(house: House, post: Post) -> None:
    ada = house.customer(USDT=100 * COIN)
    post.deliver()
    asked = house.asked(ada, "5")
    assert post.deliver() == []  # it needs no link: nobody is written to
    house.confirm(ada, asked.id)
    (confirmed,) = post.deliver()
    assert confirmed["Subject"] == "Your withdrawal of 4.9 USDT is confirmed"
    assert confirmed["To"] == "ada0@example.com"
    assert f"Address: {in_fours(RECEIVER)}" in words(confirmed)
    house.conn.execute("UPDATE withdrawal SET status = 'paying' WHERE id = %s", (asked.id,))
    with act(house.conn, "worker", house.now) as tx:
        withdrawals.settled(tx, asked.id, "0xabc")
    (settled,) = post.deliver()
    assert "has arrived" in settled["Subject"]
    assert "Transaction: 0xabc" in words(settled)
    assert post.deliver() == []


def test_a_wait_and_a_refusal_say_why_and_never_the_numbers(house: House, post: Post) -> None:
    ada = house.customer(USDT=100 * COIN)
    parties.record_event(house.conn, ada.id, "password_changed", house.now, "test", house.now)
    asked = house.asked(ada, "5")
    post.deliver()
    house.confirm(ada, asked.id)
    (held,) = post.deliver()
    assert "waits" in held["Subject"]
    assert "Your sign-in details were changed recently." in words(held)
    assert "Until: 2026-11-25 12:00 UTC" in words(held)
    house.asked(ada, "2000")
    (declined,) = post.deliver()
    assert "was declined" in declined["Subject"]
    assert "more than your available balance" in words(declined)


def test_it_is_written_in_the_partys_language(house: House, post: Post) -> None:
    ada = house.customer(USDT=100 * COIN)
    parties.set_language(house.conn, ada.id, "zh", ada.id, house.now)
    post.deliver()
    parties.restrict(house.conn, ada.id, "step_up", None, "a test", "officer", house.now)
    house.asked(ada, "5")
    (mail,) = post.deliver()
    assert mail["Subject"] == "请确认提币 4.9 USDT"
    assert mail["Content-Language"] == "zh-CN"
    assert "到账金额: 4.9" in words(mail)


def test_security_events_are_told_each_once(house: House, post: Post) -> None:
    ada = house.customer()
    assert [m["Subject"] for m in post.deliver()] == ["A second factor was added"]

    def event(type: str, device: str | None = None) -> list[str]:
        house.wait(seconds=1)
        parties.record_event(house.conn, ada.id, type, house.now, "test", house.now, device)
        return [m["Subject"] for m in post.deliver()]

    assert event("login", "first") == []  # the first one ever is no news
    assert event("login", "second") == ["Sign-in from a new device"]
    assert event("login", "first") == event("login", "second") == event("login") == event("purchase") == []
    assert event("password_changed") == ["Your password was changed"]
    assert event("mfa_changed") == ["Your second factor was changed"]
    parties.enrol_totp(house.conn, ada.id, bytes(range(32)), ada.id, house.now)
    assert [m["Subject"] for m in post.deliver()] == ["A second factor was added"]  # not also as an event


def test_the_address_book_the_allow_list_and_a_freeze_are_told(house: House, post: Post) -> None:
    ada = house.customer()
    post.deliver()
    with act(house.conn, ada.id, house.now) as tx:
        parties.lock(house.conn, [ada.id])
        screening.save(tx, ada.id, "evm-local", RECEIVER, "", "Mine", "self_hosted")
    (added,) = post.deliver()
    assert in_fours(RECEIVER) in words(added)
    numbers = house.setting.policy.screening
    for on in (True, False):
        screening.set_allow_list(house.conn, ada.id, on, ada.id, numbers, house.now)
    on_mail, off_mail = post.deliver()
    assert (on_mail["Subject"], off_mail["Subject"]) == (
        "Your allow-list is on",
        "Your allow-list is going to be switched off",
    )
    assert "Until: 2026-11-26 12:00 UTC" in words(off_mail)
    parties.freeze(house.conn, ada.id, "An officer's reason", "officer", house.now)
    (frozen,) = post.deliver()
    assert frozen["Subject"] == "Your account is frozen"
    assert "officer" not in words(frozen)


def test_every_mail_can_freeze_and_names_itself_once(house: House, post: Post) -> None:
    ada = house.customer(USDT=100 * COIN)
    parties.restrict(house.conn, ada.id, "step_up", None, "a test", "officer", house.now)
    house.asked(ada, "5")
    mails = post.deliver()
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) == 2
    assert all(f"/m/{token(mail)}/freeze" in words(mail) for mail in mails)


def test_old_news_is_not_told_and_the_journal_never_names_an_address(house: House, post: Post) -> None:
    ada = house.customer()
    house.wait(hours=24, seconds=1)
    assert post.deliver() == []
    parties.freeze(house.conn, ada.id, "a test", "officer", house.now)
    (mail,) = post.deliver()
    entries = journal.after(house.conn, 0, -1, 1000)
    assert [n.content["kind"] for n in entries if n.kind == "mail.sent"] == ["frozen"]
    assert not any("@" in n.body for n in entries if n.kind.startswith("mail."))
    (row,) = notifications.page(house.conn, ada.id)
    assert (row.status, row.attempts, row.recipient) == ("sent", 1, mail["To"])

"""Sending mails: a real server takes them, failures wait and are tried again, and a sender may die at any line."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from crash_kit import dying
from house import House, furnish
from mail_kit import SENDER, Post, parsed, token, words

from tidegate.base.mail import NotSent
from tidegate.db import Conn, connect
from tidegate.integrations.mail import FolderMailer, SmtpMailer
from tidegate.notifications import flow as notifications
from tidegate.notifications import jobs
from tidegate.notifications.store import MailRow
from tidegate.parties import flow as parties


class Catcher:
    """What a mail server does with what it is given; it can be told to refuse."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refusal: str | None = None

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: Any) -> str:
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(parsed(envelope.content))
        return "250 taken"


@pytest.fixture
def house(conn: Conn) -> House:
    return furnish(conn)


@pytest.fixture
def server() -> Iterator[tuple[Catcher, Controller]]:
    catcher = Catcher()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(catcher, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield catcher, controller
    finally:
        controller.stop()


def port_of(controller: Controller) -> int:
    return int(controller.port)


def ordered(house: House, tmp_path: Path) -> str:
    """A mail that waits to be sent; whose it is."""
    ada = house.customer()
    Post(house, tmp_path / "unused").order()
    return ada.id


def row(house: House, party_id: str) -> MailRow:
    (found,) = notifications.page(house.conn, party_id)
    return found


def send(house: House, mailer: Any) -> int:
    return jobs.send_due(house.conn, mailer, SENDER, house.clock)


def test_a_mail_server_gets_it_whole(house: House, tmp_path: Path, server: tuple[Catcher, Controller]) -> None:
    catcher, controller = server
    id = ordered(house, tmp_path)
    assert send(house, SmtpMailer("127.0.0.1", port_of(controller), "none")) == 1
    (mail,) = catcher.mails
    assert (mail["From"], mail["To"]) == ("Tidegate <no-reply@tidegate.example>", "ada0@example.com")
    assert mail["Message-ID"] == f"<{row(house, id).id}@tidegate.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    assert "A way to confirm withdrawals was added" in words(mail)
    assert row(house, id).status == "sent"
    assert send(house, SmtpMailer("127.0.0.1", 1, "none")) == 0


def test_a_busy_server_is_asked_again_and_a_mailbox_that_does_not_exist_is_not(
    house: House, tmp_path: Path, server: tuple[Catcher, Controller]
) -> None:
    catcher, controller = server
    id = ordered(house, tmp_path)
    mailer = SmtpMailer("127.0.0.1", port_of(controller), "none")
    catcher.refusal = "450 try later"
    assert send(house, mailer) == 1
    waits = row(house, id)
    assert (waits.status, waits.next_at) == ("queued", house.now + timedelta(seconds=30))
    assert "450 try later" in (waits.error or "")
    house.wait(seconds=30)
    catcher.refusal = "550 no such mailbox"
    assert send(house, mailer) == 1
    assert row(house, id).status == "given_up"
    house.wait(days=30)
    assert send(house, mailer) == 0


def test_it_is_tried_for_days_and_then_given_up(house: House, tmp_path: Path) -> None:
    id = ordered(house, tmp_path)
    away = SmtpMailer("127.0.0.1", 1, "none", timeout=1)  # nothing listens there
    for wait in jobs.RETRIES:
        assert send(house, away) == 1
        assert row(house, id).next_at == house.now + wait
        house.now += wait
    assert send(house, away) == 1
    assert (row(house, id).status, row(house, id).attempts) == ("given_up", len(jobs.RETRIES) + 1)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_without_the_encryption_that_was_agreed_gets_nothing(
    house: House, tmp_path: Path, server: tuple[Catcher, Controller], security: str
) -> None:
    catcher, controller = server
    id = ordered(house, tmp_path)
    send(house, SmtpMailer("127.0.0.1", port_of(controller), security, timeout=2))
    assert catcher.mails == []
    assert row(house, id).status == "queued"


def test_two_senders_do_not_send_one_mail_twice(house: House, tmp_path: Path, database_url: str) -> None:
    id = ordered(house, tmp_path)

    class Slow(FolderMailer):
        """While it hands a mail over, another sender looks for work."""

        def send(self, mail: Any) -> None:
            with connect(database_url) as other:
                assert not jobs.send_one(other, self, SENDER, house.clock)
            super().send(mail)

    assert send(house, Slow(tmp_path / "mails")) == 1
    assert row(house, id).attempts == 1


def test_a_sender_who_slept_too_long_changes_nothing_any_more(house: House, tmp_path: Path, database_url: str) -> None:
    id = ordered(house, tmp_path)
    folder = FolderMailer(tmp_path / "mails")

    class Sleeper(FolderMailer):
        def send(self, mail: Any) -> None:
            house.now += jobs.LEASE
            with connect(database_url) as other:
                assert jobs.send_one(other, folder, SENDER, house.clock)
            raise NotSent("the line went dead")

    assert jobs.send_one(house.conn, Sleeper(tmp_path / "mails"), SENDER, house.clock)
    assert (row(house, id).status, row(house, id).attempts) == ("sent", 2)


PATH = ("notifications/jobs.py", "notifications/flow.py", "integrations/mail.py")


def test_a_sender_may_die_at_any_line_and_the_mail_still_arrives(
    house: House, tmp_path: Path, database_url: str
) -> None:
    """It is in the box in the end, under one Message-ID, and the link of the copy that is there works."""
    mailer = FolderMailer(tmp_path / "mails")
    ordered(house, tmp_path)
    lines = dying(PATH, lambda: send(house, mailer), None)
    assert lines > 30
    for at in range(1, lines + 1):
        id = ordered(house, tmp_path)
        conn = connect(database_url)
        dying(PATH, lambda conn=conn: jobs.send_due(conn, mailer, SENDER, house.clock), at)  # type: ignore[misc]
        conn.close()
        house.now += jobs.LEASE
        send(house, mailer)
        sent = row(house, id)
        assert sent.status == "sent", at
        assert sent.attempts <= 2
        mail = parsed((tmp_path / "mails" / f"{sent.id}.eml").read_bytes())
        assert notifications.opened(house.conn, token(mail)).mail_id == sent.id
        assert parties.freeze_by_link(house.conn, token(mail), house.now).party_id == id
    assert len(list((tmp_path / "mails").glob("*.eml"))) >= lines + 1

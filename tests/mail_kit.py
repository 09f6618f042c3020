"""Mails as customers find them: ordered by news, sent into a folder, read again from their files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from house import House

from tidegate import mailing
from tidegate.db import reader
from tidegate.integrations.mail import FolderMailer
from tidegate.notifications import jobs
from tidegate.notifications.jobs import Sender

SENDER = Sender("Tidegate <no-reply@tidegate.example>", "http://127.0.0.1:8800")


@dataclass
class Post:
    """A mailbox for every customer of a house."""

    house: House
    folder: Path
    seen: set[str] = field(default_factory=set)

    def order(self) -> None:
        """Let the news be told, as the worker does."""
        acting = mailing.handlers(lambda _: self.house.setting)
        while reader.read(self.house.conn, mailing.READER, acting, self.house.now):
            pass
        assert self.house.conn.execute("SELECT error FROM unread WHERE reader = 'mails'").fetchall() == []

    def deliver(self) -> list[EmailMessage]:
        """Order and send everything; the mails that are new, in their order."""
        self.order()
        jobs.send_due(self.house.conn, FolderMailer(self.folder), SENDER, self.house.clock)
        files = sorted(self.folder.glob("*.eml")) if self.folder.is_dir() else []
        new = [file for file in files if file.name not in self.seen]
        self.seen |= {file.name for file in new}
        return [parsed(file.read_bytes()) for file in new]


def parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data, _class=EmailMessage, policy=policy.default)


def words(mail: EmailMessage) -> str:
    """Its plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def token(mail: EmailMessage) -> str:
    """The secret in its links."""
    found = set(re.findall(r"http://127\.0\.0\.1:8800/m/([A-Za-z0-9_-]{43})", words(mail)))
    assert len(found) == 1
    return str(found.pop())

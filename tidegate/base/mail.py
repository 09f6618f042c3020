"""A mail on its way out, and what whoever carries it has to offer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tidegate.base.refusals import Malformed

_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+")


def mail_address(text: str) -> str:
    """An address as it was written. Raises Malformed `email_invalid`."""
    if not _ADDRESS.fullmatch(text) or not text.isprintable() or len(text) > 254:
        raise Malformed("email_invalid", f"{text[:80]!r} is not a mail address like name@example.com", field="email")
    return text


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, whole. The Message-ID is the same each time it is sent, so that a second copy is known as one."""

    message_id: str  # "<mail_…@example.com>"
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    language: str  # "en", "zh"
    at: datetime


class NotSent(Exception):
    """Nobody took the mail over. `for_good`: sending it again would end the same way (no such mailbox)."""

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


class Mailer(Protocol):
    """Somebody who takes mails over."""

    def send(self, mail: Mail) -> None:
        """Returns when the mail was taken over. Raises NotSent; after any other end nobody knows."""
        ...

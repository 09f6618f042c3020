"""Whom we ask outside before coins leave: vendors who judge, counterparties who keep the receiver's account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tidegate.base.findings import Outcome


class Silent(Exception):
    """Nobody knows what they would say: late, unreachable, or not an answer to our question. Ask again, or a person."""


class Refused(Exception):
    """They understood that we ask and will not take the question, however often it is sent."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a vendor asks for. A delay says when it ends."""

    outcome: Outcome
    detail: str
    ends_at: datetime | None = None


class Vendor(Protocol):
    """An outside service that judges a withdrawal."""

    def ask(self, id: str, question: str) -> Opinion:
        """Its opinion on a question (JSON); `id` is the same however often this question is sent. Raises Silent."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """A travel-rule message as it is sent, to the byte."""

    id: str
    vasp_id: str  # of the directory
    body: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a counterparty said to a message."""

    status: str  # "accepted", "rejected", "pending": ask again
    reason: str = ""


class TravelRule(Protocol):
    """A way to counterparties that keep the accounts of receivers."""

    def send(self, message: Message) -> Reply:
        """Send it, once more or for the first time. Raises Silent, Refused."""
        ...


class Receiver(Protocol):
    """A way to servers that asked to be told what happens."""

    def deliver(self, url: str, body: str, headers: Mapping[str, str]) -> int:
        """Post it once, to a public address only; the HTTP status of their answer. Raises Silent."""
        ...

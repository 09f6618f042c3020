"""What goes in and comes out of calls about the journal and its feed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tidegate.api.shapes import At, Out


class Entry(Out):
    cursor: str = Field(examples=["17.0"], description="link.position: its place in the journal.")
    at: At
    actor: str
    kind: str = Field(examples=["withdrawal.settled"])
    subject: str
    body: dict[str, Any]


class Timeline(Out):
    entries: list[Entry]


class Feed(Out):
    events: list[Entry]
    next: str = Field(description="Send it as `after` to go on; the same again where nothing new has come.")


class Journal(Out):
    entries: list[Entry]
    next: str


class JournalRoot(Out):
    links: int
    tip: str = Field(description="SHA-256 over the whole journal, hex.")
    at: At | None

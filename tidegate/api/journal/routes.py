"""Calls about the journal and its feed."""

from __future__ import annotations

from typing import Any

from tidegate.api import store
from tidegate.api.door import PUBLIC, Call, Route
from tidegate.api.journal import say, shapes
from tidegate.api.params import After, Limit
from tidegate.api.say import at
from tidegate.db import journal

START = "0.-1"
"""Before the first entry of the journal."""


def list_events(call: Call, after: After = START, limit: Limit = 100) -> Any:
    """The ordered feed of everything that happened; go on from `next`."""
    return _feed(call, "events", after, limit)


def list_journal(call: Call, after: After = START, limit: Limit = 100) -> Any:
    """The journal's entries after a place, for a copy of one's own."""
    return _feed(call, "entries", after, limit)


def get_journal_root(call: Call) -> Any:
    """The hash over everything so far."""
    tip = store.tip(call.conn)
    return {"links": tip.links, "tip": tip.tip.hex(), "at": at(tip.at)}


def _feed(call: Call, name: str, after: str, limit: int) -> Any:
    link, _, position = after.partition(".")
    found = [say.entry(n) for n in journal.after(call.conn, int(link), int(position), limit)]
    return {name: found, "next": found[-1]["cursor"] if found else after}


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/events", "journal:read", list_events, shapes.Feed),
    Route("GET", "/v1/journal", "journal:read", list_journal, shapes.Journal),
    Route("GET", "/v1/journal/root", PUBLIC, get_journal_root, shapes.JournalRoot),
)

"""The journal: what happened, one entry with the link that holds it, and the whole chain checked before one's eyes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from tidegate.api import store as api_store
from tidegate.api.journal.say import entry
from tidegate.base.refusals import Malformed, NotFound
from tidegate.base.times import rfc3339
from tidegate.console.journal import store
from tidegate.console.journal.store import Wanted
from tidegate.console.visit import Page, Visit
from tidegate.db import journal
from tidegate.db.journal import Entry, News
from tidegate.parties import flow as parties

ROWS = 50
MOST_IN_FILE = 10_000
STRETCH = 2_000
"""Links that are checked before the page shows progress: well under a second."""

_LONGEST = 200


def explorer(visit: Visit) -> Response:
    """Entries, newest first, by thing, kind, person and time."""
    wanted = _wanted(visit)
    found = store.entries(visit.conn, wanted, _place(visit.asked("before")), ROWS)
    return visit.render(
        "journal/explorer.html",
        entries=[entry(item) for item in found],
        chosen={name: visit.asked(name) or "" for name in ("subject", "kind", "actor", "since", "until")},
        tip=api_store.tip(visit.conn),
        names={key.id: key.label for key in parties.keys(visit.conn)},
        most=MOST_IN_FILE,
        older=f"{found[-1].link}.{found[-1].position}" if len(found) == ROWS else None,
    )


def _wanted(visit: Visit) -> Wanted:
    for name in ("subject", "kind", "actor"):
        if len(visit.asked(name) or "") > _LONGEST:
            raise Malformed(f"{name}_too_long", f"No {name} is longer than {_LONGEST} characters.", field=name)
    since, until = _day(visit.asked("since"), "since"), _day(visit.asked("until"), "until")
    return Wanted(
        visit.asked("subject"),
        visit.asked("kind"),
        visit.asked("actor"),
        since,
        None if until is None else until + timedelta(days=1) - timedelta(microseconds=1),
    )


def _day(text: str | None, field: str) -> datetime | None:
    """The beginning of a day, UTC."""
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as bad:
        raise Malformed("day_malformed", f"{text[:20]!r} is no day of the calendar.", field=field) from bad
    return datetime(found.year, found.month, found.day, tzinfo=UTC)


def _place(text: str | None) -> tuple[int, int] | None:
    """A place in the journal, "<link>.<position>"."""
    if text is None:
        return None
    link, _, position = text.partition(".")
    if not (text.isascii() and link.isdecimal() and position.isdecimal() and len(link) <= 18 and len(position) <= 9):
        raise Malformed("place_invalid", f"{text[:60]!r} is no place in the journal, like 17.0.")
    return int(link), int(position)


def one(visit: Visit) -> Response:
    """One entry, the others of its link, and whether that link holds."""
    seq, position = _place(visit.id) or (0, 0)
    link = store.link(visit.conn, seq)
    items = store.of_link(visit.conn, seq)
    found = next((item for item in items if item.position == position), None)
    if link is None or found is None:
        raise NotFound("entry_unknown", f"The journal has no entry {visit.id[:40]}.")
    return visit.render(
        "journal/entry.html",
        entry=entry(found),
        others=[entry(item) for item in items if item.position != position],
        link=link,
        holds=_holds(link, [_entry(item) for item in items]),
        tip=api_store.tip(visit.conn),
        names={key.id: key.label for key in parties.keys(visit.conn)},
    )


def _entry(item: News) -> Entry:
    return Entry(item.at, item.actor, item.kind, item.subject, item.body)


def _holds(link: store.Link, items: list[Entry]) -> bool:
    """Whether the link's root is that of its entries, and its tip follows from the one before."""
    before = journal.START if link.seq == 1 else link.before
    return (
        before is not None
        and len(items) == link.entries
        and journal.root_of(items) == link.root
        and journal.tip_of(before, link.seq, link.root) == link.tip
    )


def proof(visit: Visit) -> Response:
    """The entry's whole link, as anybody can check it with a hash function, as a file."""
    seq, _ = _place(visit.id) or (0, 0)
    link = store.link(visit.conn, seq)
    if link is None:
        raise NotFound("entry_unknown", f"The journal has no entry {visit.id[:40]}.")
    said = {
        "link": seq,
        "before": (link.before or journal.START).hex(),
        "root": link.root.hex(),
        "tip": link.tip.hex(),
        "entries": [
            [rfc3339(item.at), item.actor, item.kind, item.subject, item.body]
            for item in store.of_link(visit.conn, seq)
        ],
    }
    return _file(json.dumps(said, ensure_ascii=False, indent=1), "application/json", f"journal-link-{seq}.json")


def download(visit: Visit) -> Response:
    """What the filters show, newest first, one entry a line; at most `MOST_IN_FILE`."""
    found = store.entries(visit.conn, _wanted(visit), _place(visit.asked("before")), MOST_IN_FILE)
    lines = "".join(json.dumps(entry(item), ensure_ascii=False) + "\n" for item in found)
    return _file(lines, "application/x-ndjson", "journal.jsonl")


def _file(text: str, type: str, name: str) -> Response:
    return Response(text, media_type=type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def verification(visit: Visit) -> Response:
    """Recompute every root and tip, a stretch at a time; the page asks for the next one until it is through."""
    after = visit.asked("after")
    if after is not None and not (after.isascii() and after.isdecimal() and len(after) <= 18):
        raise Malformed("after_invalid", f"{after[:20]!r} is not the number of a link.")
    if after is None:
        return visit.render("journal/verify.html", found=None, tip=api_store.tip(visit.conn))
    found = journal.verify_stretch(visit.conn, int(after), STRETCH)
    return visit.render(
        "journal/verify.html",
        found=found,
        ended=found.broken is not None or found.links >= found.of,
        tip=api_store.tip(visit.conn),
    )


_READ = "journal:read"

PAGES = (
    Page("/journal", explorer, _READ),
    Page("/journal/file", download, _READ),
    Page("/journal/verify", verification, _READ),
    Page("/journal/{id}", one, _READ),
    Page("/journal/{id}/proof", proof, _READ),
)

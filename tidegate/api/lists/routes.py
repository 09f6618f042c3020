"""Calls about screening lists and their imports."""

from __future__ import annotations

from typing import Any, Literal

from tidegate.api.door import Call, Route
from tidegate.api.lists import shapes
from tidegate.api.params import UNKNOWN
from tidegate.api.say import at
from tidegate.base.refusals import NotFound
from tidegate.screening import flow as screening


def list_lists(call: Call) -> Any:
    """The screening lists: how many entries, how old, fresh or not."""
    return {
        "lists": [
            {
                "name": item.name,
                "entries": item.entries,
                "as_of": at(item.imported_at),
                "fresh": screening.is_fresh(item, call.now),
                "max_age_hours": item.max_age_hours,
            }
            for item in screening.all_lists(call.conn)
        ]
    }


def list_quarantine(call: Call, name: str) -> Any:
    """Rows of the newest import that nobody could read."""
    if name not in {item.name for item in screening.all_lists(call.conn)}:
        raise NotFound("list_unknown", f"There is no list {name[:64]!r}; GET /v1/lists names them.")
    rows = screening.quarantine(call.conn, name)
    return {"quarantined": [{"line": r.line, "reason": r.reason, "text": r.text} for r in rows]}


def import_list(
    call: Call, name: str, text: str, force: bool = False, format: Literal["csv", "tags", "events"] = "csv"
) -> Any:
    """Replace a list by a CSV file whose header names `address` and `asset` or `network`.

    `format=tags` reads a tag pack, `format=events` a history of additions and removals.
    """
    done = screening.import_list(call.conn, name, text, call.actor, call.now, format=format, force=force)
    return {
        "imported": done.imported,
        "removed": done.removed,
        "quarantined": [{"line": q.line, "reason": q.reason} for q in done.quarantined],
    }


ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/lists", "lists:read", list_lists, shapes.Lists),
    Route("GET", "/v1/lists/{name}/quarantine", "lists:read", list_quarantine, shapes.Quarantine, refuses=UNKNOWN),
    Route("POST", "/v1/lists/{name}/import", "lists:write", import_list, shapes.Imported, 200, True, "csv"),
)

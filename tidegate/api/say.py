"""What every answer says in the same way. Amounts are decimal strings in coins, times RFC 3339."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tidegate.base.money import to_text
from tidegate.base.times import rfc3339

Said = dict[str, Any]


def at(time: datetime | None) -> str | None:
    return None if time is None else rfc3339(time)


def usd(micro: int) -> str:
    return to_text(micro, 6)


def page(name: str, items: list[Said], limit: int, cursor: str = "id") -> Said:
    """A page of a list: `next` goes on from it, null where this was the last."""
    return {name: items, "next": items[-1][cursor] if len(items) == limit else None}

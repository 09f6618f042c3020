"""The rail on the left: every place of the console, and who sees it. The same scopes guard the pages themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: a path below /console, its word, its drawing, and the scope that opens it; and which other pages
    belong to it."""

    path: str
    word: str
    icon: str
    scope: str
    others: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a page is this place's own."""
        own = () if self.path == "/" else (f"{self.path}/",)
        return path == self.path or path.startswith((*own, *self.others))


_RATING = ("/rating-lines/", "/facts", "/off-boarding", "/calendars")

SECTIONS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "section_work",
        (
            Place("/cases", "queue", "inbox", "cases:read"),
            Place("/", "withdrawals", "send", "withdrawals:read", ("/withdrawals/",)),
        ),
    ),
    (
        "section_rules",
        (
            Place("/policies", "policies", "scale", "policy:read"),
            Place("/market", "markets", "chart-line", "market:read"),
        ),
    ),
    (
        "section_people",
        (
            Place("/customers", "customers", "users", "customers:read"),
            Place("/merchants", "merchants", "building-bank", "merchants:read"),
            Place("/rating", "rating_board", "trophy", "rating:read", _RATING),
        ),
    ),
    (
        "section_treasury",
        (
            Place("/treasury", "treasury", "wallet", "treasury:read"),
            Place("/payments", "payments", "coins", "treasury:read"),
        ),
    ),
    (
        "section_compliance",
        (
            Place("/lists", "lists", "list-search", "lists:read"),
            Place("/screen", "screen", "search", "lists:read"),
            Place("/restrictions", "restrictions", "ban", "restrictions:read"),
            Place("/jurisdictions", "jurisdictions", "world", "policy:read"),
            Place("/exemptions", "exemptions", "calendar-due", "policy:read"),
            Place("/travel-rule", "travel", "arrow-up-right", "decisions:read"),
        ),
    ),
    (
        "section_house",
        (
            Place("/approvals", "approvals", "checklist", "policy:read"),
            Place("/keys", "keys", "key", "keys:read"),
            Place("/webhooks", "webhooks", "adjustments", "webhooks:read"),
            Place("/subscriptions", "subscriptions", "flag", "notices:read"),
        ),
    ),
    (
        "section_audit",
        (Place("/journal", "journal", "history", "journal:read"),),
    ),
)
"""Section's word -> its places, in the order of the rail."""


def sections(may: Callable[[str], bool]) -> list[tuple[str, list[Place]]]:
    """What somebody with these scopes sees; a section without any place is left out."""
    seen = [(word, [place for place in places if may(place.scope)]) for word, places in SECTIONS]
    return [(word, places) for word, places in seen if places]

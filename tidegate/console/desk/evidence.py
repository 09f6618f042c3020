"""What a merchant may see of the facts that a rating stands on.

They see what people have confirmed, in the words of the clause, with the day and their own order. They do not see who
told it, which customer it was, an authority's file, or what nobody has judged: that would warn the wrong people and
blame the right ones. The line of an indicator is shown where the rules publish it or where it measures service, not
where knowing it would show how to stay below.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.notifications import rating_words
from tidegate.rating.fact import Disposition
from tidegate.rating.facts.store import FactRow
from tidegate.rating.indicators.catalogue import BY_ID

OPEN_LINES = frozenset({"I-02", "I-03", "I-05", "I-06", "I-18", "I-21", "I-22"})
"""Indicators whose value and threshold a merchant sees."""

_MOST_ORDERS = 10
_ARTICLES = {"alert": "5.1", "counterparty_freeze": "5.2e", "authority_action": "5.2a"}
"""The clause of a fact that names none."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One confirmed fact as its merchant sees it."""

    kind: str  # a word of CODES, "fact.<kind>"
    article: str | None
    words: dict[str, str] | None  # of the clause
    at: datetime
    order: str | None  # their own order that it is about
    indicator: dict[str, str] | None  # its name
    value: str | None
    threshold: str | None
    hidden: bool  # there is a number, and it is not shown
    orders: tuple[str, ...]  # of their own, that an indicator points at


def seen(facts: Sequence[FactRow]) -> list[Seen]:
    """The facts that a merchant sees, the newest first."""
    confirmed = [f for f in facts if f.disposition == Disposition.CONFIRMED and f.corrected_by is None]
    return [_seen(fact) for fact in sorted(confirmed, key=lambda fact: fact.at, reverse=True)]


def words_of(fact: FactRow) -> dict[str, str] | None:
    """What happened, in the words of its clause."""
    words = rating_words.ARTICLES.get(fact.article or _ARTICLES.get(fact.fact, ""))
    return None if words is None else words.both()


def _seen(fact: FactRow) -> Seen:
    indicator = BY_ID.get(fact.indicator or "")
    told: dict[str, Any] = json.loads(fact.evidence) if indicator is not None else {}
    open_line = indicator is not None and indicator.id in OPEN_LINES
    return Seen(
        kind=fact.fact,
        article=fact.article,
        words=words_of(fact),
        at=fact.at,
        order=fact.order_id,
        indicator=None if indicator is None else {"en": indicator.name, "zh": indicator.zh},
        value=told.get("value") if open_line else None,
        threshold=told.get("threshold") if open_line else None,
        hidden=told.get("value") is not None and not open_line,
        orders=tuple(id for id in told.get("evidence", ()) if str(id).startswith("ord_"))[:_MOST_ORDERS],
    )

"""What the indicators saw of a merchant, month by month: one row per indicator, one cell per month."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from tidegate.rating.facts.store import FactRow
from tidegate.rating.indicators.catalogue import BY_ID


@dataclass(frozen=True, slots=True)
class Cell:
    """What an indicator saw in a month, and what a person made of it."""

    fact_id: str
    disposition: str
    value: str | None
    threshold: str | None


@dataclass(frozen=True, slots=True)
class Row:
    id: str  # "I-03"
    name: dict[str, str]
    article: str
    cells: tuple[tuple[Cell, ...], ...]  # beside the months


def by_month(found: Sequence[FactRow], zone: ZoneInfo) -> tuple[list[str], list[Row]]:
    """The months in which an indicator fired, and every indicator that did."""
    seen: dict[tuple[str, str], list[Cell]] = {}
    for fact in found:
        if fact.indicator in BY_ID:
            said: dict[str, Any] = json.loads(fact.evidence)
            cell = Cell(fact.id, fact.disposition, said.get("value"), said.get("threshold"))
            seen.setdefault((fact.indicator, f"{fact.at.astimezone(zone):%Y-%m}"), []).append(cell)
    months = sorted({month for _, month in seen})
    made = []
    for id in sorted({indicator for indicator, _ in seen}):
        one = BY_ID[id]
        cells = tuple(tuple(seen.get((id, month), ())) for month in months)
        made.append(Row(id, {"en": one.name, "zh": one.zh}, one.article, cells))
    return months, made

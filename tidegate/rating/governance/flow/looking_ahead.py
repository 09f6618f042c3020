"""Looking ahead: who would move under other numbers of the rating, and under other thresholds of its indicators.

A month is rated twice. The first time by the facts that are known, and by the policy that judged it; the second time by
the draft. Where thresholds differ, the indicators concerned see the month's rows again with both sets of numbers, and
what only one of them tells is what changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tidegate.base.canonical import canonical
from tidegate.base.refusals import Malformed
from tidegate.db import Conn, act
from tidegate.policy import flow as policies
from tidegate.policy import indicator_numbers
from tidegate.policy.indicator_numbers import IndicatorNumbers
from tidegate.policy.rating_numbers import RatingNumbers, read_over
from tidegate.policy.reading import Reader
from tidegate.policy.what_if import MONTHS as MONTHS_BEFORE_A_CHANGE
from tidegate.policy.what_if import WhatIf as LookedAhead
from tidegate.rating.governance import otherwise, store
from tidegate.rating.governance.otherwise import NO_CHANGE, Change, Sign, Signal
from tidegate.rating.indicators.evaluation import evaluate
from tidegate.rating.indicators.reading import Span
from tidegate.rating.indicators.store import postgres
from tidegate.rating.lines import flow as lines
from tidegate.rating.runs import flow as runs
from tidegate.rating.subjects import store as subjects
from tidegate.rating.tiers import Basis, Matter, Tier, rate
from tidegate.rating.window import Window, month_after, month_before, of_month

MONTHS = range(1, 25)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a draft would rate with."""

    rating: RatingNumbers
    indicators: IndicatorNumbers


@dataclass(frozen=True, slots=True)
class WouldMove:
    """Somebody whose month would have another tier."""

    month: str
    subject_id: str
    before: Tier
    after: Tier
    basis: Basis
    clauses: tuple[str, ...]


@dataclass(slots=True)
class WhatIf:
    """The last months under other numbers. Facts are those that are known today, judged as they are; what other
    thresholds would have told besides is open, because nobody has judged it."""

    months: list[str] = field(default_factory=list)
    rated: int = 0
    moves: list[WouldMove] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


def draft(conn: Conn, said: Mapping[str, object], now: datetime, indicators: object = None) -> Numbers:
    """The numbers in force but for those of the section `rating` that are said, and a whole section `indicators` where
    one is. Raises Malformed `numbers_invalid`."""
    reader, current = Reader(), policies.active(conn, now)
    made = Numbers(
        read_over(reader, current.rating, said, "rating"),
        current.indicators if indicators is None else indicator_numbers.read(reader, indicators),
    )
    if reader.faults:
        words = "; ".join(f"{fault.field} {fault.message}" for fault in reader.faults)
        raise Malformed("numbers_invalid", words, field=reader.faults[0].field)
    return made


def what_if(conn: Conn, numbers: Numbers, now: datetime, months: int = 12) -> WhatIf:
    """Rate the last months again under other numbers, and say who would move; nothing is written.

    Raises Malformed `months_invalid`.
    """
    if months not in MONTHS:
        raise Malformed("months_invalid", f"{months} is not {MONTHS[0]} to {MONTHS[-1]} months", field="months")
    found = WhatIf(months=_last(now, numbers.rating.zone, months))
    seen: dict[str, Change] = {}  # of each month's indicators
    for month in found.months:
        window, policy = runs.window_of(conn, month, now)
        counting = [one for one in (month_before(month), month) if _reaches(window, one, policy.rating.zone)]
        for one in counting:
            if one not in seen:
                seen[one] = _seen_otherwise(conn, one, numbers.indicators, now)
        changes = [seen[one] for one in counting]
        ids = [line.subject_id for line in subjects.in_scope(conn, window.start, window.as_of)]
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            told = _told(conn, batch, window)
            for s in lines.gather(conn, batch, window):
                facts = otherwise.without(s, told, changes)
                was = rate(Matter(s.facts, window, s.counterparties, s.cases_before), policy.rating)
                would = rate(Matter(facts, window, s.counterparties, s.cases_before), numbers.rating)
                found.rated += 1
                if was.tier is not would.tier:
                    moved = WouldMove(month, s.subject_id, was.tier, would.tier, would.basis, would.clauses)
                    found.moves.append(moved)
    found.signals = otherwise.signals([seen[month] for month in found.months])
    return found


def _reaches(window: Window, month: str, zone: ZoneInfo) -> bool:
    """Whether facts that a month's indicators tell count in a window: February's begins in January."""
    return month == window.month or of_month(month, zone).as_of > window.start


def _seen_otherwise(conn: Conn, month: str, numbers: IndicatorNumbers, now: datetime) -> Change:
    """What the indicators would have told of a month that they did not, and the other way round."""
    window, policy = runs.window_of(conn, month, now)
    only = otherwise.asked_anew(policy.indicators, numbers)
    if not only:
        return NO_CHANGE
    span = Span(window.start, window.as_of, policy.rating.zone)
    with postgres(conn, policy.rating.zone) as engine:
        was = evaluate(engine, span, policy.indicators, only)
    with postgres(conn, policy.rating.zone) as engine:
        would = evaluate(engine, span, numbers, only)
    return otherwise.change(was, would, window)


def _told(conn: Conn, ids: list[str], window: Window) -> dict[str, Sign]:
    """Which events of a window indicators told."""
    return {
        line.event_id: (line.subject_id, line.indicator, line.at)
        for line in store.told_by_indicators(conn, ids, window.start, window.as_of)
    }


def look_ahead(conn: Conn, version: int, actor: str, now: datetime) -> LookedAhead:
    """Ask who would move under a draft of the policy, and keep the answer for whoever approves it.

    Raises NotFound `policy_unknown`.
    """
    policy = policies.at_version(conn, version)
    found = what_if(conn, Numbers(policy.rating, policy.indicators), now, MONTHS_BEFORE_A_CHANGE)
    made = LookedAhead(
        version=version,
        months=found.months,
        rated=found.rated,
        moves=canonical([asdict(move) for move in found.moves]),
        by=actor,
        at=now,
        good_until=of_month(month_after(found.months[-1]), policy.rating.zone).as_of,
        signals=canonical([asdict(signal) for signal in found.signals]),
    )
    with act(conn, actor, now) as tx:
        policies.keep_what_if(tx, made, len(found.moves))
    return made


def _last(now: datetime, zone: ZoneInfo, months: int) -> list[str]:
    """The last months that are over, oldest first."""
    found: list[str] = []
    first = now.astimezone(zone).date().replace(day=1)
    while len(found) < months:
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(f"{first:%Y-%m}")
    return found[::-1]
